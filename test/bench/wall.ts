// Owns the bench of walls: how soon the last tile shows a picture (warm and cold), and over a longer while what stands
// still, lags, grows and costs the page's main thread; each beside as many plain hls.js players in the same run.
// Refuses: what a tile says of itself; decoded frames and their marks count.
import type { CDPSession, Page } from 'playwright-core'
import { z } from 'zod'
import { sleep, systemClock } from '#base/clock.ts'
import { startOver, tilesOf } from '../e2e/tile-watch.ts'
import { pageWhen, read, when } from '../support/browser.ts'
import { PlainWall } from './plain-wall.ts'
import { quantile, table, type Row } from './table.ts'
import { WallScene } from './wall-scene.ts'

const BETWEEN_LOOKS_MS = 250
const SETTLE_MS = 10_000
/** Until then a page compiles what it runs often, and its heap grows. */
const WARM_UP_MS = 60_000
/** So soon are the pulls of a wall that was left stopped: opening it again is cold. */
const IDLE_STOP_MS = 4_000
const OPEN_MS = 90_000
/** Seconds until the last tile of so many shows a picture: p50 and p95. */
const WARM_TARGETS: Readonly<Record<number, readonly [number, number]>> = { 1: [0.4, 0.7], 16: [1, 1.8], 36: [2, 3.5] }
/** With the cameras' key frames 1 s apart. */
const COLD_TARGETS = [1.5, 2.5] as const

/** What a while of playing showed. */
interface While {
  ms: number
  /** Tiles without a new frame in the end. */
  dead: number
  stalls: number
  longestStillMs: number
  /** Of all decoded frames, the share that came too late to be shown. */
  droppedShare: number
  /** Of the tile that decoded least. */
  leastFps: number
  delaysMs: number[]
  /** Share of the time that the page's main thread was at work. */
  mainThread: number
  heapMiB: number
  heapGrowth: number
}

interface WallOptions {
  /** Walls to be opened; the largest is also watched. */
  tiles: readonly number[]
  /** Each is opened so often, warm and cold. */
  rounds: number
  /** How long ours is watched. */
  ms: number
  /** How long the reference is watched. */
  referenceMs: number
  ffmpegPath: string
}

export async function walls(options: WallOptions): Promise<string> {
  const most = Math.max(...options.tiles)
  const scene = await WallScene.open(most, { streams: { idleStopMs: IDLE_STOP_MS } })
  try {
    const tables: string[] = []
    for (const tiles of options.tiles) tables.push(await openings(scene, tiles, options))
    tables.push(await endurance(scene, most, options))
    return tables.join('\n')
  } finally {
    await scene.close()
  }
}

async function openings(scene: WallScene, tiles: number, { rounds, ffmpegPath }: WallOptions): Promise<string> {
  await scene.arrange(tiles)
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 0; round < rounds; round++) {
    await scene.page.goto('/home')
    await when('every pull has stopped', OPEN_MS, async () => (await scene.stage.server.app.mediaPlane.reports()).every(({ state }) => state === 'stopped'))
    cold.push(await opened(scene.page, tiles))
    await scene.page.goto('/home')
    warm.push(await opened(scene.page, tiles))
  }
  await scene.page.goto('/home')
  const theirs = { warm: [] as number[], coldMs: Number.NaN }
  const plain = await PlainWall.open(scene, tiles, ffmpegPath)
  theirs.coldMs = plain.coldMs
  try {
    for (let round = 0; round < rounds; round++) {
      await plain.show()
      theirs.warm.push(Math.max(...(await tilesOf(plain.page)).map(({ firstMs }) => firstMs ?? Number.NaN)))
    }
  } finally {
    await plain.close()
  }
  const which = tiles === 1 ? 'picture' : `picture of tile ${tiles} of ${tiles}`
  const rows = [0.5, 0.95].flatMap((share, at): Row[] => {
    const [warmTarget, coldTarget] = [WARM_TARGETS[tiles]?.[at], tiles === 1 ? COLD_TARGETS[at] : undefined]
    return [
      { measure: `warm, ${which}, p${share * 100}`, value: quantile(warm, share) / 1000, unit: 's', reference: { name: PlainWall.title, value: quantile(theirs.warm, share) / 1000 }, ...(warmTarget !== undefined && { target: warmTarget }) },
      { measure: `cold, ${which}, p${share * 100}`, value: quantile(cold, share) / 1000, unit: 's', reference: { name: `${PlainWall.title}, once`, value: theirs.coldMs / 1000 }, ...(coldTarget !== undefined && { target: coldTarget }) },
    ]
  })
  return table(`Opening a wall of ${tiles}, ${rounds} times each`, rows, ['From the click on the menu to the first decoded frame of the tile that is last; cold: no pull of its cameras was running. The reference is from the opening of its page, its ffmpegs running; cold, from the start of its ffmpegs.'])
}

/** ms from the click that opens the wall to the first frame of its last tile. */
async function opened(page: Page, tiles: number): Promise<number> {
  await page.locator('a[href="/wall"]').first().waitFor()
  await page.evaluate('tileWatch.every(20)')
  const clickedMs = await read(page, `(document.querySelector('a[href="/wall"]').click(), performance.now())`, z.number())
  await pageWhen(page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.firstMs !== null)`, OPEN_MS)
  const seen = await tilesOf(page)
  return Math.max(...seen.map(({ firstMs }) => firstMs ?? Number.NaN)) - clickedMs
}

async function endurance(scene: WallScene, tiles: number, { ms, referenceMs, ffmpegPath }: WallOptions): Promise<string> {
  await scene.arrange(tiles)
  await scene.page.goto('/wall')
  await pageWhen(scene.page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.firstMs !== null)`, OPEN_MS)
  const ours = await watched(scene.page, tiles, ms, async (position) => (await scene.frameOf(position))?.delayMs ?? null)
  await scene.page.goto('/home')
  const plain = await PlainWall.open(scene, tiles, ffmpegPath)
  let theirs: While
  try {
    theirs = await watched(plain.page, tiles, referenceMs, (position) => plain.delayOf(position))
  } finally {
    await plain.close()
  }
  const reference = `${PlainWall.title}, ${minutes(theirs.ms)} min`
  const row = (measure: string, unit: string, of: (seen: While) => number, target?: number): Row => ({ measure, value: of(ours), unit, reference: { name: reference, value: of(theirs) }, ...(target !== undefined && { target }) })
  const tileHours = (seen: While) => (tiles * seen.ms) / 3_600_000
  return table(
    `A wall of ${tiles} for ${minutes(ours.ms)} min`,
    [
      row('tiles dead in the end', '', ({ dead }) => dead, 1),
      row('stalls (> 1 s without a new frame) per tile-hour', '', (seen) => seen.stalls / tileHours(seen), 1),
      row('longest without a new frame', 's', ({ longestStillMs }) => longestStillMs / 1000),
      row('delay by the frame mark, p50', 's', ({ delaysMs }) => quantile(delaysMs, 0.5) / 1000),
      row('delay by the frame mark, p95', 's', ({ delaysMs }) => quantile(delaysMs, 0.95) / 1000),
      row('frames a second of the slowest tile', '', ({ leastFps }) => leastFps),
      row('frames decoded too late to be shown', '%', ({ droppedShare }) => 100 * droppedShare),
      row('main thread at work', '%', ({ mainThread }) => 100 * mainThread),
      row('JS heap after collection', 'MiB', ({ heapMiB }) => heapMiB),
      row('its growth', '%', ({ heapGrowth }) => 100 * heapGrowth, 5),
    ],
    [`${ours.stalls} stalls in ${tileHours(ours).toFixed(1)} tile-hours; the reference: ${theirs.stalls} in ${tileHours(theirs).toFixed(1)}, watched for ${minutes(theirs.ms)} min. Cameras, server and browser share this machine. The page complained ${scene.complaints.length} times${scene.complaints.length === 0 ? '' : `: ${scene.complaints.slice(0, 5).join(' | ')}`}.`],
  )
}

async function watched(page: Page, tiles: number, ms: number, delayOf: (position: number) => Promise<number | null>): Promise<While> {
  await sleep(systemClock, Math.min(WARM_UP_MS, ms))
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const heapBefore = await heapOf(session)
  const droppedBefore = (await tilesOf(page)).reduce((sum, { dropped }) => sum + dropped, 0)
  const busyBefore = await busySeconds(session)
  await startOver(page)
  const startedMs = performance.now()
  const delaysMs: number[] = []
  for (let turn = 0; performance.now() - startedMs < ms; turn++) {
    const delayMs = await delayOf(turn % tiles)
    if (delayMs !== null) delaysMs.push(delayMs)
    await sleep(systemClock, BETWEEN_LOOKS_MS)
  }
  const tookMs = performance.now() - startedMs
  const mainThread = (1000 * ((await busySeconds(session)) - busyBefore)) / tookMs
  const ended = await tilesOf(page)
  await sleep(systemClock, SETTLE_MS)
  const after = await tilesOf(page)
  const frames = ended.reduce((sum, tile) => sum + tile.frames, 0)
  const heapMiB = await heapOf(session)
  return {
    ms: tookMs,
    dead: ended.filter((tile, at) => (after[at]?.frames ?? 0) <= tile.frames).length,
    stalls: ended.reduce((sum, { stalls }) => sum + stalls, 0),
    longestStillMs: Math.max(...ended.map((tile) => tile.longestStillMs)),
    droppedShare: (ended.reduce((sum, { dropped }) => sum + dropped, 0) - droppedBefore) / frames,
    leastFps: Math.min(...ended.map((tile) => tile.frames)) / (tookMs / 1000),
    delaysMs,
    mainThread,
    heapMiB,
    heapGrowth: heapMiB / heapBefore - 1,
  }
}

const minutes = (ms: number) => (ms / 60_000).toFixed(1)

const metricsSchema = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) })

async function busySeconds(session: CDPSession): Promise<number> {
  return metricsSchema.parse(await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  return (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
}
