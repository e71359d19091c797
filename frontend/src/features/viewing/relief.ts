// Owns what is given up first when this machine cannot decode the wall: the main streams of large tiles, then whole tiles,
// the largest first; never the one that is selected. Pure.
import type { StreamKind } from '#contract/live.ts'

/** `sub`: no main stream here; `paused`: no picture at all, and the tile says why. */
export type Relief = 'sub' | 'paused'

export interface ReliefTile {
  key: number
  /** On screen, px². */
  area: number
  stream: StreamKind
  selected: boolean
  paused: boolean
}

/** At one step so much of the tiles that still play is paused. */
const PAUSED_AT_ONCE = 1 / 4

/** The next step; none when only the selected tile plays. */
export function nextRelief(tiles: readonly ReliefTile[]): { to: Relief; keys: number[] } | null {
  const playing = tiles.filter(({ paused }) => !paused)
  const others = playing.filter(({ selected }) => !selected).toSorted((a, b) => b.area - a.area)
  const mains = others.filter(({ stream }) => stream === 'main')
  const [largest] = mains
  if (largest !== undefined) return { to: 'sub', keys: mains.filter(({ area }) => area === largest.area).map(({ key }) => key) }
  if (others.length === 0) return null
  return { to: 'paused', keys: others.slice(0, Math.max(1, Math.floor(playing.length * PAUSED_AT_ONCE))).map(({ key }) => key) }
}
