// Owns proof that every route declares who may use it, and that what may be used by anybody is a short list.
import assert from 'node:assert/strict'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { clientEvents, serverEvents } from '#contract/events.ts'
import { permissions } from '#contract/permissions.ts'

const endpoints = Object.entries(api)

/** Fields that take a text with this in it, by their path; lists and things are looked into. */
function takers(schema: z.ZodType, text: string, at: string): string[] {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape).flatMap(([key, inner]) => (inner instanceof z.ZodType ? takers(inner, text, `${at}.${key}`) : []))
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodType ? takers(schema.element, text, `${at}[]`) : []
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return schema.unwrap() instanceof z.ZodType ? takers(schema.unwrap() as z.ZodType, text, at) : []
  return schema.safeParse(text).success ? [at] : []
}

/** Where a schema takes things with any keys. */
function looseThings(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const closed = 'additionalProperties' in schema && schema.additionalProperties === false
  const loose = 'type' in schema && schema.type === 'object' && !closed ? [at] : []
  return [...loose, ...Object.entries(schema).flatMap(([key, inner]) => looseThings(inner, `${at}.${key}`))]
}

describe('every route', () => {
  it('declares public, signed-in, or a permission that exists', () => {
    for (const [name, { access }] of endpoints) {
      if (access.kind === 'permission' || access.kind === 'ticket') assert.ok(permissions.includes(access.permission), name)
      else assert.ok(access.kind === 'public' || access.kind === 'signed-in', name)
    }
  })
  it('but the sign-in and the first set-up asks for a session, and a ticket opens nothing but media', () => {
    const by = (kind: string) => endpoints.filter(([, { access }]) => access.kind === kind).map(([name]) => name).sort()
    assert.deepEqual(by('public'), ['activateUser', 'setUp', 'setUpState', 'signIn'])
    assert.deepEqual(by('signed-in'), ['beginSecondFactor', 'changePassword', 'confirmSecondFactor', 'currentSession', 'endSession', 'getWatermark', 'listSessions', 'removeSecondFactor', 'signOut'])
    assert.deepEqual(by('ticket'), ['mediaFile'])
  })
  it('has a place of its own under /api or /media', () => {
    const places = endpoints.map(([, { method, path }]) => `${method} ${path.replace(/:\w+/g, ':')}`)
    assert.deepEqual(places.filter((place, at) => places.indexOf(place) !== at), [])
    assert.deepEqual(endpoints.filter(([, { path }]) => !/^\/(api|media)\//.test(path)), [])
  })
  it('refuses keys that it does not declare, in its path, its query and its body, however deep', () => {
    for (const [name, { params, query, body }] of endpoints) {
      for (const [place, shape] of Object.entries({ params, query, body })) assert.deepEqual(looseThings(z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }), place), [], name)
    }
    assert.deepEqual(looseThings(z.toJSONSchema(z.strictObject({ a: z.array(z.object({ b: z.string() })) }), { io: 'input' }), 'body'), ['body.properties.a.items'])
  })
})

describe('every text that people write', () => {
  /** What is compared and never shown. */
  const secrets = /^(password|current|next|code|accountCode|rightsCode|ticket)$/
  /** Read by a reader that takes nothing but addresses, and says so in its own words. */
  const addresses = /^(address|url|ranges\[\])$/

  it('is refused with control characters or changes of direction in it, but for passwords and codes', () => {
    for (const text of ['平潭街\u202e枪机', '平潭街\u2066枪机', '平潭街\u001b[2J枪机', '平潭街\u009b2J枪机', '平潭街\u0007枪机']) {
      const takes = endpoints.flatMap(([name, { query, body, consumes }]) => (consumes === undefined ? [...takers(query, text, `${name} query`), ...takers(body, text, `${name} body`)] : []))
      assert.deepEqual(takes.filter((at) => ![secrets, addresses].some((exempt) => exempt.test(at.split(/[. ]/).at(-1) ?? ''))), [], JSON.stringify(text))
    }
    for (const [name, { payload }] of Object.entries(clientEvents)) assert.deepEqual(takers(payload, '事\u202e由', name), [])
    assert.deepEqual(takers(z.strictObject({ a: z.array(z.strictObject({ b: z.string().nullable().default('') })) }), '\u202e', 'body'), ['body.a[].b'])
  })
})

describe('every socket event', () => {
  it('declares signed-in or a permission that exists', () => {
    for (const [name, { permission }] of [...Object.entries(serverEvents), ...Object.entries(clientEvents)]) {
      assert.ok(permission === 'signed-in' || permissions.includes(permission), name)
    }
  })
})
