// Owns proof that every route declares who may use it, and that what may be used by anybody is a short list.
import assert from 'node:assert/strict'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { clientEvents, serverEvents } from '#contract/events.ts'
import { permissions } from '#contract/permissions.ts'

const endpoints = Object.entries(api)

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
    assert.deepEqual(by('signed-in'), ['beginSecondFactor', 'changePassword', 'confirmSecondFactor', 'currentSession', 'endSession', 'listSessions', 'removeSecondFactor', 'signOut'])
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

describe('every socket event', () => {
  it('declares signed-in or a permission that exists', () => {
    for (const [name, { permission }] of [...Object.entries(serverEvents), ...Object.entries(clientEvents)]) {
      assert.ok(permission === 'signed-in' || permissions.includes(permission), name)
    }
  })
})
