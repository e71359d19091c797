// Owns one viewer's streams on one connection: whose media goes next, and who has to wait when the line is too slow.
// Refuses: rights, and what a connection is; it is given something that takes bytes.
import type { Clock } from '#base/clock.ts'
import { pushSubscriptionsMax, writePushHeader, type PushEndReason, type PushPriority, type PushTrack } from '#contract/media-push.ts'
import { trackNotice } from './push-item.ts'
import { Subscription, type PushedStream, type Sending, type SubscriptionWish } from './subscription.ts'

/** A viewer's connection. */
export interface PushSink {
  /** Bytes that were given to it and that the network has not taken yet. */
  bufferedBytes(): number
  /** @param sent called when the network has taken it, or never when the connection is gone */
  media(header: Uint8Array, payload: Uint8Array, sent: () => void): void
  track(notice: PushTrack): void
  ended(id: number, reason: PushEndReason): void
}

const ORDER: readonly PushPriority[] = ['selected', 'visible', 'background']
/** With so much in the connection, these tiles wait. */
const MOST_BUFFERED_BYTES: Record<PushPriority, number> = { selected: 2 * 2 ** 20, visible: 2 ** 20, background: 2 ** 19 }
/** A line that has not taken so much is busy; while a tile lags on a busy line, lesser ones wait. */
const BUSY_BYTES = 64 * 1024
const LAGGING_MS = 300
const TOO_SLOW_MS = 60_000

export class PushViewer {
  readonly #clock: Clock
  readonly #sink: PushSink
  readonly #subscriptions = new Map<number, Subscription>()
  #woken = false
  #closed = false

  constructor(deps: { clock: Clock; sink: PushSink }) {
    this.#clock = deps.clock
    this.#sink = deps.sink
  }

  get size(): number {
    return this.#subscriptions.size
  }

  /** False when the id is in use or there are too many. */
  subscribe(stream: PushedStream, wish: SubscriptionWish): boolean {
    if (this.#closed || this.#subscriptions.has(wish.id) || this.#subscriptions.size >= pushSubscriptionsMax) return false
    this.#subscriptions.set(wish.id, new Subscription(stream, wish, { nowMs: this.#clock.monotonicMs(), wake: () => this.#wake() }))
    this.#wake()
    return true
  }

  unsubscribe(id: number): void {
    this.#subscriptions.get(id)?.close()
    this.#subscriptions.delete(id)
  }

  setPriority(id: number, priority: PushPriority): void {
    const subscription = this.#subscriptions.get(id)
    if (!subscription) return
    subscription.wish.priority = priority
    this.#wake()
  }

  answer(id: number, sequence: number): void {
    this.#subscriptions.get(id)?.answer(sequence, this.#clock.monotonicMs())
    this.#wake()
  }

  /** A few times a second: keeps what is watched alive and ends what nobody takes in. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.silentMs(nowMs) < TOO_SLOW_MS) {
        subscription.stream.touch()
        continue
      }
      this.#end(id, 'too-slow')
    }
  }

  /** The stream is no more. */
  streamEnded(stream: PushedStream, reason: PushEndReason): void {
    this.endWhere((_wish, own) => own === stream, reason)
  }

  /** Ends those of which `judge` says so. */
  endWhere(judge: (wish: SubscriptionWish, stream: PushedStream) => boolean, reason: PushEndReason): void {
    for (const [id, { wish, stream }] of this.#subscriptions) if (judge(wish, stream)) this.#end(id, reason)
  }

  close(): void {
    this.#closed = true
    for (const id of [...this.#subscriptions.keys()]) this.unsubscribe(id)
  }

  #end(id: number, reason: PushEndReason): void {
    this.unsubscribe(id)
    this.#sink.ended(id, reason)
  }

  /** Once for all that a chunk of input brings. */
  #wake(): void {
    if (this.#woken || this.#closed) return
    this.#woken = true
    queueMicrotask(() => {
      this.#woken = false
      this.#pump()
    })
  }

  #pump(): void {
    let mayHurry = true
    for (const priority of ORDER) {
      const own = [...this.#subscriptions.values()].filter((subscription) => subscription.wish.priority === priority)
      if (mayHurry) this.#send(own, MOST_BUFFERED_BYTES[priority])
      const lags = own.some((subscription) => subscription.waitingMs > LAGGING_MS)
      if (lags && this.#sink.bufferedBytes() > BUSY_BYTES) mayHurry = false
    }
  }

  /** In turns, the one with the most waiting first, so that no tile starves among its equals. */
  #send(own: readonly Subscription[], mostBytes: number): void {
    const sorted = own.filter((subscription) => subscription.ready).sort((a, b) => b.waitingMs - a.waitingMs)
    for (let turn = sorted; turn.length > 0; turn = turn.filter((subscription) => subscription.ready)) {
      for (const subscription of turn) {
        if (this.#closed || this.#sink.bufferedBytes() > mostBytes) return
        const sending = subscription.take(this.#clock.monotonicMs())
        if (sending) this.#give(subscription, sending)
      }
    }
  }

  #give(subscription: Subscription, { header, payload, track }: Sending): void {
    const { stream, wish } = subscription
    if (track) this.#sink.track(trackNotice(track, { id: wish.id, targetDurationSeconds: stream.window.targetDurationSeconds, transcoded: stream.transcoded }))
    this.#sink.media(writePushHeader(header), payload, () => this.#wake())
  }
}
