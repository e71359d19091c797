// Owns how the tiles of the wall are doing, in numbers: how many are live, behind, down; what they load and drop. Pure.
import { delayGrade } from '../../player/picture-delay.ts'
import type { TileView } from '../../player/tile-state.ts'

export interface WallCounts {
  /** Live and prompt. */
  live: number
  /** Live, but later than a wall should be. */
  behind: number
  /** Being opened. */
  waiting: number
  /** Without a live picture: stalled, offline, refused. */
  down: number
}

export function countViews(views: Iterable<TileView | undefined>): WallCounts {
  const counts: WallCounts = { live: 0, behind: 0, waiting: 0, down: 0 }
  for (const view of views) {
    if (view === undefined) continue
    if (view.kind === 'connecting' || view.kind === 'queued') counts.waiting++
    else if (view.kind !== 'live') counts.down++
    else if (delayGrade(view.delayMs) === 'behind' || delayGrade(view.delayMs) === 'late') counts.behind++
    else counts.live++
  }
  return counts
}

/** What a tile has done since it began; a rebuilt player goes on counting. */
export interface TileTotals {
  bytes: number
  decoded: number
  dropped: number
}

export interface WallLoad {
  megabitsPerSecond: number
  framesPerSecond: number
  /** Share of decoded frames that came too late to be shown, 0 to 1. */
  droppedShare: number
}

export const sumOf = (totals: Iterable<TileTotals>): TileTotals => {
  const sum = { bytes: 0, decoded: 0, dropped: 0 }
  for (const one of totals) {
    sum.bytes += one.bytes
    sum.decoded += one.decoded
    sum.dropped += one.dropped
  }
  return sum
}

/** The load between two sums; a tile that left in between must not count backwards. */
export function loadBetween(before: TileTotals, after: TileTotals, ms: number): WallLoad {
  const grown = (key: keyof TileTotals) => Math.max(0, after[key] - before[key])
  const seconds = ms / 1000
  if (seconds <= 0) return { megabitsPerSecond: 0, framesPerSecond: 0, droppedShare: 0 }
  return { megabitsPerSecond: (grown('bytes') * 8) / 1e6 / seconds, framesPerSecond: grown('decoded') / seconds, droppedShare: grown('decoded') === 0 ? 0 : Math.min(1, grown('dropped') / grown('decoded')) }
}

const DROPS_MANY = 0.05
const DROPS_FOR_MS = 10_000

/** Since when too many frames are dropped; says after ten seconds of it that quality should go down. */
export class DropWatch {
  #sinceMs: number | null = null

  /** Something was done against it: ten seconds from now on. */
  reset(): void {
    this.#sinceMs = null
  }

  heavy(nowMs: number, droppedShare: number): boolean {
    if (droppedShare <= DROPS_MANY) this.#sinceMs = null
    else this.#sinceMs ??= nowMs
    return this.#sinceMs !== null && nowMs - this.#sinceMs >= DROPS_FOR_MS
  }
}
