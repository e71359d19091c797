// Turning a camera in a real browser: what the simulated head is told while a hand holds, lets go, looks away, or is cut off.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { deadManMs } from '#contract/ptz.ts'
import { enter, openPage, pageWhen, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import { testPassword, type Client, type TestUser } from '../support/server.ts'
import { connectSocket } from '../integration/acceptance-scene.ts'
import { lacking, openStage, type Stage } from './stage.ts'

/** A build machine runs the browser, the server and the cameras on two cores; the product's own bounds are in the integration test. */
const WITHIN_MS = 3_000

describe('turning a camera in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let operator: Client
  let watched: WatchedPage
  let page: Page

  const head = () => stage.fleet().ptz(1)
  const toldSince = (fromMs: number) => head().commands.filter(({ atMs }) => atMs >= fromMs).map(({ kind }) => kind)
  const moves = () => when('the head moves', WITHIN_MS, () => head().moving)
  const rests = () => when('the head rests', WITHIN_MS, () => !head().moving)
  const open = async (username: TestUser): Promise<WatchedPage> => {
    const client = await stage.server.signIn(username)
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 1, cameraIds: [stage.cameraIds.get(1)] })).status, 204)
    const opened = await openPage(stage.browser, stage.server.origin)
    await signInByHand(opened.page, username)
    await opened.page.goto('/wall')
    await opened.page.locator('.ptz .toggle').waitFor()
    return opened
  }
  const take = async (on: Page) => {
    await on.locator('.ptz .toggle').click()
    const begin = on.locator('.ptz .ask button')
    await begin.click()
    await on.locator('.ptz .surface').waitFor()
  }
  const grip = async () => {
    const box = await page.locator('.ptz .stick').boundingBox()
    assert.ok(box)
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + box.width / 3, y, { steps: 3 })
    return { x, y, reach: box.width / 3 }
  }
  const picture = (on: Page) => pageWhen(on, `document.querySelector('.tile video')?.videoWidth > 0`, 30_000)
  const holders = async () => (await operator.get('/api/ptz/leases')).text
  /** The console is left without the lease and with its pad, as after half a minute without a command. */
  const endLease = async () => {
    const socket = await connectSocket(operator.origin, { cookie: operator.cookie, origin: operator.origin })
    const cameraId = stage.cameraIds.get(1)
    await socket.timeout(WITHIN_MS).emitWithAck('ptz:take', { cameraId, purpose: '巡查' })
    await socket.timeout(WITHIN_MS).emitWithAck('ptz:release', { cameraId })
    socket.disconnect()
    assert.equal(await holders(), '{"items":[]}')
    assert.equal(await page.locator('.ptz .surface').count(), 1)
  }

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationA'])
    operator = await stage.server.signIn('operatorA')
    watched = await open('operatorA')
    page = watched.page
  })
  after(() => stage?.close())

  it('asks for a purpose and takes the head', async () => {
    await take(page)
    const auditor = await stage.server.signIn('auditor')
    assert.match((await auditor.get('/api/audit?action=ptz.take')).text, /日常巡查/)
  })

  it('turns while the joystick is held, and stops when it is let go', async () => {
    const { pan } = head().position
    await grip()
    await moves()
    const grippedMs = performance.now()
    await when('the dead man is long past', WITHIN_MS, () => performance.now() - grippedMs > 2 * deadManMs)
    // Not `moving` at one instant: a move that comes late on a busy machine is no hand that let go.
    const held = head().position.pan
    await when('it still turns', WITHIN_MS, () => head().position.pan > held)
    await page.mouse.up()
    await rests()
    assert.ok(head().position.pan > pan)
  })

  it('follows a joystick that is steered without a rest, and keeps its line', async () => {
    const { x, y, reach } = await grip()
    for (let nth = 0; nth < 200; nth++) await page.mouse.move(x + reach * Math.cos(nth / 20), y + reach * Math.sin(nth / 20))
    await moves()
    await page.mouse.up()
    await rests()
    assert.equal(await page.locator('.ptz .surface').count(), 1)
    assert.equal(await page.getByText('与服务器的连接中断').count(), 0)
  })

  it('turns by arrow keys, which then step through no tiles', async () => {
    const { tilt } = head().position
    await page.keyboard.down('ArrowUp')
    await moves()
    await page.keyboard.up('ArrowUp')
    await rests()
    assert.ok(head().position.tilt > tilt)
  })

  it('stops when the window loses the focus with the key down, and goes on only by a new press', async () => {
    await page.keyboard.down('ArrowRight')
    await moves()
    await page.evaluate(`window.dispatchEvent(new Event('blur'))`)
    await rests()
    const fromMs = Date.now()
    await page.keyboard.up('ArrowRight')
    const pressedMs = Date.now()
    await page.keyboard.down('ArrowRight')
    await moves()
    await page.keyboard.up('ArrowRight')
    await rests()
    // A stop more is due when the device was still answering the move as the first one came.
    const between = head().commands.filter(({ atMs, kind }) => atMs >= fromMs && atMs < pressedMs && kind !== 'stop')
    assert.deepEqual(between, [])
  })

  it('zooms by the wheel, centres what is clicked, and goes to preset 1', async () => {
    const surface = await page.locator('.ptz .surface').boundingBox()
    assert.ok(surface)
    await picture(page)
    const [x, y] = [surface.x + surface.width * 0.75, surface.y + surface.height * 0.3]
    await page.mouse.move(x, y)
    await page.mouse.wheel(0, -240)
    await when('it zooms in', WITHIN_MS, () => head().position.zoom > 0)
    await rests()
    const fromMs = Date.now()
    const before = head().position
    await page.mouse.click(x, y)
    await when('it was turned there', WITHIN_MS, () => toldSince(fromMs).includes('relative'))
    assert.ok(head().position.pan > before.pan && head().position.tilt > before.tilt)
    await page.keyboard.press('1')
    await when('it went to the preset', WITHIN_MS, () => toldSince(fromMs).includes('preset'))
  })

  it('does the first preset after the lease went, and moves nothing for a hand that is gone', async () => {
    await endLease()
    const fromMs = Date.now()
    await page.keyboard.press('h')
    await when('it went home', WITHIN_MS, () => toldSince(fromMs).includes('home'))
    await endLease()
    // Long enough for the hand to be gone before the head is open, also where the browser is slow; less than the device is waited for.
    stage.fleet().setFault(1, { name: 'slow-ptz', value: 2_500 })
    await grip()
    await when('it is taken again', WITHIN_MS, async () => (await holders()).includes('operatorA'))
    await page.mouse.move(5, 5)
    await page.mouse.up()
    const goneMs = Date.now()
    stage.fleet().clearFault(1)
    await page.keyboard.press('1')
    await when('it went to the preset', 4 * WITHIN_MS, () => toldSince(goneMs).includes('preset'))
    assert.deepEqual(toldSince(goneMs).filter((kind) => kind === 'move'), [])
    assert.ok(!head().moving)
  })

  it('says to others who has it, before anything changes, and gives way to the bureau', async () => {
    await page.keyboard.press('h')
    const { page: bureau, complaints } = await open('supervisor')
    await bureau.getByText('operatorA 正在控制').waitFor({ timeout: WITHIN_MS })
    await bureau.locator('.ptz .toggle').click()
    await bureau.keyboard.press('Escape')
    await bureau.locator('.ptz .ask button').click()
    await bureau.locator('.ptz .surface').waitFor()
    await page.getByText('supervisor 正在控制').waitFor({ timeout: WITHIN_MS })
    assert.equal(await page.locator('.ptz .surface').count(), 0)
    await bureau.keyboard.down('ArrowLeft')
    await moves()
    const fromMs = Date.now()
    await bureau.context().close()
    await when('the camera stopped when the page was gone', WITHIN_MS, () => toldSince(fromMs).includes('stop'))
    await page.getByText('supervisor 正在控制').waitFor({ state: 'hidden', timeout: WITHIN_MS })
    assert.deepEqual([complaints, watched.complaints], [[], []])
  })

  it('gives the head back by Escape', async () => {
    await take(page)
    await page.keyboard.press('Escape')
    await page.locator('.ptz .surface').waitFor({ state: 'detached' })
    const client = await stage.server.signIn('operatorA')
    await when('the head is free', WITHIN_MS, async () => (await client.get(`/api/cameras/${stage.cameraIds.get(1)}/ptz`)).text.includes('"holder":null'))
  })

  it('turns to what is seen under a click, also in a picture that is zoomed into its right edge', async () => {
    const glass = await page.locator('.tile .glass').boundingBox()
    assert.ok(glass)
    await picture(page)
    await page.mouse.move(glass.x + glass.width * 0.98, glass.y + glass.height / 2)
    for (let nth = 0; nth < 7; nth++) await page.mouse.wheel(0, -240)
    await page.locator('.glass.zoomed').waitFor()
    await take(page)
    const { pan } = head().position
    const fromMs = Date.now()
    await page.mouse.click(glass.x + glass.width * 0.25, glass.y + glass.height / 2)
    await when('it was turned', WITHIN_MS, () => toldSince(fromMs).includes('relative'))
    assert.ok(head().position.pan > pan, 'what lies right of the middle is to the right')
    await page.keyboard.press('Escape')
  })

  it('says to all who may turn it that the camera may still turn when it takes no stop, until it does', async () => {
    const { page: bureau } = await open('supervisor')
    await take(page)
    await page.keyboard.down('ArrowLeft')
    await moves()
    stage.fleet().setFault(1, { name: 'off' })
    await page.keyboard.up('ArrowLeft')
    const warning = (on: Page) => on.getByText('停止未成功，摄像机可能仍在转动')
    for (const on of [page, bureau]) await warning(on).waitFor({ timeout: 2 * WITHIN_MS })
    await bureau.reload()
    await warning(bureau).waitFor()
    stage.fleet().clearFault(1)
    await stage.fleet().settled()
    await page.keyboard.press('Escape')
    for (const on of [page, bureau]) await warning(on).waitFor({ state: 'hidden', timeout: 2 * WITHIN_MS })
    await bureau.context().close()
  })

  it('leaves purpose and case number to nobody who signs in after', async () => {
    const form = page.locator('.ptz .ask')
    await page.locator('.ptz .toggle').click()
    await form.locator('input').nth(0).fill('追踪嫌疑车辆')
    await form.locator('input').nth(1).fill('A1499030000002026080001')
    await page.locator('header .who').click()
    await page.getByRole('menuitem', { name: '退出登录' }).click()
    await page.waitForURL((url) => url.pathname === '/sign-in')
    await enter(page, 'supervisor', testPassword)
    // No reload, which would forget everything: the way from page to page.
    await page.locator('header').getByRole('link', { name: '视频', exact: true }).click()
    await page.locator('.ptz .toggle').click()
    assert.deepEqual([await form.locator('input').nth(0).inputValue(), await form.locator('input').nth(1).inputValue()], ['日常巡查', ''])
  })
})
