// Owns how the tiles of the wall are doing, as three numbers. Pure.
import type { TileView } from '../../player/tile-state.ts'

export interface WallCounts {
  live: number
  /** Being opened. */
  waiting: number
  /** Without a live picture: stalled, offline, refused. */
  down: number
}

export function countViews(views: Iterable<TileView | undefined>): WallCounts {
  const counts: WallCounts = { live: 0, waiting: 0, down: 0 }
  for (const view of views) {
    if (view === undefined) continue
    if (view.kind === 'live') counts.live++
    else if (view.kind === 'connecting') counts.waiting++
    else counts.down++
  }
  return counts
}
