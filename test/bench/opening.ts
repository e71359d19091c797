// Owns the bench of opening a wall in a console that runs: from the click on the menu to the first decoded frame of its
// tiles, with streams that run already and with streams that nobody watched.
// Refuses: counting the console's own loading; its page is open.
import { pageWhen, read } from '../support/browser.ts'
import { tilesOf } from '../e2e/tile-watch.ts'
import { z } from 'zod'
import { quantile, table, type Row } from './table.ts'
import { WallScene } from './wall-scene.ts'

/** Of the last tile: p50 and p95 in seconds. */
const WARM: Record<number, readonly [number, number]> = { 1: [0.4, 0.7], 16: [1.0, 1.8], 36: [2.0, 3.5] }
/** The simulated cameras' sub streams have a key frame each second. */
const GOP_SECONDS = 1

export async function opening(options: { sizes: readonly number[]; times: number }): Promise<string> {
  const { sizes, times } = options
  const scene = await WallScene.open(Math.max(...sizes))
  const rows: Row[] = []
  try {
    for (const tiles of sizes) {
      await scene.arrange(tiles)
      await scene.page.goto('/wall')
      await allMoving(scene, tiles)
      const warm: number[] = []
      for (let time = 0; time < times; time++) warm.push(Math.max(...(await openOnce(scene, tiles))))
      const [p50, p95] = WARM[tiles] ?? [Number.NaN, Number.NaN]
      rows.push({ measure: `warm, ${tiles === 1 ? '1 tile' : `${tiles}th of ${tiles}`}, p50`, value: quantile(warm, 0.5), unit: 's', target: p50 })
      rows.push({ measure: `warm, ${tiles === 1 ? '1 tile' : `${tiles}th of ${tiles}`}, p95`, value: quantile(warm, 0.95), unit: 's', target: p95 })
      if (tiles !== 1) continue
      const cold: number[] = []
      for (let time = 0; time < 2 * times; time++) {
        await leave(scene)
        await stopAll(scene)
        cold.push(Math.max(...(await openOnce(scene, tiles))))
      }
      rows.push({ measure: 'cold, 1 tile, p50', value: quantile(cold, 0.5), unit: 's', target: GOP_SECONDS + 0.5 })
      rows.push({ measure: 'cold, 1 tile, p95', value: quantile(cold, 0.95), unit: 's', target: GOP_SECONDS + 1.5 })
    }
    return table('First picture: click on the menu to the first decoded frame', rows, [`${times} openings each (cold: ${2 * times}); frames are looked for every 100 ms. A wall of one is a focus tile: it shows the main stream.`])
  } finally {
    await scene.close()
  }
}

const allMoving = (scene: WallScene, tiles: number) => pageWhen(scene.page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.firstMs !== null)`, 60_000)

async function leave({ page }: WallScene): Promise<void> {
  await page.locator('nav a, header a').filter({ hasText: '首页' }).first().click()
  await pageWhen(page, 'tileWatch.count() === 0', 10_000)
}

/** Ends every pull, as a minute without viewers would. */
async function stopAll({ stage }: WallScene): Promise<void> {
  const { mediaPlane } = stage.server.app
  for (const { cameraId, stream } of await mediaPlane.reports()) await mediaPlane.stop({ cameraId, stream })
}

/** Seconds from the click to each tile's first frame. */
async function openOnce(scene: WallScene, tiles: number): Promise<number[]> {
  const { page } = scene
  if (page.url().endsWith('/wall')) await leave(scene)
  const fromMs = await read(page, `(() => { const link = [...document.querySelectorAll('header a, nav a')].find((each) => each.textContent.includes('视频')); const at = performance.now(); link.click(); return at })()`, z.number())
  await allMoving(scene, tiles)
  return (await tilesOf(page)).map(({ firstMs }) => ((firstMs ?? Number.NaN) - fromMs) / 1000)
}
