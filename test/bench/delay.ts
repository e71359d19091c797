// Owns the bench of delay: from the camera's sending of a frame to the pixels on the screen, of a wall's tiles, of the focus
// tile, and of the reference in the same run (`ffmpeg -c copy -f hls` with 2 s segments, read by plain hls.js).
// Refuses: what a tile says of itself; the frame mark in the decoded picture counts, and what the badge says is held against it.
import { sleep, systemClock } from '#base/clock.ts'
import { tilesOf } from '../e2e/tile-watch.ts'
import { pageWhen } from '../support/browser.ts'
import { PlainWall } from './plain-wall.ts'
import { quantile, table, type Row } from './table.ts'
import { WallScene, type SeenFrame } from './wall-scene.ts'

const BETWEEN_LOOKS_MS = 100
const SETTLE_MS = 5_000
/** So far may a badge be from the truth, s. */
const BADGE_SECONDS = 0.3

/** @param options.ms how long each is looked at */
export async function delays(options: { tiles: number; ms: number; ffmpegPath: string }): Promise<string> {
  const { tiles, ms, ffmpegPath } = options
  const scene = await WallScene.open(tiles)
  try {
    await scene.arrange(tiles)
    await scene.page.goto('/wall')
    await pageWhen(scene.page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.frames > 0)`, 60_000)
    await sleep(systemClock, SETTLE_MS)
    const wall = await look(tiles, ms, (position) => scene.frameOf(position))
    const stalls = (await tilesOf(scene.page)).reduce((sum, tile) => sum + tile.stalls, 0)

    await scene.page.locator('.grid > .cell').first().dblclick({ position: { x: 80, y: 120 } })
    await sleep(systemClock, SETTLE_MS)
    const focus = await look(1, ms, () => scene.frameOf(0))
    await scene.page.goto('/home')

    const plain = await PlainWall.open(scene, tiles, ffmpegPath)
    let theirs: number[]
    try {
      await sleep(systemClock, SETTLE_MS)
      theirs = await look(tiles, ms, (position) => plain.delayOf(position))
    } finally {
      await plain.close()
    }
    const rows: Row[] = []
    for (const [share, name, target, focusTarget] of [[0.5, 'p50', 1.2, 0.5], [0.95, 'p95', 1.8, 0.8]] as const) {
      const compared = { name: PlainWall.title, value: quantile(theirs, share) / 1000 }
      rows.push({ measure: `wall of ${tiles}, ${name}`, value: quantile(wall.map(delayMs), share) / 1000, unit: 's', reference: compared, target: Math.min(target, compared.value / 3) })
      rows.push({ measure: `focus tile, ${name}`, value: quantile(focus.map(delayMs), share) / 1000, unit: 's', reference: compared, target: focusTarget })
    }
    const badges = [badgeRows(`wall of ${tiles}`, wall), badgeRows('focus tile', focus)]
    for (const { rows: more } of badges) rows.push(...more)
    return table('Delay by the frame mark in decoded pixels', rows, [
      `${wall.length} looks at the wall, ${focus.length} at the focus tile, ${theirs.length} at the reference's ${tiles} players; ${stalls} stalls on the wall. The wall must be three times quicker than the reference as well. Camera and browser share a clock; encoding in the camera is not part of it.`,
      `Badge minus mark is without its sign in the table, the badge being rounded to a tenth of a second; ${badges.map(({ note }) => note).join('; ')}.`,
    ])
  } finally {
    await scene.close()
  }
}

const delayMs = (frame: SeenFrame) => frame.delayMs

/** The delay that the tile says beside the delay that the pixels prove, at the same moment. */
function badgeRows(which: string, seen: readonly SeenFrame[]): { rows: Row[]; note: string } {
  const differences = seen.flatMap(({ mark, delayMs: trueMs }) => (mark.toldMs === null ? [] : [(mark.toldMs - trueMs) / 1000]))
  const silent = seen.length - differences.length
  const without = differences.map(Math.abs)
  const rows = [0.5, 0.95].map((share): Row => ({ measure: `${which}, badge minus mark, p${share * 100}`, value: quantile(without, share), unit: 's', target: BADGE_SECONDS, ...(silent > seen.length / 10 && { incomplete: `${silent} of ${seen.length} times no badge` }) }))
  return { rows, note: `${which}: ${quantile(differences, 0.05).toFixed(2)} to ${quantile(differences, 0.95).toFixed(2)} s` }
}

async function look<Seen>(tiles: number, ms: number, seenAt: (position: number) => Promise<Seen | null>): Promise<Seen[]> {
  const all: Seen[] = []
  const endMs = performance.now() + ms
  for (let turn = 0; performance.now() < endMs; turn++) {
    const seen = await seenAt(turn % tiles)
    if (seen !== null) all.push(seen)
    await sleep(systemClock, BETWEEN_LOOKS_MS)
  }
  return all
}
