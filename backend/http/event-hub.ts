// Owns socket.io: who may connect, which rooms the server joins them to, what is sent where.
// Refuses: rooms by a client's wish, events that are not declared, payloads that do not fit their schema.
import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { clientEvents, serverEvents, type ServerEventName, type ServerEventPayload } from '#contract/events.ts'
import type { Gate, Principal } from './principal.ts'
import { isOwnOrigin, sessionTokenOf, type ClientAddress } from './request-checks.ts'

/** Who gets an event: everybody whose unit is one of these (a unit and all above it) or who has a grant on the camera, or single users. */
export type Audience = { unitIds: readonly string[]; cameraId?: string } | { userIds: readonly string[] } | { sessionId: string }

export interface EventHubDeps {
  server: HttpServer
  gate: Gate
  clock: Clock
  logger: Logger
  clientAddress: ClientAddress
  ownOrigins: readonly string[]
}

const socketsPerUser = 20
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
    const own = [...this.#principals.values()].filter((other) => other.principal.userId === principal.userId)
    if (own.length >= socketsPerUser) throw new Error('too_many_tries')
    this.#principals.set(socket.id, { principal, token })
    socket.on('disconnect', () => this.#principals.delete(socket.id))
    void socket.join(roomsOf(this.#deps.gate, principal))
  }

  #serve(socket: Socket): void {
    let events = 0
    const window = this.#deps.clock.every(1_000, () => (events = 0))
    socket.on('disconnect', () => window.cancel())
    socket.use(([name, payload, acknowledge], next) => {
      if (++events > 50) return void socket.disconnect(true)
      const declared = name in clientEvents
      if (!declared || typeof acknowledge !== 'function') return next(new Error('not_found'))
      next()
      void payload
    })
    socket.on('clock:ping', (payload: unknown, acknowledge: (answer: unknown) => void) => {
      const parsed = clientEvents['clock:ping'].payload.safeParse(payload)
      acknowledge(parsed.success ? { serverAt: new Date(this.#deps.clock.now()).toISOString() } : { code: 'invalid_request' })
    })
    socket.on('error', () => socket.disconnect(true))
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
