// Owns the console's media socket: opened with the first subscription, closed a while after the last, acknowledgements; and
// noticing that it is dead, which a browser may not say for minutes.
// Refuses: keeping media, and retrying a subscription: who asked is told that it was lost and asks again.
import type { CameraId } from '#contract/ids.ts'
import type { Decodes, StreamKind } from '#contract/live.ts'
import { pushHeaderBytes, readPushHeader, type PushEndReason, type PushHeader, type PushMode, type PushNotice, type PushPriority, type PushRequest, type PushTrack } from '#contract/media-push.ts'
import type { PushWire, PushWireListener } from './push-wire.ts'

export interface PushListener {
  /** The right was given; how the stream stands, before any of its media. */
  onSubscribed: (now: Extract<PushNotice, { type: 'subscribed' }>) => void
  /** An epoch begins; its init and media follow. */
  onTrack: (track: PushTrack) => void
  onInit: (epoch: number, bytes: ArrayBuffer) => void
  onMedia: (header: PushHeader, bytes: ArrayBuffer) => void
  onRefused: (code: string, retryAfterSeconds: number | undefined) => void
  onEnded: (reason: PushEndReason) => void
  /** The socket is gone. */
  onLost: () => void
}
export interface PushWish {
  cameraId: CameraId
  stream: StreamKind
  mode: PushMode
  priority: PushPriority
  decodes: Decodes
}
export interface PushSubscription {
  setPriority: (priority: PushPriority) => void
  close: () => void
}
export interface PushSocketDeps {
  open: (listener: PushWireListener) => PushWire
  monotonicMs: () => number
  /** Runs once after `ms`; the function cancels it. */
  after: (ms: number, run: () => void) => () => void
}

/** Answers are gathered for so long; far below the two seconds that may be on their way. */
const ACK_AFTER_MS = 200
const IDLE_CLOSE_MS = 5_000
/** After a socket that never opened HTTP is used for so long, after each further one twice as long, up to the longest. */
const AVOID_MS = 2_000
const AVOID_LONGEST_MS = 60_000
/** A wire that brings nothing at all for so long after it was asked for a stream is dead. */
const ANSWER_MS = 5_000
/** Of a wall that plays something comes several times a second. */
const SILENT_MS = 3_000
const ID_MAX = 0xffff

export class PushSocket {
  readonly #deps: PushSocketDeps
  readonly #listeners = new Map<number, PushListener>()
  readonly #taken = new Map<number, number>()
  #wire: PushWire | undefined
  #greeted = false
  #waiting: PushRequest[] = []
  #lastId = 0
  #avoidUntilMs = -Infinity
  #avoidMs = AVOID_MS
  /** When the wire last brought something. */
  #heardMs = -Infinity
  #ackDue = false
  #cancelIdle: () => void = () => undefined

  constructor(deps: PushSocketDeps) {
    this.#deps = deps
  }

  /** False for a while after the server would not open a media socket. */
  get usable(): boolean {
    return this.#deps.monotonicMs() >= this.#avoidUntilMs
  }

  /** Whether it is open. Asked by who plays by HTTP meanwhile: it is opened to see whether the server takes it again. */
  comesBack(): boolean {
    if (!this.#greeted && this.usable) this.#open()
    return this.#greeted
  }

  /** The server is there again after a loss: the socket is tried at once, and not on a wire that died with the line. */
  serverIsBack(): void {
    this.#avoidUntilMs = -Infinity
    this.#avoidMs = AVOID_MS
    if (this.#wire !== undefined && this.#deps.monotonicMs() - this.#heardMs > SILENT_MS) this.#giveUp()
  }

  subscribe(wish: PushWish, listener: PushListener): PushSubscription {
    this.#cancelIdle()
    const id = this.#freeId()
    this.#listeners.set(id, listener)
    this.#send({ type: 'subscribe', id, ...wish, windowMs: 2_000 })
    const [wire, askedMs] = [this.#wire, this.#deps.monotonicMs()]
    this.#deps.after(ANSWER_MS, () => {
      if (this.#listeners.get(id) === listener && this.#wire === wire && this.#heardMs < askedMs) this.#giveUp()
    })
    return {
      setPriority: (priority) => this.#listeners.get(id) === listener && this.#send({ type: 'priority', id, priority }),
      close: () => {
        if (this.#listeners.get(id) !== listener) return
        this.#waiting = this.#waiting.filter((request) => request.id !== id)
        if (this.#greeted) this.#send({ type: 'unsubscribe', id })
        this.#forget(id)
      },
    }
  }

  #send(request: PushRequest): void {
    if (this.#greeted) return this.#wire?.send(JSON.stringify(request))
    this.#waiting.push(request)
    this.#open()
  }

  #open(): void {
    if (this.#wire !== undefined) return
    const wire: PushWire = this.#deps.open({
      onNotice: (notice) => this.#wire === wire && this.#noticed(notice),
      onMedia: (message) => this.#wire === wire && this.#received(message),
      onClosed: () => this.#wire === wire && this.#closed(),
    })
    this.#wire = wire
    this.#deps.after(ANSWER_MS, () => this.#wire === wire && !this.#greeted && this.#giveUp())
  }

  #noticed(notice: PushNotice): void {
    this.#heardMs = this.#deps.monotonicMs()
    if (notice.type === 'hello') {
      this.#greeted = true
      this.#avoidMs = AVOID_MS
      if (this.#listeners.size === 0) this.#closeSoon()
      const waiting = this.#waiting
      this.#waiting = []
      for (const request of waiting) this.#send(request)
      return
    }
    const listener = this.#listeners.get(notice.id)
    if (listener === undefined) return
    if (notice.type === 'track') return listener.onTrack(notice)
    if (notice.type === 'subscribed') return listener.onSubscribed(notice)
    this.#forget(notice.id)
    if (notice.type === 'refused') listener.onRefused(notice.code, notice.retryAfterSeconds)
    else listener.onEnded(notice.reason)
  }

  #received(message: ArrayBuffer): void {
    this.#heardMs = this.#deps.monotonicMs()
    const header = readPushHeader(message)
    if (header === null) return
    const listener = this.#listeners.get(header.id)
    if (listener === undefined) return
    // A copy of its own: whoever gets it may keep it without the header.
    const bytes = message.slice(pushHeaderBytes)
    if (header.kind === 'init') listener.onInit(header.programDateMs, bytes)
    else listener.onMedia(header, bytes)
    this.#taken.set(header.id, header.sequence)
    if (this.#ackDue) return
    this.#ackDue = true
    this.#deps.after(ACK_AFTER_MS, () => {
      this.#ackDue = false
      for (const [id, sequence] of this.#taken) this.#send({ type: 'ack', id, sequence })
      this.#taken.clear()
    })
  }

  /** A dead wire does not say that it is closed, not even when it is closed by us. */
  #giveUp(): void {
    this.#wire?.close()
    this.#closed()
  }

  #closed(): void {
    if (!this.#greeted) {
      this.#avoidUntilMs = this.#deps.monotonicMs() + this.#avoidMs
      this.#avoidMs = Math.min(AVOID_LONGEST_MS, 2 * this.#avoidMs)
    }
    this.#wire = undefined
    this.#greeted = false
    this.#waiting = []
    this.#taken.clear()
    const lost = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of lost) listener.onLost()
  }

  #forget(id: number): void {
    this.#listeners.delete(id)
    this.#taken.delete(id)
    if (this.#listeners.size === 0) this.#closeSoon()
  }

  #closeSoon(): void {
    this.#cancelIdle()
    this.#cancelIdle = this.#deps.after(IDLE_CLOSE_MS, () => this.#wire?.close())
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % ID_MAX) + 1
    while (this.#listeners.has(this.#lastId))
    return this.#lastId
  }
}
