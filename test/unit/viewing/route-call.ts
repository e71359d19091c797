// Owns reaching a room's routes as the server does, without a network: input through the endpoint's schemas, a principal.
// Refuses: the gate's checks (session, permission, origin); those are tested at the whole server.
import type { z } from 'zod'
import { AppError } from '#base/app-error.ts'
import type { Endpoint } from '#contract/wire.ts'
import type { Principal, Route } from '../../../backend/http/index.ts'

export interface CallInput {
  params?: unknown
  query?: unknown
  body?: unknown
}

/** What the handler gave, unparsed. */
export async function reach(routes: readonly Route[], endpoint: Endpoint, principal: Principal, input: CallInput = {}): Promise<unknown> {
  const found = routes.find((route) => route.endpoint === endpoint)
  if (!found) throw new Error(`${endpoint.path} has no route`)
  return found.handle(
    {
      params: endpoint.params.parse(input.params ?? {}),
      query: endpoint.query.parse(input.query ?? {}),
      body: endpoint.body.parse(input.body ?? {}),
      request: { requestId: 'r', ip: '10.0.0.9', secure: false, signal: new AbortController().signal, sessionToken: null },
      reply: { header() {}, sessionCookie() {} },
    },
    principal,
  )
}

/** The JSON answer, parsed by the endpoint's own result schema. */
export async function call<Result extends z.ZodType>(
  routes: readonly Route[],
  endpoint: Endpoint<z.ZodType, z.ZodType, z.ZodType, Result>,
  principal: Principal,
  input: CallInput = {},
): Promise<z.output<Result>> {
  return endpoint.result.parse(await reach(routes, endpoint, principal, input))
}

/** For assert.rejects: an AppError of this code. */
export function coded(code: AppError['code']): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof AppError && error.code === code) return true
    throw error
  }
}
