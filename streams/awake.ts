// Owns time in which we could have noticed something: while our own event loop was held up, none goes by. And whether the
// machine is short of time, or all of its cameras are late at once: then a camera's silence proves little.
// Refuses: ending or starting anything.
import type { Clock, Timer } from '#base/clock.ts'

const PERIOD_MS = 100
const HELD_UP_MS = 500
/** So long after a hold-up the machine counts as short of time. */
const RECOVERS_MS = 10_000
/** With fewer streams, half of them being late may well be the cameras'. */
const FEWEST_STREAMS = 4
const PATIENCE = 3
/** Starting sixteen pulls is a hold-up of its own; two turns of half a wall are soon over. */
const STARTS_AFTER_HOLD_UP = 8
const STARTS_WHEN_MOST_ARE_LATE = 2

export class Awake {
  readonly #clock: Clock
  readonly #timer: Timer
  #awakeMs = 0
  #tickedAtMs: number
  #heldUpAtMs = -Infinity
  #mostAreLate = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tickedAtMs = clock.monotonicMs()
    this.#timer = clock.every(PERIOD_MS, () => this.#tick())
  }

  /** Rises like a monotonic clock, but by no more than two periods over any hold-up. */
  ms(): number {
    return this.#awakeMs + Math.min(2 * PERIOD_MS, this.#clock.monotonicMs() - this.#tickedAtMs)
  }

  /** Told now and then how many streams should give frames and how many of those are late. */
  observe(streams: number, late: number): void {
    this.#mostAreLate = streams >= FEWEST_STREAMS && late * 2 > streams
  }

  get strained(): boolean {
    return this.#mostAreLate || this.ms() - this.#heldUpAtMs < RECOVERS_MS
  }

  /** How many times longer than usual a silence must be before it is taken for the camera's. */
  get patience(): number {
    return this.strained ? PATIENCE : 1
  }

  /** How many pulls may be starting at once, of `usual`: those that are late need the time that more starts would take. */
  starts(usual: number): number {
    if (this.#mostAreLate) return Math.min(usual, STARTS_WHEN_MOST_ARE_LATE)
    return this.strained ? Math.min(usual, STARTS_AFTER_HOLD_UP) : usual
  }

  close(): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    const wentMs = nowMs - this.#tickedAtMs
    this.#awakeMs += Math.min(2 * PERIOD_MS, wentMs)
    this.#tickedAtMs = nowMs
    if (wentMs > HELD_UP_MS) this.#heldUpAtMs = this.#awakeMs
  }
}
