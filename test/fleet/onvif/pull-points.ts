// Owns event subscriptions of one device: motion that comes and goes, kept per subscription until it is pulled.
// Refuses: more than ten subscriptions, as small devices do; queues over fifty messages drop the oldest.
import type { Clock } from '#base/clock.ts'
import { sleep } from '#base/clock.ts'

export interface DeviceEvent {
  /** Device time, UTC ms. */
  atMs: number
  operation: 'Initialized' | 'Changed'
  motion: boolean
}

interface Subscription {
  endsMs: number
  /** Monotonic; the next change of the motion state. */
  readUntilMs: number
  queue: DeviceEvent[]
}

const MOST_SUBSCRIPTIONS = 10
const MOST_QUEUED = 50
/** Motion alternates with this period; cameras are offset against each other. */
const MOTION_PERIOD_MS = 20_000
const LONGEST_PULL_MS = 60_000

export class PullPoints {
  readonly #clock: Clock
  readonly #phaseMs: number
  readonly #deviceNow: () => number
  readonly #subscriptions = new Map<string, Subscription>()
  #created = 0

  constructor(deps: { clock: Clock; deviceNow: () => number; phaseMs: number }) {
    this.#clock = deps.clock
    this.#deviceNow = deps.deviceNow
    this.#phaseMs = deps.phaseMs
  }

  /** @returns the subscription's id, or null when there is no room */
  create(lifeMs: number): string | null {
    this.#expire()
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) return null
    const id = String(++this.#created)
    const nowMs = this.#clock.monotonicMs()
    const queue: DeviceEvent[] = [{ atMs: this.#deviceNow(), operation: 'Initialized', motion: this.#motionAt(nowMs) }]
    this.#subscriptions.set(id, { endsMs: nowMs + lifeMs, readUntilMs: nowMs, queue })
    return id
  }

  /** @returns false when there is no such subscription (any more) */
  renew(id: string, lifeMs: number): boolean {
    this.#expire()
    const subscription = this.#subscriptions.get(id)
    if (subscription) subscription.endsMs = this.#clock.monotonicMs() + lifeMs
    return subscription !== undefined
  }

  remove(id: string): boolean {
    this.#expire()
    return this.#subscriptions.delete(id)
  }

  /** Waits up to `timeoutMs` for the first message. @returns null when there is no such subscription */
  async pull(id: string, timeoutMs: number, limit: number, signal: AbortSignal): Promise<DeviceEvent[] | null> {
    this.#expire()
    const subscription = this.#subscriptions.get(id)
    if (!subscription) return null
    this.#collect(subscription)
    if (subscription.queue.length === 0) {
      const nowMs = this.#clock.monotonicMs()
      await sleep(this.#clock, Math.min(timeoutMs, LONGEST_PULL_MS, this.#nextChangeMs(nowMs) - nowMs + 1), signal)
      this.#collect(subscription)
    }
    return subscription.queue.splice(0, limit)
  }

  #collect(subscription: Subscription): void {
    const nowMs = this.#clock.monotonicMs()
    for (let at = this.#nextChangeMs(subscription.readUntilMs); at <= nowMs; at = this.#nextChangeMs(at)) {
      subscription.queue.push({ atMs: this.#deviceNow() - (nowMs - at), operation: 'Changed', motion: this.#motionAt(at) })
      subscription.readUntilMs = at
    }
    subscription.queue.splice(0, Math.max(0, subscription.queue.length - MOST_QUEUED))
  }

  #motionAt(ms: number): boolean {
    return Math.floor((ms + this.#phaseMs) / (MOTION_PERIOD_MS / 2)) % 2 === 1
  }

  #nextChangeMs(afterMs: number): number {
    const half = MOTION_PERIOD_MS / 2
    return (Math.floor((afterMs + this.#phaseMs) / half) + 1) * half - this.#phaseMs
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [id, { endsMs }] of this.#subscriptions) if (endsMs < nowMs) this.#subscriptions.delete(id)
  }
}
