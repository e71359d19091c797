// Turning a camera in a wall of many: which keys are the head's, what is seen of it, and what a small tile leaves of the hand.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'

/** As in ptz.test.ts: browser, server and cameras share two cores. */
const WITHIN_MS = 3_000

describe('turning a camera of a wall in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let operator: Client
  let watched: WatchedPage
  let page: Page
  /** What the console asked of the media socket. */
  let asked: string[]

  const head = () => stage.fleet().ptz(1)
  const commands = () => head().commands.length
  const moves = () => when('the head moves', WITHIN_MS, () => head().moving)
  const rests = () => when('the head rests', WITHIN_MS, () => !head().moving)
  const cell = (at: number) => page.locator('.grid > .cell').nth(at)
  const surface = () => page.locator('.ptz .surface')
  const take = async () => {
    await cell(0).locator('.ptz .toggle').click()
    await cell(0).locator('.ptz .ask button').click()
    await surface().waitFor()
  }
  /** Whatever a key might have done is done when the server has answered what was asked after it. */
  const pressedInVain = async (key: string) => {
    const before = commands()
    await page.keyboard.press(key, { delay: 150 })
    await operator.get('/api/ptz/leases')
    assert.equal(commands(), before, `${key} is not the head's`)
  }
  const arrange = async (tiles: 4 | 36) => {
    assert.equal((await operator.request('PUT', '/api/wall', { tiles, cameraIds: [1, 2].map((index) => stage.cameraIds.get(index)) })).status, 204)
    await page.goto('/wall')
    await cell(0).locator('.ptz .toggle').waitFor()
    await pageWhen(page, `document.querySelector('.tile video')?.videoWidth > 0`, 30_000)
  }

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationA', 'stationA'])
    operator = await stage.server.signIn('operatorA')
    watched = await openPage(stage.browser, stage.server.origin)
    page = watched.page
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => void (typeof payload === 'string' && asked.push(payload))))
    asked = []
    await signInByHand(page, 'operatorA')
    await arrange(4)
  })
  after(() => stage?.close())

  it('shows frames of the same stream as they come, as soon as the head is taken', async () => {
    const framesOf = () => asked.filter((text) => text.includes('"subscribe"') && text.includes('"mode":"frames"'))
    assert.deepEqual(framesOf(), [])
    await take()
    await when('frames are asked for', WITHIN_MS, () => framesOf().length > 0)
    assert.match(framesOf()[0] ?? '', /"stream":"sub".*"priority":"selected"/)
    await pageWhen(page, `document.querySelectorAll('.cell:first-child video.coming').length === 0 && document.querySelector('.cell:first-child video').videoWidth > 0`, 15_000)
  })

  it('takes keys for the head while its tile is selected, and leaves them to the wall and to the camera tree otherwise', async () => {
    await page.keyboard.down('ArrowRight')
    await moves()
    await page.keyboard.up('ArrowRight')
    await rests()
    await cell(1).click({ position: { x: 60, y: 90 } })
    await pressedInVain('ArrowUp')
    await pressedInVain('h')
    await cell(0).locator('.ptz .stick').click()
    await rests()
    assert.match((await cell(0).getAttribute('class')) ?? '', /selected/, 'who grips the stick of a tile selects it')
    await page.locator('aside .box').focus()
    await pressedInVain('ArrowDown')
  })

  it('gives the head back when another tile comes to lie over its own', async () => {
    assert.equal(await surface().count(), 1)
    await cell(1).dblclick({ position: { x: 60, y: 90 } })
    await surface().waitFor({ state: 'detached' })
    await when('the head is free', WITHIN_MS, async () => (await operator.get('/api/ptz/leases')).text === '{"items":[]}')
    await pressedInVain('ArrowRight')
    await page.keyboard.press('Escape')
  })

  it('turns by a drag on the picture, however small the tile, which ends as no click; a click still centres', async () => {
    await arrange(36)
    await take()
    const box = await surface().boundingBox()
    assert.ok(box && box.width <= 250)
    const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.6]
    const before = head().position
    const fromCommands = commands()
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 25, y - 25, { steps: 4 })
    await moves()
    await page.locator('.ptz .reach').waitFor()
    await page.mouse.up()
    await rests()
    assert.equal(await page.locator('.ptz .reach').count(), 0)
    assert.ok(head().position.pan > before.pan && head().position.tilt > before.tilt)
    const told = () => head().commands.slice(fromCommands).map(({ kind }) => kind)
    await page.mouse.click(box.x + box.width * 0.75, y)
    await when('it was centred', WITHIN_MS, () => told().includes('relative'))
    assert.equal(told().filter((kind) => kind === 'relative').length, 1, 'by the click alone')
  })

  it('lets go of a drag when the head is given back under it, and can be dragged again', async () => {
    const drag = async () => {
      const box = await surface().boundingBox()
      assert.ok(box)
      await page.mouse.move(box.x + 60, box.y + 56)
      await page.mouse.down()
      await page.mouse.move(box.x + 90, box.y + 56, { steps: 3 })
      await moves()
    }
    await drag()
    await page.keyboard.press('Escape')
    await rests()
    await page.mouse.up()
    await take()
    await drag()
    await page.evaluate(`window.dispatchEvent(new Event('blur'))`)
    await rests()
    await page.mouse.up()
  })

  it('leaves zoom, presets and the way to the large picture in a small tile', async () => {
    const before = head().position.zoom
    await cell(0).locator('.zoom button').first().hover()
    await page.mouse.down()
    await when('it zooms in', WITHIN_MS, () => head().position.zoom > before)
    await page.mouse.up()
    await rests()
    const controls = await read(page, `[...document.querySelectorAll('.ptz .toggle, .ptz .zoom button, .ptz .more')].map((one) => { const { left, right, top, bottom } = one.getBoundingClientRect(); return { left, right, top, bottom } })`, z.array(z.object({ left: z.number(), right: z.number(), top: z.number(), bottom: z.number() })))
    assert.equal(controls.length, 4)
    for (const [at, one] of controls.entries()) for (const other of controls.slice(at + 1)) assert.ok(one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top, 'none lies over another')
    await cell(0).hover({ position: { x: 60, y: 56 } })
    await cell(0).locator('.tools .maximise').click()
    await page.locator('.cell.maximised .ptz .stick').waitFor()
    await page.keyboard.press('Escape')
    await surface().waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.locator('.cell.maximised').waitFor({ state: 'detached' })
  })

  it('says that presets could not be read, reads them again when asked, and reaches those beyond the nine digits', async () => {
    const presets = Array.from({ length: 12 }, (_, at) => ({ token: at === 11 ? '1' : `p${at}`, name: `卡口 ${at + 1}` }))
    const state = { canTurn: true, holder: null, hasHome: true, centre: 'timed', presets, fault: null }
    const answers: object[] = [{ ...state, presets: [], hasHome: false, fault: 'onvif_silent' }, state]
    await page.route('**/api/cameras/*/ptz', (route) => route.fulfill({ json: answers.shift() ?? state }))
    await take()
    await cell(0).locator('.ptz .more.unread').click()
    const list = page.locator('.el-popover:visible')
    await list.getByRole('alert').getByText('预置位未读出').waitFor()
    await list.getByRole('button', { name: '重试' }).click()
    await list.getByText('卡口 12').waitFor()
    assert.equal(await list.getByRole('alert').count(), 0)
    const fromCommands = commands()
    await list.getByText('卡口 12').click()
    await when('it went there', WITHIN_MS, () => head().commands.slice(fromCommands).some(({ kind }) => kind === 'preset'))
    await page.unroute('**/api/cameras/*/ptz')
    await page.keyboard.press('Escape')
  })

  it('is not offered on a camera that is only granted, and is on one’s own', async () => {
    const id = stage.cameraIds.get(1) ?? assert.fail()
    const [asker, chief] = [await stage.server.signIn('operatorB'), await stage.server.signIn('chiefA')]
    const { gbCode } = (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result)
    const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date(Date.now() + 3_600_000).toISOString()]
    const grant = (await asker.request('POST', '/api/grants', { gbCodes: [gbCode], actions: ['live'], from, to, reason: '跨所追查嫌疑车辆', caseNumber: 'A1499035200002026110001' })).as(api.askGrant.result)
    assert.equal((await chief.request('POST', `/api/grants/${grant.id}/decision`, { approve: true })).status, 200)
    assert.equal((await asker.request('PUT', '/api/wall', { tiles: 4, cameraIds: [id] })).status, 204)
    const { page: other } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(other, 'operatorB')
    await other.goto('/wall')
    await other.locator('.cell .title .name').waitFor()
    await pageWhen(other, `document.querySelectorAll('aside .el-tree-node').length > 0`, 15_000)
    assert.equal(await other.locator('.ptz').count(), 0)
    await other.context().close()
    assert.deepEqual(watched.complaints, [])
  })
})
