// Owns which of a camera's two streams a tile of a size should show. Pure; time comes in.
// Refuses: changing its mind at every pixel; a wish must hold for two seconds, and the two sizes lie apart.
import type { StreamKind } from '#contract/live.ts'

/** `auto`: by the tile's size; `low`, `high`: one stream for all tiles, by the user's choice. */
export const qualities = ['auto', 'low', 'high'] as const
export type Quality = (typeof qualities)[number]

/** A tile must be so much wider than the sub stream's picture before the main stream is worth its pull. */
const HYSTERESIS = 1.25
const HOLD_MS = 2_000
/** On more tiles than that a main stream each would be a load on cameras and server that nobody asked for, on a large screen, too. */
export const MAIN_UP_TO_TILES = 9
/** Width of the usual sub stream, px, until its picture was seen. */
const USUAL_SUB_WIDTH = 640

export interface TileSize {
  /** Width in device pixels. */
  widthPx: number
  /** Width of the sub stream's picture, px; 0 = not seen yet. */
  subWidthPx: number
  /** Tiles of the wall. */
  tiles: number
}

export class StreamChooser {
  #chosen: StreamKind
  #wishedSinceMs: number | null = null

  constructor(first: StreamKind) {
    this.#chosen = first
  }

  /** The stream to show at `nowMs`; changes when another was the better one for two seconds, and at once when there are too many tiles. */
  choose(nowMs: number, tile: TileSize): StreamKind {
    if (tile.tiles > MAIN_UP_TO_TILES) this.#take('sub')
    const wish = this.#wish(tile)
    if (wish === this.#chosen) this.#wishedSinceMs = null
    else {
      this.#wishedSinceMs ??= nowMs
      if (nowMs - this.#wishedSinceMs >= HOLD_MS) this.#take(wish)
    }
    return this.#chosen
  }

  /** For a choice that a person made: it counts at once, and size decides again from here. */
  settle(stream: StreamKind): void {
    this.#take(stream)
  }

  #take(stream: StreamKind): void {
    this.#chosen = stream
    this.#wishedSinceMs = null
  }

  #wish({ widthPx, subWidthPx, tiles }: TileSize): StreamKind {
    if (tiles > MAIN_UP_TO_TILES) return 'sub'
    const sub = subWidthPx > 0 ? subWidthPx : USUAL_SUB_WIDTH
    if (this.#chosen === 'sub') return widthPx > sub * HYSTERESIS ? 'main' : 'sub'
    return widthPx <= sub ? 'sub' : 'main'
  }
}
