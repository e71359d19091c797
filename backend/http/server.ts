// Owns what the HTTP server answers: security headers, body limits, routes, problem answers, the built console.
// Refuses: knowing any room; it gets routes. A route without declared access, or an endpoint without a route, stops the start.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import compression from 'compression'
import express, { type NextFunction, type Request, type Response } from 'express'
import helmet from 'helmet'
import { AppError, missing } from '#base/app-error.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import { errorCodes } from '#contract/errors.ts'
import { dispatch } from './dispatch.ts'
import { openApiDocument } from './openapi.ts'
import type { Gate } from './principal.ts'
import { asAppError, toProblem, type KnownError } from './problem.ts'
import { assertCleanPath, type ClientAddress } from './request-checks.ts'
import type { Route } from './route.ts'
import { createWebServer, type TlsIdentity, type WebServer } from './web-server.ts'

export interface HttpDeps {
  clock: Clock
  random: RandomBytes
  logger: Logger
  gate: Gate
  clientAddress: ClientAddress
  ownOrigins: readonly string[]
  /** Refuse everything under /api and /media that did not come by TLS. */
  requireTls: boolean
  /** What the server shows by TLS; null = plain HTTP, e.g. behind a proxy that ends TLS. */
  tls: TlsIdentity | null
  routes: readonly Route[]
  /** Errors of the database as a caller may hear them. */
  knownError: KnownError
  /** Directory of the built console, if it was built. */
  consoleDir: string
  /** Whether the server can serve; the reason otherwise. */
  ready: () => Promise<{ ready: boolean; reason: string }>
  /** Prometheus text; given to loopback callers only. */
  metrics: () => Promise<string>
}

export function createHttpServer(deps: HttpDeps): WebServer {
  assertComplete(deps.routes)
  return createWebServer(() => createHttpApp(deps), deps.tls)
}

function createHttpApp(deps: HttpDeps): express.Express {
  const requestIds = new WeakMap<Request, string>()
  const requestIdOf = (request: Request) => requestIds.get(request) ?? ''
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', 'simple')
  app.use((request, _response, next) => {
    requestIds.set(request, newId(deps.clock.now(), deps.random))
    assertCleanPath(request.url)
    next()
  })
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          mediaSrc: ["'self'", 'blob:'],
          workerSrc: ["'self'", 'blob:'],
          connectSrc: ["'self'", 'ws:', 'wss:'],
          objectSrc: ["'none'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
        },
      },
      // Whoever ends TLS says so: this server, or the proxy before it.
      strictTransportSecurity: deps.tls === null ? false : { maxAge: 31_536_000, includeSubDomains: false },
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  app.get('/healthz', (_request, response) => void response.type('text').send('alive'))
  app.get('/readyz', (_request, response, next) => {
    deps.ready().then(({ ready, reason }) => void response.status(ready ? 200 : 503).type('text').send(reason), next)
  })
  app.get('/metrics', (request, response, next) => {
    if (!/^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '') || request.headers['x-forwarded-for'] !== undefined) return next(missing())
    deps.metrics().then((text) => void response.type('text/plain; version=0.0.4').send(text), next)
  })
  const document = openApiDocument(api)
  app.get('/api/openapi.json', (_request, response) => void response.json(document))

  app.use(['/api', '/media'], (request, _response, next) => {
    if (deps.requireTls && !deps.clientAddress.of(request).secure) return next(new AppError('forbidden', 'tls_required', errorCodes.tls_required))
    next()
  })
  app.use('/api', compression(), (_request, response, next) => {
    response.setHeader('Cache-Control', 'private, no-store')
    next()
  })
  for (const route of deps.routes) {
    const { endpoint } = route
    const body =
      endpoint.consumes === undefined
        ? express.json({ limit: endpoint.maxBodyBytes, strict: true })
        : express.text({ limit: endpoint.maxBodyBytes, type: endpoint.consumes })
    const expected = endpoint.consumes ?? 'application/json'
    const handlers = [dispatch({ ...deps, requestIdOf }, route)]
    if (endpoint.method === 'get') app.get(endpoint.path, ...handlers)
    else app[endpoint.method](endpoint.path, requireType(expected), body, ...handlers)
  }
  app.use(['/api', '/media'], (_request, _response, next) => next(missing()))
  serveConsole(app, deps.consoleDir)
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
    const error = asAppError(thrown, deps.knownError)
    const requestId = requestIdOf(request)
    if (error.code === 'internal' || error.code === 'unavailable' || error.code === 'audit_unavailable') {
      deps.logger.error({ error: error.cause ?? error, requestId, method: request.method, path: request.path }, 'a request failed')
    }
    if (response.headersSent) return void response.destroy()
    const { status, problem } = toProblem(error, requestId)
    if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(Math.ceil(error.retryAfterSeconds)))
    response.setHeader('Cache-Control', 'no-store')
    response.status(status).type('application/problem+json').send(JSON.stringify(problem))
  })
  return app
}

/** A body of another type than declared is refused (T24); an empty one needs none. */
function requireType(expected: string) {
  return (request: Request, _response: Response, next: NextFunction) => {
    const empty = request.headers['content-length'] === '0' || (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
    if (empty || request.is(expected) === expected) return next()
    next(new AppError('unsupported-type', 'unsupported_type', `This route takes ${expected}.`))
  }
}

function assertComplete(routes: readonly Route[]): void {
  const declared = new Set<unknown>(Object.values(api))
  const handled = new Set<unknown>()
  for (const { endpoint } of routes) {
    const name = `${endpoint.method.toUpperCase()} ${endpoint.path}`
    if (!declared.has(endpoint)) throw new Error(`${name} has a handler but is not in contract/api.ts`)
    if (handled.has(endpoint)) throw new Error(`${name} has two handlers`)
    handled.add(endpoint)
  }
  const left = Object.values(api).filter((endpoint) => !handled.has(endpoint))
  if (left.length > 0) throw new Error(`no handler for ${left.map((endpoint) => `${endpoint.method.toUpperCase()} ${endpoint.path}`).join(', ')}`)
}

function serveConsole(app: express.Express, directory: string): void {
  const consoleDir = resolve(directory)
  const index = join(consoleDir, 'index.html')
  app.use('/assets', express.static(join(consoleDir, 'assets'), { immutable: true, maxAge: '365d', index: false, redirect: false }))
  app.use(express.static(consoleDir, { index: false, redirect: false, dotfiles: 'ignore' }))
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' || !existsSync(index)) return next(missing())
    response.setHeader('Cache-Control', 'no-cache')
    response.sendFile(index)
  })
}
