// Owns joining a declared endpoint to its handler. The declaration (method, path, permission, schemas) is the contract's.
// Refuses: handlers that see the raw request; what they need is in RouteContext.
import type { z } from 'zod'
import type { Endpoint } from '#contract/wire.ts'
import type { Principal } from './principal.ts'

export interface RequestFacts {
  requestId: string
  /** Address of the socket, or of the client behind a trusted proxy. */
  ip: string
  secure: boolean
  /** Aborts when the client goes away. */
  signal: AbortSignal
  sessionToken: string | null
}

export interface ReplyControls {
  /** Sets or (with null) clears the session cookie. */
  sessionCookie(token: string | null, expiresAtMs: number): void
  header(name: string, value: string): void
}

/** What a handler of a `produces` endpoint returns. */
export interface BinaryReply {
  /** Pieces are sent as fast as the client takes them. */
  bytes: Uint8Array | AsyncIterable<Uint8Array>
  contentType: string
  headers?: Record<string, string>
}

export interface RouteContext<Params, Query, Body> {
  params: Params
  query: Query
  body: Body
  request: RequestFacts
  reply: ReplyControls
}
export type SignedIn<Context> = Context & { principal: Principal }

export interface Route {
  endpoint: Endpoint
  handle(context: RouteContext<unknown, unknown, unknown>, principal: Principal | null): Promise<unknown>
}

type Handled<Result extends z.ZodType> = z.input<Result> extends Uint8Array ? BinaryReply : z.input<Result>

/** A route that only a signed-in caller with the endpoint's permission reaches. */
export function route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType>(
  endpoint: Endpoint<Params, Query, Body, Result>,
  handler: (context: SignedIn<RouteContext<z.output<Params>, z.output<Query>, z.output<Body>>>) => Promise<Handled<Result>>,
): Route {
  if (endpoint.access.kind === 'public') throw new Error(`${endpoint.method} ${endpoint.path} is public; use publicRoute`)
  return {
    endpoint,
    handle: async (context, principal) => {
      if (principal === null) throw new Error('a guarded route was reached without a principal')
      return handler({
        ...context,
        params: context.params as z.output<Params>,
        query: context.query as z.output<Query>,
        body: context.body as z.output<Body>,
        principal,
      })
    },
  }
}

/** A route that anybody reaches before sign-in. There are few; each declares itself `public` in the contract. */
export function publicRoute<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType>(
  endpoint: Endpoint<Params, Query, Body, Result>,
  handler: (context: RouteContext<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<Handled<Result>>,
): Route {
  if (endpoint.access.kind !== 'public') throw new Error(`${endpoint.method} ${endpoint.path} is not public; use route`)
  return {
    endpoint,
    handle: (context) =>
      handler({
        ...context,
        params: context.params as z.output<Params>,
        query: context.query as z.output<Query>,
        body: context.body as z.output<Body>,
      }),
  }
}
