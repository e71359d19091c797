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
  /** When somebody looks closely for longer, the page that got ready gives its streams back until the tour goes on. */
  restMs: number
}
export interface TourFacts {
  /** Somebody looks closely: the clock of the tour stands. */
  paused: boolean
  /** Every picture of the next page is there. */
  nextReady: boolean
}
/** `stay`: no next page is wanted yet; `warm`: the next page gets ready; `change`: it is shown now. */
export type TourStep = 'stay' | 'warm' | 'change'

export const tourDwellSeconds = [5, 10, 15, 30, 60] as const

export class TourClock {
  readonly #times: TourTimes
  #shownMs = 0
  #pausedMs = 0
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

  /** Nobody could see the page until now: that time counts for nothing. */
  unseen(nowMs: number): void {
    this.#lastMs = nowMs
  }

  next(nowMs: number, facts: TourFacts): TourStep {
    const passedMs = nowMs - this.#lastMs
    const stands = facts.paused && !this.#hurried
    if (!stands) this.#shownMs += passedMs
    this.#pausedMs = stands ? this.#pausedMs + passedMs : 0
    this.#lastMs = nowMs
    const { dwellMs, warmMs, graceMs, restMs } = this.#times
    if (this.#shownMs < dwellMs - warmMs || this.#pausedMs > restMs) return 'stay'
    // A page that was asked for by hand comes also while somebody looks closely.
    if (this.#shownMs < dwellMs || stands) return 'warm'
    if (!facts.nextReady && this.#shownMs < dwellMs + graceMs) return 'warm'
    this.#shownMs = 0
    this.#hurried = false
    return 'change'
  }
}

export interface ComingPage {
  /** Null: none is left for this place. */
  cameraIds: (CameraId | null)[]
  /** Where the page after it begins. */
  next: number
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

/** A page that gets ready, without what has no picture to show any more: others come in its place, the rest stays where its pictures are. */
export function mendedPage(page: ComingPage, ids: readonly CameraId[], canShow: (id: CameraId) => boolean): ComingPage {
  const isGone = (id: CameraId | null): boolean => id !== null && !canShow(id)
  const missing = page.cameraIds.filter(isGone).length
  if (missing === 0) return page
  const { cameraIds: others, next } = tourPage(ids, page.next, missing, (id) => canShow(id) && !page.cameraIds.includes(id))
  return { cameraIds: page.cameraIds.map((id) => (isGone(id) ? (others.shift() ?? null) : id)), next }
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
