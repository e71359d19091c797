// Owns what walks over every declared route need: the list, addresses that name nothing, and somebody who may call each.
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { rolePermissions } from '#contract/permissions.ts'
import type { Endpoint } from '#contract/wire.ts'
import type { Client, TestServer, TestUser } from './server.ts'

export const everyRoute: [string, Endpoint][] = Object.entries(api)

/** The path with ids that nothing has. */
export const concrete = (path: string) => path.replace(':stream', 'sub').replace(':file', 'index.m3u8').replace(/:\w+/g, '00000000000000000000000000')

/** Between them they may call every route. */
const callers = [['supervisor', 'bureau_supervisor'], ['sysadmin', 'sysadmin'], ['secadmin', 'secadmin'], ['auditor', 'auditor']] as const

export interface Callers {
  of(endpoint: Endpoint): Client
  named(user: TestUser): Client
}

/** Signs them in. */
export async function callersOf(server: TestServer): Promise<Callers> {
  const clients = new Map<TestUser, Client>()
  for (const [who] of callers) clients.set(who, await server.signIn(who))
  const named = (user: TestUser) => {
    const client = clients.get(user)
    if (client === undefined) throw new Error(`${user} calls no route`)
    return client
  }
  return {
    named,
    of({ access }) {
      const wanted = access.kind === 'permission' || access.kind === 'ticket' ? access.permission : null
      const found = callers.find(([, role]) => wanted === null || rolePermissions[role].includes(wanted))
      if (found === undefined) throw new Error(`nobody may ${wanted ?? ''}`)
      return named(found[0])
    },
  }
}

export interface ThingShape {
  /** What tells one alternative from the others. */
  fixed: Record<string, unknown>
  fields: string[]
}
const thing = z.object({ properties: z.record(z.string(), z.object({ const: z.unknown().optional() })).default({}) })
const alternatives = z.object({ anyOf: z.array(z.unknown()).optional(), oneOf: z.array(z.unknown()).optional() })

/** The things that a schema takes, one for each alternative. */
export function thingsOf(schema: z.ZodType): ThingShape[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const { anyOf, oneOf } = alternatives.parse(json)
  return (oneOf ?? anyOf ?? [json]).map((one) => {
    const properties = Object.entries(thing.parse(one).properties)
    return { fixed: Object.fromEntries(properties.flatMap(([name, { const: value }]) => (value === undefined ? [] : [[name, value]]))), fields: properties.map(([name]) => name) }
  })
}
