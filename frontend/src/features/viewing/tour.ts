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
  #hurried = false
  #lastMs: number

  constructor(times: TourTimes, nowMs: number) {
    this.#times = times
    this.#lastMs = nowMs
  }

  /** Until the page is due to change, ms; 0 while it waits for the next one's pictures. */
  get leftMs(): number {
    return Math.max(0, this.#times.dwellMs - this.#shownMs)
  }

  /** The next page is wanted now: it changes as soon as its pictures are there. */
  hurry(): void {
    this.#hurried = true
    this.#shownMs = Math.max(this.#shownMs, this.#times.dwellMs)
  }

  next(nowMs: number, facts: TourFacts): TourStep {
    if (!facts.paused || this.#hurried) this.#shownMs += nowMs - this.#lastMs
    this.#lastMs = nowMs
    const { dwellMs, warmMs, graceMs } = this.#times
    if (this.#shownMs < dwellMs - warmMs) return 'stay'
    // A page that was asked for by hand comes also while somebody looks closely.
    if (this.#shownMs < dwellMs || (facts.paused && !this.#hurried)) return 'warm'
    if (!facts.nextReady && this.#shownMs < dwellMs + graceMs) return 'warm'
    this.#shownMs = 0
    this.#hurried = false
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

/**
 * Where the page before the one that begins at `from` begins: so far back that `size` cameras that can be seen lie between.
 * Going round backwards.
 */
export function pageBefore(ids: readonly CameraId[], from: number, size: number, canShow: (id: CameraId) => boolean): number {
  let at = from
  let counted = 0
  for (let looked = 0; looked < ids.length && counted < size; looked++) {
    at = (at - 1 + ids.length) % ids.length
    const id = ids[at]
    if (id !== undefined && canShow(id)) counted++
  }
  return at
}
