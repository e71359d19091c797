// Owns socket.io: who may connect, which rooms the server joins them to, what is sent where.
// Refuses: rooms by a client's wish, events that are not declared, payloads that do not fit their schema.
import { Server, type Socket } from 'socket.io'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { AppError } from '#base/app-error.ts'
import { clientEvents, serverEvents, type ClientEventAnswer, type ClientEventName, type ClientEventPayload, type ServerEventName, type ServerEventPayload } from '#contract/events.ts'
import type { Gate, Principal } from './principal.ts'
import { asAppError, type KnownError } from './problem.ts'
import { isOwnOrigin, sessionTokenOf, type ClientAddress } from './request-checks.ts'
import type { WebServer } from './web-server.ts'

/** Who gets an event: everybody whose unit is one of these (a unit and all above it) or who has a grant on the camera, or single users. */
export type Audience = { unitIds: readonly string[]; cameraId?: string } | { userIds: readonly string[] } | { sessionId: string }

/** Who asks by a socket: the principal with the rights of now, and which of the person's sockets it is. */
export interface SocketCaller {
  principal: Principal
  socketId: string
  ip: string
}
export type ClientHandlers = { [Name in ClientEventName]: (caller: SocketCaller, payload: ClientEventPayload<Name>) => Promise<ClientEventAnswer<Name>> }

export interface EventHubDeps {
  server: WebServer
  gate: Gate
  clock: Clock
  logger: Logger
  clientAddress: ClientAddress
  ownOrigins: readonly string[]
  /** What rooms answer; an event that nobody answers is `unavailable`. */
  handlers?: Partial<ClientHandlers>
  /** Errors of the database as a caller may hear them. */
  knownError?: KnownError
  /** A socket has gone, by whatever way; what hung on it ends. */
  onSocketGone?: (socketId: string) => void
}

const socketsPerUser = 20
/** Whatever it is: events, acknowledgements, connections to namespaces that do not exist. */
const packetsPerSecond = 50
const recheckMs = 2_000

export class EventHub {
  readonly #io: Server
  readonly #deps: EventHubDeps
  readonly #principals = new Map<string, { principal: Principal; token: string }>()

  constructor(deps: EventHubDeps) {
    this.#deps = deps
    this.#io = new Server(deps.server, {
      serveClient: false,
      maxHttpBufferSize: 64 * 1024,
      allowRequest: (request, decide) => {
        const { secure } = deps.clientAddress.of(request)
        decide(null, isOwnOrigin(request.headers, deps.ownOrigins, secure))
      },
    })
    this.#io.engine.on('connection', (connection: Connection) => this.#limit(connection))
    this.#io.use((socket, next) => {
      this.#admit(socket).then(() => next(), (error: unknown) => next(error instanceof Error ? error : new Error('refused')))
    })
    this.#io.on('connection', (socket) => this.#serve(socket))
    deps.clock.every(recheckMs, () => void this.#recheck())
  }

  async #admit(socket: Socket): Promise<void> {
    const token = sessionTokenOf(socket.request.headers.cookie)
    const principal = token === null ? null : await this.#deps.gate.bySessionToken(token)
    if (token === null || principal === null) throw new Error('not_signed_in')
    // Who has gone meanwhile is never told as disconnected, and would count for ever.
    if (socket.conn.readyState !== 'open') throw new Error('gone')
    const own = [...this.#principals.values()].filter((other) => other.principal.userId === principal.userId)
    if (own.length >= socketsPerUser) throw new Error('too_many_tries')
    this.#principals.set(socket.id, { principal, token })
    socket.on('disconnect', () => this.#principals.delete(socket.id))
    void socket.join(roomsOf(this.#deps.gate, principal))
  }

  /** Below socket.io, whose middleware sees events only. */
  #limit(connection: Connection): void {
    const { clock } = this.#deps
    let packets = 0
    let sinceMs = clock.monotonicMs()
    connection.on('packet', () => {
      const nowMs = clock.monotonicMs()
      if (nowMs - sinceMs >= 1_000) [packets, sinceMs] = [0, nowMs]
      if (++packets > packetsPerSecond) connection.close(true)
    })
  }

  #serve(socket: Socket): void {
    socket.on('disconnect', () => this.#deps.onSocketGone?.(socket.id))
    socket.use(([name, , acknowledge], next) => {
      const declared = typeof name === 'string' && isClientEvent(name)
      next(declared && typeof acknowledge === 'function' ? undefined : new Error('not_found'))
    })
    const { ip } = this.#deps.clientAddress.of(socket.request)
    for (const name of Object.keys(clientEvents).filter(isClientEvent)) {
      socket.on(name, (payload: unknown, acknowledge: (answer: unknown) => void) => {
        void this.#answer(name, { socketId: socket.id, ip }, payload).then(acknowledge)
      })
    }
    socket.on('error', () => socket.disconnect(true))
  }

  /** The one way of every client event: rights of now, shape, handler. A refusal is an answer with its code. */
  async #answer<Name extends ClientEventName>(name: Name, from: { socketId: string; ip: string }, payload: unknown): Promise<unknown> {
    const known = this.#principals.get(from.socketId)
    if (known === undefined) return { code: 'not_signed_in' }
    const { permission, payload: shape } = clientEvents[name]
    if (permission !== 'signed-in' && !this.#deps.gate.may(known.principal, permission)) return { code: 'no_permission' }
    const parsed = shape.safeParse(payload)
    if (!parsed.success) return { code: 'invalid_request' }
    const handlers: Partial<ClientHandlers> = { ...this.#deps.handlers, 'clock:ping': async () => ({ serverAt: new Date(this.#deps.clock.now()).toISOString() }) }
    const handle = handlers[name]
    if (handle === undefined) return { code: 'unavailable' }
    try {
      return await handle({ ...from, principal: known.principal }, parsed.data as ClientEventPayload<Name>)
    } catch (error) {
      const { code } = asAppError(error, this.#deps.knownError ?? (() => null))
      if (!(error instanceof AppError)) this.#deps.logger.error({ error, event: name }, 'an event could not be answered')
      return { code }
    }
  }

  /** A session that ended elsewhere (another machine, expiry) loses its sockets within a few seconds. */
  async #recheck(): Promise<void> {
    for (const [socketId, { token, principal }] of this.#principals) {
      const now = await this.#deps.gate.bySessionToken(token, 'look').catch(() => principal)
      if (now === null) this.#end(socketId, 'expired')
      else if (now !== principal) this.#rejoin(socketId, token, now)
    }
  }

  #rejoin(socketId: string, token: string, principal: Principal): void {
    const socket = this.#io.sockets.sockets.get(socketId)
    if (!socket) return
    for (const room of socket.rooms) if (room !== socketId) void socket.leave(room)
    void socket.join(roomsOf(this.#deps.gate, principal))
    this.#principals.set(socketId, { principal, token })
  }

  #end(socketId: string, reason: ServerEventPayload<'session:ended'>['reason']): void {
    const socket = this.#io.sockets.sockets.get(socketId)
    socket?.emit('session:ended', { reason })
    socket?.disconnect(true)
    this.#principals.delete(socketId)
  }

  /** Ends the sockets of a session at once (sign-out, change of rights, disabling). */
  endSession(sessionId: string, reason: ServerEventPayload<'session:ended'>['reason']): void {
    for (const [socketId, { principal }] of this.#principals) if (principal.sessionId === sessionId) this.#end(socketId, reason)
  }

  publish<Name extends ServerEventName>(name: Name, payload: ServerEventPayload<Name>, audience: Audience): void {
    const { permission } = serverEvents[name]
    const rooms =
      'unitIds' in audience
        ? [...audience.unitIds.map((unitId) => `${permission}@${unitId}`), ...(audience.cameraId === undefined ? [] : [`${permission}@camera/${audience.cameraId}`])]
        : 'userIds' in audience
          ? audience.userIds.map((userId) => `${permission}#${userId}`)
          : [`session:${audience.sessionId}`]
    if (rooms.length > 0) this.#io.to(rooms).emit(name, payload)
  }

  get connections(): number {
    return this.#principals.size
  }

  async close(): Promise<void> {
    await this.#io.close()
  }
}

function isClientEvent(name: string): name is ClientEventName {
  return Object.hasOwn(clientEvents, name)
}

/** What is used of an engine.io connection, whose events socket.io does not type. */
interface Connection {
  on(event: 'packet', listener: () => void): void
  close(discard: boolean): void
}

/** One room per (permission, own unit): an event about a unit goes to that unit and all above it, so scope needs no list. */
function roomsOf(gate: Gate, principal: Principal): string[] {
  const rooms = [`session:${principal.sessionId}`]
  for (const permission of new Set(Object.values(serverEvents).map((event) => event.permission))) {
    if (permission === 'signed-in' || gate.may(principal, permission)) {
      rooms.push(`${permission}@${principal.unitId}`, `${permission}#${principal.userId}`)
      for (const [cameraId, held] of principal.scope.granted ?? []) if (permission !== 'signed-in' && held.has(permission)) rooms.push(`${permission}@camera/${cameraId}`)
    }
  }
  return rooms
}
