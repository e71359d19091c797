// A tour that runs by itself in a real browser: pages turn in time and without black, also when a tile of the page was closed,
// and never under the pointer.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import { assertNoBlack, blackWatchScript, startBlackOver } from './black-watch.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { tilesOf, tileWatchScript } from './tile-watch.ts'

const DWELL_MS = 5_000
const CAMERAS = [1, 2, 3, 4, 6, 7]
const WITHIN_MS = 15_000

describe('a tour in a browser', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let watched: WatchedPage
  let page: Page
  const idOf = (index: number) => stage.cameraIds.get(index) ?? assert.fail()
  const names = async () => (await tilesOf(page)).map(({ name }) => name)
  /** Waits for another page; gives how long that took. */
  const turned = async (withinMs: number): Promise<number> => {
    const before = JSON.stringify(await names())
    return pageWhen(page, `tileWatch.count() > 0 && JSON.stringify(tileWatch.tiles().filter((tile) => tile.name !== '').map((tile) => tile.name)) !== ${JSON.stringify(before)}`, withinMs)
  }
  const away = () => page.mouse.move(5, 5)
  const over = () => page.locator('.grid > .cell').nth(3).hover({ position: { x: 60, y: 90 } })
  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    // Number 5 is transcoded; it belongs to others.
    stage = await openStage(Array.from({ length: 7 }, (_, at) => (at + 1 === 5 ? 'stationB' : 'stationA')))
    const client = await stage.server.signIn('operatorA')
    await when('every camera is online', 90_000, async () => (await client.get('/api/cameras?status=online&pageSize=50')).as(api.listCameras.result).total >= CAMERAS.length)
    const tour = { name: '巡查', shared: false, tiles: 4, cameraIds: CAMERAS.map(idOf), tour: { dwellSeconds: DWELL_MS / 1_000, unitId: null } }
    assert.equal((await client.request('POST', '/api/layouts', tour)).status, 200)
    watched = await openPage(stage.browser, stage.server.origin, { init: `${tileWatchScript};${blackWatchScript}` })
    page = watched.page
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await page.locator('.bar .tw-tool', { hasText: '轮巡' }).click()
    await page.locator('li .choose .name', { hasText: '巡查' }).click()
    await away()
    await pageWhen(page, `tileWatch.count() === 4 && tileWatch.all((tile) => tile.badge !== '')`, WITHIN_MS)
  })
  after(() => stage?.close())

  it('turns its page by itself, without black', async () => {
    await startBlackOver(page)
    await turned(DWELL_MS + 6_000)
    await pageWhen(page, `document.querySelector('.tour').textContent.includes('第 5–6、1–2 路 / 共 6 路')`, WITHIN_MS)
    await turned(DWELL_MS + 6_000)
    await assertNoBlack(page)
  })

  it('turns none under the pointer, says why, and goes on when the pointer has gone', async () => {
    await turned(DWELL_MS + 6_000)
    await over()
    const before = await names()
    await pageWhen(page, `document.querySelector('.tour .when')?.textContent === '查看中，暂不换页'`, WITHIN_MS)
    await page.evaluate(`(() => { window.looked = { turns: 0, times: 0 }; setInterval(() => { looked.times++; if (tileWatch.tiles()[0].name !== ${JSON.stringify(before[0])}) looked.turns++ }, 100) })()`)
    await pageWhen(page, `looked.times > ${(DWELL_MS + 3_000) / 100}`, 30_000)
    assert.equal(await read(page, 'looked.turns', z.number()), 0)
    await startBlackOver(page)
    await away()
    await turned(DWELL_MS + 3_000)
    await assertNoBlack(page)
  })

  it('turns in time and without black from a page of which a tile was closed', async () => {
    await turned(DWELL_MS + 6_000)
    const before = await names()
    await page.keyboard.press('Delete')
    await pageWhen(page, 'tileWatch.count() === 3', WITHIN_MS)
    await startBlackOver(page)
    const took = await pageWhen(page, `tileWatch.count() === 4 && !${JSON.stringify(before[0])}.includes(tileWatch.tiles()[0].name)`, 30_000)
    await assertNoBlack(page)
    assert.ok(took < DWELL_MS + 3_000, `the next page came after ${took} ms`)
  })

  it('is stopped by clearing the wall, which says that this is what it does', async () => {
    await page.locator('.bar .right button[title="停止轮巡"]').click()
    await page.getByText('停止轮巡，恢复原来的画面？').waitFor()
    await page.locator('.el-popconfirm__action .el-button--primary').click()
    await pageWhen(page, `document.querySelector('.tour') === null`, WITHIN_MS)
    assert.deepEqual(watched.complaints, [])
  })
})
