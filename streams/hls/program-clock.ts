// Owns the mapping from the media timeline to the server's wall clock, for PROGRAM-DATE-TIME and pictures of a moment.
// Refuses: steps. Within an epoch it follows the arrival of frames by at most 5 ms a second; it never goes back. It says when
// that is not enough, so that a new epoch can begin.
import { TIMESCALE } from '../cmaf/mp4-writer.ts'

const SLEW_MS_PER_SECOND = 5
const SETTLE_MS = 3_000
/** Frames can come late, never early: so much early, and the mapping is wrong. More is the host's clock put back. */
const EARLY_MS = 1_500
const MOST_EARLY_MS = 60_000
/** All frames so late for so long are not a bad link: the camera's time goes slower than ours. */
const LATE_MS = 5_000
const LATE_FOR_MS = 30_000

export class ProgramClock {
  #offsetMs: number | null = null
  #epochStartTicks = 0
  #lastTicks = 0
  /** Until a date was given out, the mapping may be set freely. */
  #published = false
  #lastDateMs = 0
  #lateSinceTicks: number | null = null
  #astray = false

  /** A new epoch's times have no relation to the last one's. */
  restart(): void {
    this.#offsetMs = null
    this.#published = false
    this.#lateSinceTicks = null
    this.#astray = false
  }

  /** Dates have strayed from the arrival of frames further than can be followed. */
  get astray(): boolean {
    return this.#astray
  }

  /** A frame with this decode time arrived at `nowMs` (UTC ms). */
  observe(ticks: number, nowMs: number): void {
    const arrivalOffset = nowMs - toMs(ticks)
    if (this.#offsetMs === null) {
      this.#offsetMs = arrivalOffset
      this.#epochStartTicks = ticks
    } else if (!this.#published || (arrivalOffset < this.#offsetMs && toMs(ticks - this.#epochStartTicks) < SETTLE_MS)) {
      // Frames can come late, never early: at the start the least delayed one is the best witness.
      this.#offsetMs = Math.min(this.#offsetMs, arrivalOffset)
    } else {
      const reach = (Math.max(0, toMs(ticks - this.#lastTicks)) / 1000) * SLEW_MS_PER_SECOND
      this.#offsetMs += Math.max(-reach, Math.min(reach, arrivalOffset - this.#offsetMs))
    }
    this.#lastTicks = ticks
    this.#judge(ticks, arrivalOffset - this.#offsetMs)
  }

  #judge(ticks: number, lateMs: number): void {
    if (lateMs < LATE_MS) this.#lateSinceTicks = null
    else this.#lateSinceTicks ??= ticks
    const isLate = this.#lateSinceTicks !== null && toMs(ticks - this.#lateSinceTicks) >= LATE_FOR_MS
    this.#astray = isLate || (lateMs < -EARLY_MS && lateMs > -MOST_EARLY_MS)
  }

  /** UTC ms of a decode time; later for a later one, over epochs too. */
  dateOf(ticks: number): number {
    this.#published = true
    this.#lastDateMs = Math.max(this.#lastDateMs + 1, Math.round((this.#offsetMs ?? 0) + toMs(ticks)))
    return this.#lastDateMs
  }
}

function toMs(ticks: number): number {
  return (ticks / TIMESCALE) * 1000
}
