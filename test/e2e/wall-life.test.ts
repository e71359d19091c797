// What a wall gives back and keeps: a page out of sight gives its streams back and has them again, a maximised tile keeps its
// picture until the nearer one is there and goes on without the browser's MediaSource of our own, a saved tour changes its
// pages without black, and no video element is made that could have been used again.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { mediaPushPath } from '#contract/media-push.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { assertNoBlack, blackWatchScript, startBlackOver } from './black-watch.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { startOver, tilesOf, tileWatchScript } from './tile-watch.ts'

const CAMERAS = 6
const WITHIN_MS = 15_000

/** Counts video elements that were made, and lets a test hide the page or break the focus player's MediaSource. */
const lifeScript = `(() => {
  const life = { videos: 0, hidden: false, broken: false, refused: 0, buffers: [] }
  const make = document.createElement.bind(document)
  document.createElement = (name, ...rest) => {
    if (name === 'video') life.videos++
    return make(name, ...rest)
  }
  Object.defineProperty(document, 'hidden', { get: () => life.hidden })
  Object.defineProperty(document, 'visibilityState', { get: () => (life.hidden ? 'hidden' : 'visible') })
  const add = MediaSource.prototype.addSourceBuffer
  MediaSource.prototype.addSourceBuffer = function (type) {
    // hls.js writes the type without a space and quotes; the player of frames writes it with them.
    if (life.broken && type.includes('; codecs="')) {
      life.refused++
      throw new Error('no buffer for frames')
    }
    life.buffers.push(type)
    return add.call(this, type)
  }
  window.life = life
})()`

describe('the life of a wall in a browser', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let client: Client
  let watched: WatchedPage
  let page: Page
  const idOf = (index: number) => stage.cameraIds.get(index) ?? assert.fail()
  const watching = () => [...stage.cameraIds.keys()].filter((index) => stage.fleet().viewers(index) > 0).length
  const hide = (hidden: boolean) => page.evaluate(`(() => { life.hidden = ${hidden}; document.dispatchEvent(new Event('visibilitychange')) })()`)
  const allLive = (count: number) => `tileWatch.count() === ${count} && tileWatch.all((tile) => tile.badge !== '' && tile.notice === '' && tile.frames > 0)`

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    // Number 5 is transcoded; it belongs to others.
    stage = await openStage(Array.from({ length: CAMERAS + 1 }, (_, at) => (at + 1 === 5 ? 'stationB' : 'stationA')))
    client = await stage.server.signIn('operatorA')
    await when('every camera is online', 90_000, async () => (await client.get('/api/cameras?status=online&pageSize=50')).as(api.listCameras.result).total >= CAMERAS)
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 4, cameraIds: [1, 2, 3, 4].map(idOf) })).status, 204)
    watched = await openPage(stage.browser, stage.server.origin, { init: `${tileWatchScript};${blackWatchScript};${lifeScript}` })
    page = watched.page
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await pageWhen(page, allLive(4), 30_000)
  })
  after(() => stage?.close())

  it('gives its streams back when the page is hidden, and has all pictures again when it is seen', async () => {
    await hide(true)
    await pageWhen(page, `document.querySelectorAll('.grid video').length === 0`, WITHIN_MS)
    await hide(false)
    await pageWhen(page, `document.querySelectorAll('.grid video').length >= 4`, WITHIN_MS)
    await startOver(page)
    await pageWhen(page, allLive(4), WITHIN_MS)
  })

  it('opens nothing where nobody sees it: a page that was restored in the background asks for its pictures when it is shown', async () => {
    const other = await openPage(stage.browser, stage.server.origin, { init: `${tileWatchScript};${lifeScript};life.hidden = true` })
    const opened: string[] = []
    other.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => void (typeof payload === 'string' && payload.includes('"subscribe"') && opened.push(payload))))
    await signInByHand(other.page, 'operatorA')
    await other.page.goto('/wall')
    await pageWhen(other.page, `document.querySelectorAll('.cell .title .name').length === 4`, WITHIN_MS)
    assert.deepEqual([opened, await read(other.page, `document.querySelectorAll('.grid video').length`, z.number())], [[], 0])
    await other.page.evaluate(`(() => { life.hidden = false; document.dispatchEvent(new Event('visibilitychange')) })()`)
    await pageWhen(other.page, allLive(4), WITHIN_MS)
    assert.ok(opened.length >= 4)
    await other.page.context().close()
  })

  it('leaves the past on a page that is hidden, and shows now when it is seen again', async () => {
    await page.locator('.grid > .cell').first().click({ position: { x: 60, y: 90 } })
    await page.keyboard.press('j')
    await pageWhen(page, `document.querySelector('.host.over video:not(.coming)') !== null`, WITHIN_MS)
    await hide(true)
    await pageWhen(page, `document.querySelector('.grid video') === null && document.querySelector('.tile.past') === null`, WITHIN_MS)
    await hide(false)
    await pageWhen(page, `document.querySelectorAll('.grid video').length >= 4 && document.querySelector('.host.over video') === null`, WITHIN_MS)
    await startOver(page)
    await pageWhen(page, allLive(4), WITHIN_MS)
  })

  it('gives the streams of tiles back that are moved out of sight, and has their pictures again when they return', async () => {
    const move = (to: string) => page.evaluate(`document.querySelector('.grid').style.transform = '${to}'`)
    await move('translateX(4000px)')
    await pageWhen(page, `document.querySelectorAll('.grid video').length === 0`, WITHIN_MS)
    await move('')
    await pageWhen(page, `document.querySelectorAll('.grid video').length >= 4`, WITHIN_MS)
    await startOver(page)
    await pageWhen(page, allLive(4), WITHIN_MS)
  })

  it('keeps the old picture on the way to the focus tile and back, and shows the nearer one in between', async () => {
    await startBlackOver(page)
    await page.keyboard.press('Enter')
    await pageWhen(page, `document.querySelector('.cell.maximised video:not(.coming)')?.videoWidth > 640`, WITHIN_MS)
    await page.keyboard.press('Escape')
    await pageWhen(page, `document.querySelector('.cell.maximised') === null && document.querySelector('.grid video:not(.coming)')?.videoWidth <= 640`, WITHIN_MS)
    await assertNoBlack(page)
  })

  it('shows the focus tile by hls.js where the browser takes no frames', async () => {
    const focused = await read(page, 'life.buffers.filter((type) => type.includes(\'; codecs="\')).length', z.number())
    assert.ok(focused > 0, 'the focus tile of before was the player of frames')
    await page.evaluate('life.broken = true; life.buffers = []')
    await page.keyboard.press('Enter')
    await pageWhen(page, `document.querySelector('.cell.maximised video:not(.coming)')?.videoWidth > 640`, 30_000)
    await pageWhen(page, `tileWatch.tiles()[0].badge !== ''`, WITHIN_MS)
    assert.ok((await read(page, 'life.refused', z.number())) > 0)
    const [type] = await read(page, 'life.buffers', z.array(z.string()))
    assert.match(type ?? '', /^video\/mp4;codecs=/, 'what plays is hls.js')
    await page.evaluate('life.broken = false')
    await page.keyboard.press('Escape')
    await pageWhen(page, allLive(4), WITHIN_MS)
  })

  it('runs a saved tour by hand, page after page without black, and uses its video elements again', async () => {
    const tour = { name: '巡查', shared: false, tiles: 4, cameraIds: [1, 2, 3, 4, 6, 7].map(idOf), tour: { dwellSeconds: 600, unitId: null } }
    assert.equal((await client.request('POST', '/api/layouts', tour)).status, 200)
    await page.locator('.bar .tw-tool', { hasText: '轮巡' }).click()
    await page.locator('li .choose .name', { hasText: '巡查' }).click()
    await page.mouse.move(5, 5)
    await pageWhen(page, `/第 1–4 路 \\/ 共 6 路/.test(document.querySelector('.tour')?.textContent ?? '')`, WITHIN_MS)
    await pageWhen(page, allLive(4), WITHIN_MS)
    await startBlackOver(page)
    const made = () => read(page, 'life.videos', z.number())
    const madeBefore = await made()
    const names = async () => (await tilesOf(page)).map(({ name }) => name)
    const first = await names()
    await page.keyboard.press(']')
    await pageWhen(page, `tileWatch.tiles()[0].name !== ${JSON.stringify(first[0])}`, WITHIN_MS)
    await assertNoBlack(page)
    for (const key of ['[', ']', '[', ']', '[', ']', '[']) {
      const before = (await names())[0]
      await page.keyboard.press(key)
      await pageWhen(page, `tileWatch.tiles()[0].name !== ${JSON.stringify(before)}`, WITHIN_MS)
    }
    assert.deepEqual(await names(), first)
    const more = (await made()) - madeBefore
    console.log(`      ${more} video elements made in eight changes of the page, ${madeBefore} before`)
    assert.ok(more <= 7, `${more} more video elements for eight changes of a page of four: those that went are not used again`)
    await page.keyboard.press('r')
    await pageWhen(page, `document.querySelector('.tour') === null`, WITHIN_MS)
    assert.deepEqual((await client.get('/api/wall')).as(api.getWall.result).cameraIds.slice(0, 4), [1, 2, 3, 4].map(idOf), 'the wall is what it was')
  })

  it('draws the watermark as strong as the security administrator sets it, at once, over every tile and outside of what is zoomed', async () => {
    const drawn = (opacity: number) => `[...document.querySelectorAll('.watermark')].length === 4 && [...document.querySelectorAll('.watermark')].every((mark) => getComputedStyle(mark).backgroundImage.includes(encodeURIComponent('opacity="${opacity}"')))`
    await pageWhen(page, drawn(0.24), WITHIN_MS)
    const secadmin = await stage.server.signIn('secadmin')
    assert.equal((await secadmin.request('PUT', '/api/watermark', { opacityPercent: 45 })).status, 200)
    await pageWhen(page, drawn(0.45), WITHIN_MS)
    await page.keyboard.press('Enter')
    for (let zoomed = 0; zoomed < 4; zoomed++) await page.keyboard.press('+')
    const [zoom, inside, size] = await read(page, `(() => { const tile = document.querySelector('.cell.maximised'); const mark = tile.querySelector('.watermark'); return [getComputedStyle(tile.querySelector('.host')).transform, mark.closest('.glass') !== null, getComputedStyle(mark).backgroundSize] })()`, z.tuple([z.string(), z.boolean(), z.string()]))
    assert.notEqual(zoom, 'none')
    assert.equal(inside, false)
    assert.match(size, /300px/)
    await page.keyboard.press('0')
    await page.keyboard.press('Escape')
  })

  it('goes through all of it without a complaint', () => {
    assert.deepEqual(watched.complaints, [])
    assert.ok(watching() > 0)
  })

  it('calls nothing live while the media line is frozen, though players show again what they have, and goes on when it flows', async () => {
    let flows = true
    const { page: frozen } = await openPage(stage.browser, stage.server.origin, { init: tileWatchScript })
    await frozen.routeWebSocket(`**${mediaPushPath}`, (socket) => {
      socket.connectToServer().onMessage((message) => flows && socket.send(message))
    })
    await signInByHand(frozen, 'operatorA')
    await frozen.goto('/wall')
    await pageWhen(frozen, allLive(4), 30_000)
    flows = false
    const anyLive = `tileWatch.tiles().some((tile) => tile.badge !== '')`
    await pageWhen(frozen, `!(${anyLive})`, 8_000)
    await frozen.evaluate(`(() => {
      window.looks = { all: 0, live: 0 }
      setInterval(() => {
        looks.all++
        if (${anyLive}) looks.live++
      }, 100)
    })()`)
    // Long enough for the ladder to jump to the edge and to rebuild the players from what the page keeps.
    await pageWhen(frozen, 'looks.all > 50', 20_000)
    assert.equal(await read(frozen, 'looks.live', z.number()), 0)
    flows = true
    await pageWhen(frozen, allLive(4), 30_000)
    await frozen.context().close()
  })
})
