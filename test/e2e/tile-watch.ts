// Owns how a test looks at the wall's tiles: a script inside the page that counts each tile's decoded frames ten times a
// second, whatever video element shows them. Refuses: changing anything on the page.
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { read } from '../support/browser.ts'

/** Without a new frame for so long, a tile has stalled. */
const STALL_MS = 1_000

/** Put into the page before the console starts; `tileWatch` is then in its global scope. */
export const tileWatchScript = `(() => {
  const totals = new WeakMap()
  let tiles = []
  function look() {
    const now = performance.now()
    tiles = [...document.querySelectorAll('.grid > .cell')].sort((a, b) => Number(a.style.order) - Number(b.style.order)).map((cell, i) => {
      const name = cell.querySelector('.title .name')?.textContent ?? ''
      const before = tiles[i]?.name === name ? tiles[i] : { frames: 0, movedMs: now, longestStillMs: 0, stalls: 0, still: false, firstMs: null, dropped: 0 }
      let grown = 0
      let dropped = 0
      for (const video of cell.querySelectorAll('video')) {
        const quality = video.getVideoPlaybackQuality()
        const total = quality.totalVideoFrames
        dropped += quality.droppedVideoFrames
        const known = totals.get(video) ?? 0
        grown += total < known ? total : total - known
        totals.set(video, total)
      }
      const movedMs = grown > 0 ? now : before.movedMs
      const still = before.firstMs !== null && now - movedMs > ${STALL_MS}
      return {
        name, frames: before.frames + grown, movedMs, still, dropped,
        stalls: before.stalls + (still && !before.still ? 1 : 0),
        firstMs: before.firstMs ?? (grown > 0 ? now : null),
        longestStillMs: Math.max(before.longestStillMs, now - (grown > 0 ? before.movedMs : movedMs)),
        badge: cell.querySelector('.title .delay')?.textContent ?? '',
        notice: cell.querySelector('.notice')?.innerText ?? '',
      }
    })
  }
  let looking = setInterval(look, 100)
  window.tileWatch = {
    every: (ms) => { clearInterval(looking); looking = setInterval(look, ms) },
    tiles: () => tiles,
    count: () => tiles.filter((tile) => tile.name !== '').length,
    all: (test) => tiles.length > 0 && tiles.every((tile) => tile.name === '' || test(tile)),
    startOver: () => { for (const tile of tiles) { tile.frames = 0; tile.longestStillMs = 0; tile.stalls = 0; tile.movedMs = performance.now() } },
  }
})()`

const tileSchema = z.object({
  name: z.string(),
  /** Decoded since the tile got its camera, or since `startOver`. */
  frames: z.number(),
  longestStillMs: z.number(),
  /** How often it stood still for longer than STALL_MS after its first frame. */
  stalls: z.number(),
  /** When its first frame was seen, ms after the navigation. */
  firstMs: z.number().nullable(),
  /** Frames that the browser decoded too late to show. */
  dropped: z.number(),
  /** Words of the measured delay, empty when the tile doesn't claim to be live. */
  badge: z.string(),
  /** Words over a tile without a live picture. */
  notice: z.string(),
})
export type Tile = z.infer<typeof tileSchema>

/** Tiles with a camera, in order of position. */
export async function tilesOf(page: Page): Promise<Tile[]> {
  return (await read(page, 'tileWatch.tiles()', z.array(tileSchema))).filter(({ name }) => name !== '')
}

export const startOver = (page: Page): Promise<unknown> => page.evaluate('tileWatch.startOver()')
