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

export class Timeline {
  #timescale = TIMESCALE
  #lastSource: number | null = null
  #last: number | null = null
  #shift = 0
  readonly #steps: number[] = []

  /** A new source of frames (a reconnect): the next frame follows the last one by a usual step. */
  restart(timescale: number): void {
    this.#timescale = timescale > 0 ? timescale : TIMESCALE
    this.#lastSource = null
  }

  /** The usual distance of two frames, ticks. */
  get usualStep(): number {
    if (this.#steps.length === 0) return FALLBACK_STEP
    const sorted = [...this.#steps].sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? FALLBACK_STEP
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
    this.#steps.push(step)
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift()
    return { dts: source + this.#shift, jumped: false, repaired: false }
  }
}
