// Owns how hard work on many devices may be: how many at once and how long each may take, by how late our own timers are.
// Refuses: blaming a device for our lateness; a loop that is late reads every answer late.
import type { Clock, Timer } from './clock.ts'

const TICK_MS = 100
/** A tick this late means that answers lie unread. */
const LATE_MS = 120
const ON_TIME_MS = 40
const FEWEST = 8
const LONGEST_STRETCH = 4

export class LoopPace {
  readonly #clock: Clock
  readonly #most: number
  readonly #timer: Timer
  #tickMs: number
  #atOnce: number
  #stretch = 1
  #lateTicks = 0

  /** @param deps `most` is how many devices are asked at once while our own loop keeps its time. */
  constructor(deps: { clock: Clock; most: number }) {
    this.#clock = deps.clock
    this.#most = deps.most
    this.#atOnce = deps.most
    this.#tickMs = deps.clock.monotonicMs()
    this.#timer = deps.clock.every(TICK_MS, () => this.#tick())
  }

  /** How many devices may be asked at once now, at least one. */
  get atOnce(): number {
    return this.#atOnce
  }

  /** Ticks that came late so far: a try during which it grew proves nothing about the device. */
  get lateTicks(): number {
    return this.#lateTicks
  }

  /** The time that a try has, longer while our loop is late. */
  deadlineMs(wantedMs: number): number {
    return Math.round(wantedMs * this.#stretch)
  }

  close(): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    const lateMs = nowMs - this.#tickMs - TICK_MS
    this.#tickMs = nowMs
    if (lateMs > LATE_MS) {
      this.#lateTicks++
      this.#atOnce = Math.max(Math.min(FEWEST, this.#most), Math.floor(this.#atOnce / 2))
      this.#stretch = Math.min(LONGEST_STRETCH, this.#stretch * 1.5)
    } else if (lateMs < ON_TIME_MS) {
      this.#atOnce = Math.min(this.#most, this.#atOnce + 2)
      this.#stretch = Math.max(1, this.#stretch * 0.95)
    }
  }
}
