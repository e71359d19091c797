// Owns the media socket (contract/media-push.ts): who may connect, which streams a console gets pushed, and that it gets
// them no longer than its right lasts.
// Refuses: what is sent when; that is the media plane's. Nothing of it goes over socket.io.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { AppError, missing } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import { mediaPushPath, pushCloseCodes, pushProtocol, pushRequestBytesMax, pushRequestSchema, type PushEndReason, type PushNotice, type PushRequest } from '#contract/media-push.ts'
import type { CameraId } from '#contract/ids.ts'
import type { MediaPlane, MediaPush } from '#streams'
import { may, type CutReason, type LiveRights } from '../access/index.ts'
import { isOwnOrigin, sessionTokenOf, type ClientAddress, type Gate, type Principal, type UpgradeSource } from '../http/index.ts'
import { toInstant } from '../storage/index.ts'
import type { CameraPlaces } from './camera-places.ts'
import type { LiveService, WatchedLive } from './live-service.ts'
import type { WatchLedger } from './watch-ledger.ts'

export interface MediaSocketDeps {
  clock: Clock
  logger: Logger
  mediaPlane: MediaPlane
  live: LiveService
  places: CameraPlaces
  watches: WatchLedger
  gate: Gate
  rights: LiveRights
  clientAddress: ClientAddress
  ownOrigins: readonly string[]
  /** Refuse sockets that did not come by TLS. */
  requireTls: boolean
}

const socketsPerUser = 10
const requestsPerSecond = 1_000
const pingMs = 15_000
/** The ledger ends an interval that is silent for half a minute. */
const touchMs = 5_000
const lastWordsMs = 500

type Subscribe = Extract<PushRequest, { type: 'subscribe' }>

export class MediaSockets {
  readonly #deps: MediaSocketDeps
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: pushRequestBytesMax, clientTracking: false })
  readonly #consoles = new Set<Console>()

  constructor(deps: MediaSocketDeps) {
    this.#deps = deps
  }

  /** Answers upgrades to `mediaPushPath`; leaves all others to those who own them. */
  attach(server: UpgradeSource): void {
    server.on('upgrade', (request, socket, head) => {
      if ((request.url ?? '').split('?', 1)[0] !== mediaPushPath) return
      socket.on('error', () => socket.destroy())
      this.#admit(request).then(
        (principal) => this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, principal, this.#deps.clientAddress.of(request).ip)),
        (error: unknown) => refuse(socket, error),
      )
    })
  }

  get connections(): number {
    return this.#consoles.size
  }

  close(): void {
    for (const console of [...this.#consoles]) console.end('closing', pushCloseCodes.goingAway)
    // Who does not answer the farewell is not waited for.
    const left = [...this.#consoles]
    this.#deps.clock.after(lastWordsMs, () => left.forEach((console) => console.terminate()))
    this.#server.close()
  }

  async #admit(request: IncomingMessage): Promise<Principal> {
    const { gate, clientAddress, ownOrigins, requireTls } = this.#deps
    const { secure } = clientAddress.of(request)
    if (requireTls && !secure) throw new AppError('forbidden', 'tls_required', errorCodes.tls_required)
    if (!isOwnOrigin(request.headers, ownOrigins, secure)) throw new AppError('forbidden', 'origin_refused', errorCodes.origin_refused)
    const token = sessionTokenOf(request.headers.cookie)
    const principal = token === null ? null : await gate.bySessionToken(token, 'live-request')
    if (principal === null) throw new AppError('unauthenticated', 'not_signed_in', errorCodes.not_signed_in)
    const own = [...this.#consoles].filter((console) => console.principal.userId === principal.userId)
    if (own.length >= socketsPerUser) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries)
    return principal
  }

  #serve(socket: WebSocket, principal: Principal, ip: string): void {
    const served = new Console(this.#deps, socket, principal, ip)
    this.#consoles.add(served)
    socket.once('close', () => this.#consoles.delete(served))
  }
}

/** One console's socket. */
class Console {
  readonly principal: Principal
  readonly #deps: MediaSocketDeps
  readonly #socket: WebSocket
  readonly #ip: string
  readonly #push: MediaPush
  readonly #releases = new Map<number, () => void>()
  readonly #watched = new Map<number, WatchedLive>()
  /** Ids whose subscription is being judged. */
  readonly #asking = new Set<number>()
  readonly #timers: Timer[]
  readonly #offHold: () => void
  #requests = 0
  #answered = true

  constructor(deps: MediaSocketDeps, socket: WebSocket, principal: Principal, ip: string) {
    this.#deps = deps
    this.#socket = socket
    this.principal = principal
    this.#ip = ip
    this.#push = deps.mediaPlane.push({
      bufferedBytes: () => socket.bufferedAmount,
      media: (header, payload, sent) => {
        // Two fragments of one message: what lies in the ring is not copied to put 24 bytes before it.
        socket.send(header, { binary: true, fin: false })
        socket.send(payload, { binary: true, fin: true }, () => sent())
      },
      track: (notice) => this.#tell(notice),
      ended: (id, reason) => this.#cut(id, reason),
    })
    this.#offHold = deps.rights.hold({ principal, live: true, cut: (reason) => this.end(reason, reason === 'unavailable' ? pushCloseCodes.goingAway : pushCloseCodes.signedOut) })
    this.#timers = [
      deps.clock.every(1_000, () => (this.#requests = 0)),
      deps.clock.every(pingMs, () => this.#ping()),
      deps.clock.every(touchMs, () => this.#touch()),
    ]
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary))
    socket.on('pong', () => (this.#answered = true))
    socket.on('error', () => socket.terminate())
    socket.once('close', () => this.#release())
    this.#tell({ type: 'hello', protocol: pushProtocol, serverAt: toInstant(deps.clock.now()) })
  }

  /** Ends every subscription with this reason, and the socket. */
  end(reason: CutReason | PushEndReason, code: number): void {
    for (const id of [...this.#watched.keys()]) this.#cut(id, reason)
    this.#socket.close(code, reason)
    this.#release()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (++this.#requests > requestsPerSecond) return this.#socket.close(pushCloseCodes.tooManyRequests)
    const request = isBinary ? null : parseRequest(data)
    if (request === null) return this.#socket.close(pushCloseCodes.malformed)
    if (request.type === 'subscribe') void this.#subscribe(request)
    if (request.type === 'unsubscribe') this.#forget(request.id)
    if (request.type === 'priority') this.#push.setPriority(request.id, request.priority)
    if (request.type === 'ack') this.#push.answer(request.id, request.sequence)
  }

  async #subscribe(wish: Subscribe): Promise<void> {
    const { id, cameraId } = wish
    if (this.#asking.has(id) || this.#watched.has(id)) return this.#refuse(id, new AppError('conflict', 'conflict', errorCodes.conflict))
    this.#asking.add(id)
    try {
      const now = await this.#judge(this.principal, cameraId)
      const watched = await this.#deps.live.watch(now, wish, { ip: this.#ip })
      // It may have been taken back meanwhile, or the socket is gone.
      if (!this.#asking.has(id)) return
      this.#watched.set(id, watched)
      this.#releases.set(id, this.#deps.rights.hold({ principal: now, live: true, allowed: (later) => this.#mayStill(later, cameraId), cut: (reason) => this.#cut(id, reason) }))
      const { mode, priority, windowMs, decodes } = wish
      const { form, state, queue } = watched.report
      this.#push.subscribe({ id, cameraId, stream: watched.stream, form, decodes, mode, priority, windowMs })
      this.#tell({ type: 'subscribed', id, form, state, queue })
    } catch (error) {
      this.#forget(id)
      this.#refuse(id, error)
    } finally {
      this.#asking.delete(id)
    }
  }

  /** The principal as it is now, if it may watch the camera. */
  async #judge(principal: Principal, cameraId: CameraId): Promise<Principal> {
    const now = await this.#deps.live.again(principal)
    if (now === null) throw new AppError('unauthenticated', 'not_signed_in', errorCodes.not_signed_in)
    if (!may(now, 'camera:live')) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    if (!(await this.#mayStill(now, cameraId))) throw missing()
    return now
  }

  async #mayStill(now: Principal, cameraId: CameraId): Promise<boolean> {
    const place = await this.#deps.places.of(cameraId)
    return place !== null && may(now, 'camera:live', place.unitId, cameraId)
  }

  /** The right or the stream is gone; the console hears why. */
  #cut(id: number, reason: CutReason | PushEndReason): void {
    if (!this.#watched.has(id)) return
    this.#forget(id)
    this.#tell({ type: 'ended', id, reason })
  }

  #forget(id: number): void {
    this.#push.unsubscribe(id)
    this.#releases.get(id)?.()
    this.#releases.delete(id)
    this.#watched.delete(id)
    this.#asking.delete(id)
  }

  #touch(): void {
    for (const { cameraId, stream } of this.#watched.values()) this.#deps.watches.touch(this.principal.sessionId, cameraId, stream)
  }

  #ping(): void {
    if (!this.#answered) return this.#socket.terminate()
    this.#answered = false
    this.#socket.ping()
  }

  #refuse(id: number, error: unknown): void {
    if (!(error instanceof AppError)) this.#deps.logger.error({ error }, 'a subscription failed')
    const { code, retryAfterSeconds } = error instanceof AppError ? error : new AppError('internal', 'internal', errorCodes.internal)
    this.#tell({ type: 'refused', id, code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
  }

  #tell(notice: PushNotice): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(notice))
  }

  #release(): void {
    this.#offHold()
    for (const timer of this.#timers) timer.cancel()
    for (const id of [...this.#watched.keys()]) this.#forget(id)
    this.#asking.clear()
    this.#push.close()
  }
}

function parseRequest(data: RawData): PushRequest | null {
  try {
    const text = Buffer.isBuffer(data) ? data.toString('utf8') : ''
    return pushRequestSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

const STATUS: Partial<Record<AppError['kind'], string>> = { unauthenticated: '401 Unauthorized', forbidden: '403 Forbidden', throttled: '429 Too Many Requests' }

function refuse(socket: Duplex, error: unknown): void {
  const status = (error instanceof AppError && STATUS[error.kind]) || '503 Service Unavailable'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
