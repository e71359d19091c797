// Owns the soak of the wall: `node --import tsx test/bench/wall-soak.ts --minutes 5 --tiles 16` opens a wall on simulated
// cameras in Chromium and prints how it started, stalled, lagged and grew. Refuses: running in the suite; it takes minutes.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { z } from 'zod'
import { startOver, tilesOf } from '../e2e/tile-watch.ts'
import { pageWhen, read } from '../support/browser.ts'
import { median, quantile as at } from './table.ts'
import { WallScene } from './wall-scene.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, tiles: { type: 'string', default: '16' }, picture: { type: 'string' } } })
const minutes = Number(values.minutes)
const tiles = Number(values.tiles)
const seconds = (ms: number) => (ms / 1000).toFixed(2)
const spread = (ms: readonly number[]) => {
  const sorted = ms.toSorted((a, b) => a - b)
  return `p50 ${seconds(at(sorted, 0.5))} s, p95 ${seconds(at(sorted, 0.95))} s, worst ${seconds(at(sorted, 1))} s (${sorted.length} samples)`
}

console.log(`# ${tiles} tiles for ${minutes} min: ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`)
const scene = await WallScene.open(tiles)
process.once('SIGINT', () => void scene.close().then(() => process.exit(130)))
try {
  await soak(scene)
} finally {
  await scene.close()
}
process.exit()

async function soak(wall: WallScene): Promise<void> {
  const { page, complaints } = wall
  await wall.arrange(tiles)

  for (const name of ['cold', 'warm']) {
    await page.goto('/wall')
    await pageWhen(page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.firstMs !== null)`, 60_000)
    const opened = await tilesOf(page)
    const firsts = opened.map(({ firstMs }) => firstMs ?? Number.NaN).toSorted((a, b) => a - b)
    console.log(`${name}: first frame after navigation: 1st ${seconds(firsts[0] ?? 0)} s, median ${seconds(median(firsts))} s, last ${seconds(at(firsts, 1))} s`)
    console.log(await steps(page))
  }

  const session = await page.context().newCDPSession(page)
  const heapBefore = await heapOf(session)
  await startOver(page)
  const delays: number[] = []
  const claims: number[] = []
  const reserves: number[] = []
  let unread = 0
  const endMs = performance.now() + minutes * 60_000
  for (let turn = 0; performance.now() < endMs; turn++) {
    const position = turn % tiles
    const seen = await wall.frameOf(position)
    if (seen) {
      reserves.push(seen.mark.aheadMs)
      delays.push(seen.delayMs)
    } else unread++
    const toldMs = seen?.mark.toldMs ?? null
    if (toldMs !== null) claims.push(toldMs)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  const ended = await tilesOf(page)
  for (const [position, tile] of ended.entries()) {
    console.log(`tile ${position + 1}: ${tile.frames} frames, ${tile.stalls} stalls > 1 s, longest still ${seconds(tile.longestStillMs)} s, ${tile.dropped} dropped, ${tile.badge || tile.notice}`)
  }
  console.log(`delay by the frame mark: ${spread(delays)}, ${unread} marks not read`)
  console.log(`delay by the badge: ${spread(claims)}`)
  console.log(`reserve in the browser: ${spread(reserves)}`)
  console.log(`stalls: ${ended.reduce((sum, { stalls }) => sum + stalls, 0)} in ${(tiles * minutes) / 60} tile-hours`)
  const heapAfter = await heapOf(session)
  console.log(`JS heap after collection: ${heapBefore.toFixed(1)} → ${heapAfter.toFixed(1)} MiB`)
  console.log(`complaints: ${complaints.length === 0 ? 'none' : complaints.slice(0, 10).join(' | ')}; load ${loadavg()[0]?.toFixed(1)}`)
  if (values.picture !== undefined) await page.screenshot({ path: values.picture })
}

/** When the requests of each kind began and ended, ms after navigation: where the time of an opening went. */
async function steps(page: Page): Promise<string> {
  const script = `performance.getEntriesByType('resource').map(({ name, startTime, responseStart, responseEnd }) => ({ name, startTime, responseStart, responseEnd }))`
  const entries = await read(page, script, z.array(z.object({ name: z.string(), startTime: z.number(), responseStart: z.number(), responseEnd: z.number() })))
  const kinds: [string, RegExp][] = [['POST /api/live', /\/api\/live/], ['playlist', /index\.m3u8/], ['init', /-init\.mp4/], ['media', /\.m4s/]]
  const firstOfEach = (pattern: RegExp) => {
    const byTile = new Map<string, (typeof entries)[number]>()
    for (const entry of entries.filter(({ name }) => pattern.test(name))) {
      const tile = /\/media\/[^/]+/.exec(entry.name)?.[0] ?? `${byTile.size}`
      if (!byTile.has(tile)) byTile.set(tile, entry)
    }
    return [...byTile.values()]
  }
  return kinds.map(([name, pattern]) => {
    const all = firstOfEach(pattern)
    const begun = all.map(({ startTime }) => startTime).toSorted((a, b) => a - b)
    const done = all.map(({ responseEnd }) => responseEnd).toSorted((a, b) => a - b)
    return `  first ${name}: asked ${seconds(begun[0] ?? 0)}–${seconds(at(begun, 1))} s, answered ${seconds(done[0] ?? 0)}–${seconds(at(done, 1))} s`
  }).join('\n')
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  return (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
}
