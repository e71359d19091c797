// A wall that has nothing to show, in a real browser: the list that could not be read is said and asked for again, a unit and a
// tour without a picture say so.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, signInByHand, when } from '../support/browser.ts'
import { DEAD_CAMERAS, lacking, openStage, type Stage } from './stage.ts'

const WITHIN_MS = 15_000

describe('a wall without anything to show', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: false })
  let stage: Stage
  let page: Page
  let away = true

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
    const client = await stage.server.signIn('supervisor')
    await when('no camera is online', 60_000, async () => (await client.get('/api/cameras?status=offline&pageSize=50')).as(api.listCameras.result).total === DEAD_CAMERAS)
    page = (await openPage(stage.browser, stage.server.origin)).page
    for (const path of ['**/api/cameras?*', '**/api/units']) await page.route(path, (route) => (away ? route.fulfill({ status: 503, body: '' }) : route.continue()))
    await signInByHand(page, 'supervisor')
    await page.goto('/wall')
  })
  after(() => stage?.close())

  it('says that units and cameras could not be read, goes on asking, and asks at once by hand', async () => {
    const failed = page.locator('.tree [role=alert]')
    await failed.waitFor()
    assert.match((await failed.innerText()).replace(/\s+/g, ' '), /^未能读取单位和摄像机 .*系统自动重试。 重试$/)
    assert.equal(await page.locator('.tree .el-tree').getByText('加载中').count(), 0)
    await page.waitForRequest('**/api/cameras?*', { timeout: WITHIN_MS })
    away = false
    await failed.getByRole('button').click()
    await failed.waitFor({ state: 'detached' })
    await page.locator('.tree .row.unit', { hasText: 'stationA' }).waitFor()
  })

  it('says so of a unit that has no camera to play, and shows what it showed', async () => {
    await page.locator('.tree .row.unit', { hasText: 'stationA' }).dblclick()
    await page.locator('.el-message', { hasText: '该单位没有可播放的摄像机' }).waitFor()
    await pageWhen(page, `document.querySelector('.grid .title') === null`, WITHIN_MS)
  })

  it('says so of a tour that has none', async () => {
    await page.keyboard.press('r')
    await pageWhen(page, `document.querySelector('.tour .when')?.textContent === '暂无可播放的摄像机'`, WITHIN_MS)
    assert.doesNotMatch(await page.locator('.tour').innerText(), /第/)
    await page.keyboard.press('r')
    await pageWhen(page, `document.querySelector('.tour') === null`, WITHIN_MS)
  })
})
