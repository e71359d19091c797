// Owns the way of one request through a route: who asks, may they, is it well-formed, what is answered.
// Refuses: any route whose endpoint declares no access; the type forbids it, and `assertComplete` stops the start.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { stringifySetCookie } from 'cookie'
import type { z } from 'zod'
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'
import type { Endpoint } from '#contract/wire.ts'
import type { Gate, Principal, UnderWay } from './principal.ts'
import { assertHarmless, hostCookieName, isOwnOrigin, plainCookieName, sessionTokenOf, type ClientAddress } from './request-checks.ts'
import type { BinaryReply, Route } from './route.ts'

export interface DispatchDeps {
  gate: Gate
  clientAddress: ClientAddress
  ownOrigins: readonly string[]
  requestIdOf: (request: Request) => string
}

export function dispatch(deps: DispatchDeps, route: Route): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    answer(deps, route, request, response).catch(next)
  }
}

async function answer(deps: DispatchDeps, route: Route, request: Request, response: Response): Promise<void> {
  const { endpoint } = route
  const { ip, secure } = deps.clientAddress.of(request)
  const changes = endpoint.method !== 'get'
  if (changes && !isOwnOrigin(request.headers, deps.ownOrigins, secure)) throw new AppError('forbidden', 'origin_refused', errorCodes.origin_refused)

  const sessionToken = sessionTokenOf(request.headers.cookie)
  const principal = await authenticate(deps.gate, endpoint, request, sessionToken)
  if (principal !== null) {
    const given = request.headers['x-csrf-token']
    if (changes && given !== principal.csrfToken) throw new AppError('forbidden', 'csrf_refused', errorCodes.csrf_refused)
    const { access } = endpoint
    if ((access.kind === 'permission' || access.kind === 'ticket') && !deps.gate.may(principal, access.permission)) {
      throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    }
  }

  const body: unknown = changes ? request.body : undefined
  if (typeof body !== 'string') assertHarmless(body)
  assertHarmless(request.query)
  const aborted = new AbortController()
  response.on('close', () => aborted.abort())
  const handled = route.handle(
    {
      params: parse(endpoint.params, request.params, 'params'),
      query: parse(endpoint.query, request.query, 'query'),
      body: parse(endpoint.body, endpoint.consumes !== undefined && changes ? body : (body ?? {}), 'body'),
      request: { requestId: deps.requestIdOf(request), ip, secure, signal: aborted.signal, sessionToken },
      reply: {
        header: (name, value) => response.setHeader(name, value),
        sessionCookie: (token, expiresAtMs) =>
          response.append(
            'Set-Cookie',
            stringifySetCookie(secure ? hostCookieName : plainCookieName, token ?? '', {
              httpOnly: true,
              sameSite: 'strict',
              path: '/',
              secure,
              expires: new Date(token === null ? 0 : expiresAtMs),
            }),
          ),
      },
    },
    principal,
  )
  const result = await (principal === null || endpoint.produces === undefined ? handled : untilEnd(deps.gate, principal, { live: endpoint.access.kind === 'ticket', path: request.path, ip, bytes: bytesOf(response) }, response, aborted, handled))
  if (response.headersSent || aborted.signal.aborted) return
  await send(endpoint, response, result)
}

/** Bytes for a person whose session ends are not given, and cut when under way: a segment, a file, an export. */
function untilEnd(gate: Gate, principal: Principal, what: UnderWay, response: Response, aborted: AbortController, handled: Promise<unknown>): Promise<unknown> {
  const ended = new Promise<never>((_resolve, reject) => {
    const release = gate.untilEnd(principal, what, (reason) => {
      aborted.abort()
      if (response.headersSent) response.destroy()
      reject(reason === 'ended' ? new AppError('unauthenticated', 'not_signed_in', errorCodes.not_signed_in) : new AppError('unavailable', 'unavailable', errorCodes.unavailable, { retryAfterSeconds: 2 }))
    })
    response.on('close', release)
  })
  return Promise.race([handled, ended])
}

/** The connection counts from its first request on. */
function bytesOf(response: Response): () => number {
  const before = response.socket?.bytesWritten ?? 0
  return () => (response.socket?.bytesWritten ?? before) - before
}

async function authenticate(gate: Gate, endpoint: Endpoint, request: Request, sessionToken: string | null): Promise<Principal | null> {
  if (endpoint.access.kind === 'public') return null
  // Live video is what tickets are for.
  const live = endpoint.access.kind === 'ticket'
  const ticket = live ? request.query['ticket'] : undefined
  if (typeof ticket === 'string') {
    const byTicket = await gate.byStreamTicket(ticket)
    if (byTicket === null) throw new AppError('unauthenticated', 'stream_ticket_refused', errorCodes.stream_ticket_refused)
    return byTicket
  }
  const bySession = sessionToken === null ? null : await gate.bySessionToken(sessionToken, live ? 'live-request' : 'request')
  if (bySession === null) throw new AppError('unauthenticated', 'not_signed_in', errorCodes.not_signed_in)
  return bySession
}

function parse(schema: z.ZodType, value: unknown, place: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 50).map((issue) => ({ path: [place, ...issue.path].join('.'), message: issue.message }))
  throw new AppError('invalid', 'invalid_request', errorCodes.invalid_request, { issues })
}

async function send(endpoint: Endpoint, response: Response, result: unknown): Promise<void> {
  if (endpoint.produces !== undefined) {
    const { bytes, contentType, headers } = result as BinaryReply
    response.setHeader('Content-Type', contentType)
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
    if (bytes instanceof Uint8Array) response.end(bytes)
    else await sendPieces(response, bytes)
  } else if (result === null) {
    response.status(204).end()
  } else {
    response.json(result)
  }
}

/** A client that goes away ends the sending; it is no failure of ours. */
async function sendPieces(response: Response, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), response)
  } catch (error) {
    const left = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (!left) throw error
  }
}
