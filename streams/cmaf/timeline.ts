// Owns turning a camera's times into ours: 90 kHz, strictly rising, continuous over reconnects.
// Refuses: stalling or going back. An odd step becomes a usual one; a jump of more than a second ends the epoch.
import { TIMESCALE } from './mp4-writer.ts'

export interface TimelineStep {
  /** Decode time on our timeline, ticks. */
  dts: number
  compositionOffset: number
  /** The camera's time jumped: what follows must be told as a discontinuity. */
  jumped: boolean
  repaired: boolean
}

const FALLBACK_STEP = TIMESCALE / 25
const JUMP_TICKS = TIMESCALE
const MAX_OFFSET_TICKS = 10 * TIMESCALE
const STEPS_KEPT = 31
const SETTLED_STEPS = 8

export class Timeline {
  #timescale = TIMESCALE
  #lastSource: number | null = null
  #last: number | null = null
  #shift = 0
  #steps: number[] = []
  #usual = FALLBACK_STEP
  #sinceSorted = 0
  /** Steps of the source before this one tell nothing of this one's. */
  #stale = false

  /** A new source of frames (a reconnect): the next frame follows the last one by a usual step. */
  restart(timescale: number): void {
    this.#timescale = timescale > 0 ? timescale : TIMESCALE
    this.#lastSource = null
    this.#stale = true
  }

  /** The usual distance of two frames, ticks: the median of the newest ones. */
  get usualStep(): number {
    return this.#usual
  }

  /** How many distances of this source's frames the usual one rests on. */
  get stepsSeen(): number {
    return this.#stale ? 0 : this.#steps.length
  }

  /** The last frame was put so many ticks before its place: those that follow keep their distance to it. */
  fallBack(ticks: number): void {
    this.#shift -= ticks
    if (this.#last !== null) this.#last -= ticks
  }

  place(sourceDts: number, sourceOffset: number): TimelineStep {
    const source = Math.round((sourceDts / this.#timescale) * TIMESCALE)
    const offset = Math.round((sourceOffset / this.#timescale) * TIMESCALE)
    const compositionOffset = Math.abs(offset) <= MAX_OFFSET_TICKS ? offset : 0
    const place = this.#judge(source)
    this.#last = place.dts
    // After a time that is no number, the next frame is placed like the first of a pull.
    this.#lastSource = Number.isSafeInteger(source) ? source : null
    this.#shift = place.dts - source
    return { ...place, compositionOffset }
  }

  #judge(source: number): { dts: number; jumped: boolean; repaired: boolean } {
    const usual = this.usualStep
    const next = (this.#last ?? -usual) + usual
    if (this.#lastSource === null || !Number.isSafeInteger(source)) return { dts: next, jumped: false, repaired: !Number.isSafeInteger(source) }
    const step = source - this.#lastSource
    if (step > Math.max(JUMP_TICKS, 10 * usual) || step < -JUMP_TICKS) return { dts: next, jumped: true, repaired: true }
    if (step <= 0) return { dts: next, jumped: false, repaired: true }
    this.#remember(step)
    return { dts: source + this.#shift, jumped: false, repaired: false }
  }

  #remember(step: number): void {
    if (this.#stale) this.#steps = []
    this.#stale = false
    this.#steps.push(step)
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift()
    // A median of so many does not move much from frame to frame.
    if (this.#steps.length > SETTLED_STEPS && ++this.#sinceSorted < SETTLED_STEPS) return
    this.#sinceSorted = 0
    const sorted = [...this.#steps].sort((a, b) => a - b)
    this.#usual = sorted[sorted.length >> 1] ?? FALLBACK_STEP
  }
}
