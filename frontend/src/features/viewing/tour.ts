// Owns the course of a tour 轮巡: how long a page stays, when the next gets ready, when it is shown, which cameras are on it.
// Pure; time comes in. Refuses: players; who runs it says whether the next page has its pictures.
import type { CameraId } from '#contract/ids.ts'

export interface TourTimes {
  /** How long a page is shown. */
  dwellMs: number
  /** So long before its turn the next page begins to get ready. */
  warmMs: number
  /** A page whose pictures do not come is shown after so long all the same. */
  graceMs: number
}
export interface TourFacts {
  /** Somebody looks closely: the clock of the tour stands. */
  paused: boolean
  /** Every picture of the next page is there. */
  nextReady: boolean
}
/** `stay`: nothing to do; `warm`: the next page gets ready; `change`: it is shown now. */
export type TourStep = 'stay' | 'warm' | 'change'

export const tourDwellSeconds = [5, 10, 15, 30, 60] as const

export class TourClock {
  readonly #times: TourTimes
  #shownMs = 0
  #lastMs: number

  constructor(times: TourTimes, nowMs: number) {
    this.#times = times
    this.#lastMs = nowMs
  }

  next(nowMs: number, facts: TourFacts): TourStep {
    if (!facts.paused) this.#shownMs += nowMs - this.#lastMs
    this.#lastMs = nowMs
    const { dwellMs, warmMs, graceMs } = this.#times
    if (this.#shownMs < dwellMs - warmMs) return 'stay'
    if (facts.paused || this.#shownMs < dwellMs) return 'warm'
    if (!facts.nextReady && this.#shownMs < dwellMs + graceMs) return 'warm'
    this.#shownMs = 0
    return 'change'
  }
}

/**
 * The cameras of the page that begins at `from`, going round, without those that have no picture to show.
 * @returns fewer than `size` when there are not more; `next` is where the page after it begins
 */
export function tourPage(ids: readonly CameraId[], from: number, size: number, canShow: (id: CameraId) => boolean): { cameraIds: CameraId[]; next: number } {
  const cameraIds: CameraId[] = []
  let at = from
  for (let looked = 0; looked < ids.length && cameraIds.length < size; looked++) {
    const id = ids[at % ids.length]
    at++
    if (id !== undefined && canShow(id) && !cameraIds.includes(id)) cameraIds.push(id)
  }
  return { cameraIds, next: ids.length === 0 ? 0 : at % ids.length }
}
