// Owns how a test looks at the wall's tiles: a script inside the page that counts each tile's decoded frames ten times a
// second, whatever video element shows them. Refuses: changing anything on the page.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import type { Fleet } from '../fleet/index.ts'
import { FRAMES_PER_SECOND } from '../fleet/scenes/scene.ts'
import { read, when } from '../support/browser.ts'
import { Lateness } from '../support/lateness.ts'

/** Without a new frame for so long, a tile has stalled. */
const STALL_MS = 1_000
/** On a build machine, where two cores decode the whole wall. */
const STILL_AT_MOST_MS = 5_000

/** Put into the page before the console starts; `tileWatch` is then in its global scope. */
export const tileWatchScript = `(() => {
  const totals = new WeakMap()
  let tiles = []
  let periodMs = 100
  let lookedMs = performance.now()
  let heldUpMs = 0
  let awakeMs = 0
  function look() {
    const now = performance.now()
    const gapMs = now - lookedMs
    lookedMs = now
    heldUpMs = Math.max(heldUpMs, gapMs - periodMs)
    // While this page itself is held up it can see nothing come.
    const seenMs = Math.min(2 * periodMs, gapMs)
    awakeMs += seenMs
    tiles = [...document.querySelectorAll('.grid > .cell')].sort((a, b) => Number(a.style.order) - Number(b.style.order)).map((cell, i) => {
      const name = cell.querySelector('.title .name')?.textContent ?? ''
      const before = tiles[i]?.name === name ? tiles[i] : { frames: 0, movedMs: now, longestStillMs: 0, unmovedMs: 0, longestUnmovedMs: 0, stalls: 0, still: false, firstMs: null, dropped: 0 }
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
      const unmovedMs = before.unmovedMs + seenMs
      const movedMs = grown > 0 ? now : before.movedMs
      const still = before.firstMs !== null && now - movedMs > ${STALL_MS}
      return {
        name, frames: before.frames + grown, movedMs, still, dropped,
        stalls: before.stalls + (still && !before.still ? 1 : 0),
        firstMs: before.firstMs ?? (grown > 0 ? now : null),
        unmovedMs: grown > 0 ? 0 : unmovedMs, longestUnmovedMs: Math.max(before.longestUnmovedMs, unmovedMs),
        longestStillMs: Math.max(before.longestStillMs, now - (grown > 0 ? before.movedMs : movedMs)),
        badge: cell.querySelector('.title .delay')?.textContent ?? '',
        notice: cell.querySelector('.notice')?.innerText ?? '',
      }
    })
  }
  let looking = setInterval(look, periodMs)
  window.tileWatch = {
    every: (ms) => { clearInterval(looking); periodMs = ms; looking = setInterval(look, ms) },
    tiles: () => tiles,
    count: () => tiles.filter((tile) => tile.name !== '').length,
    all: (test) => tiles.length > 0 && tiles.every((tile) => tile.name === '' || test(tile)),
    heldUpMs: () => heldUpMs,
    /** A clock by which no time goes by in which the page was held up. */
    awakeMs: () => awakeMs + Math.min(2 * periodMs, performance.now() - lookedMs),
    startOver: () => { heldUpMs = 0; for (const tile of tiles) { tile.frames = 0; tile.longestStillMs = 0; tile.unmovedMs = 0; tile.longestUnmovedMs = 0; tile.stalls = 0; tile.movedMs = performance.now() } },
  }
})()`

const tileSchema = z.object({
  name: z.string(),
  /** Decoded since the tile got its camera, or since `startOver`. */
  frames: z.number(),
  longestStillMs: z.number(),
  /** The same without the time in which the page itself was held up and could have seen nothing. */
  longestUnmovedMs: z.number(),
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

/** What was seen of tiles that all said at the end to be live. */
export interface WatchedTiles {
  tiles: (Tile & { /** What it decoded, of the frames that its camera sent meanwhile. */ share: number })[]
  /** Longest hold-ups of the page, and of this process with the server and the cameras. */
  pageHeldUpMs: number
  heldUpMs: number
}

const saysLive = ({ badge, notice }: Tile) => /^实时 \d+\.\d 秒$/.test(badge) && notice === ''

/**
 * Watches tiles, one for each of the cameras, while each of these sends so many seconds of its sub stream, and until all say
 * to be live. @throws with the tiles when that takes twice as long
 */
export async function watchTiles(page: Page, fleet: Fleet, cameras: readonly number[], seconds: number): Promise<WatchedTiles> {
  const lateness = new Lateness()
  let tiles: WatchedTiles['tiles'] = []
  await startOver(page)
  const before = cameras.map((index) => fleet.framesSent(index, 'sub'))
  try {
    await when('live tiles', 2_000 * seconds, async () => {
      const sent = cameras.map((index, at) => fleet.framesSent(index, 'sub') - (before[at] ?? 0))
      if (!sent.every((frames) => frames >= seconds * FRAMES_PER_SECOND)) return false
      tiles = (await tilesOf(page)).map((tile, at) => ({ ...tile, share: tile.frames / (sent[at] ?? Number.NaN) }))
      return tiles.every(saysLive)
    })
    return { tiles, pageHeldUpMs: await heldUpMsOf(page), heldUpMs: lateness.longestMs() }
  } catch (error) {
    throw new Error(`not all tiles are live: ${JSON.stringify(tiles)}`, { cause: error })
  } finally {
    lateness.close()
  }
}

/** No tile lost more than a few frames or stood still, but for as long as the machine held the cameras and the server up. */
export function assertFlowing({ tiles, pageHeldUpMs, heldUpMs }: WatchedTiles, leastShare: number): void {
  const longestMs = Math.max(...tiles.map(({ longestUnmovedMs }) => longestUnmovedMs))
  const share = Math.min(...tiles.map((tile) => tile.share))
  console.log(`      each tile decoded ${Math.floor(100 * share)} % or more of the frames sent, longest still ${Math.round(longestMs)} ms; held up: the page ${Math.round(pageHeldUpMs)} ms, the cameras ${Math.round(heldUpMs)} ms`)
  for (const tile of tiles) {
    assert.ok(tile.share >= leastShare, `${tile.name} decoded ${tile.frames} frames, ${tile.share} of those sent`)
    assert.ok(tile.longestUnmovedMs < STILL_AT_MOST_MS + heldUpMs, `${tile.name} stood still for ${tile.longestUnmovedMs} ms, while the cameras were held up for ${heldUpMs} ms`)
  }
  assert.ok(pageHeldUpMs < STILL_AT_MOST_MS + heldUpMs, `the page was held up for ${pageHeldUpMs} ms, the cameras for ${heldUpMs} ms`)
}

export const heldUpMsOf = (page: Page): Promise<number> => read(page, 'tileWatch.heldUpMs()', z.number())

export const startOver = (page: Page): Promise<unknown> => page.evaluate('tileWatch.startOver()')
