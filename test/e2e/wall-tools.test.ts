// What an operator does at a wall besides looking, in a real browser: who comes first on the line, zoom by hand, a held look
// back, the mark over every picture, saved layouts; and what a wall says when machine or server cannot give it all.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { mediaPushPath, pushRequestSchema } from '#contract/media-push.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { tilesOf, tileWatchScript } from './tile-watch.ts'

const CAMERAS = 4
const WITHIN_MS = 15_000
const PAST = '.host.over video:not(.coming)'

/** Lets a test hide the page, and lets the browser say that it dropped a fifth of what it decoded. */
const toolsScript = `(() => {
  window.tools = { hidden: false, drops: false }
  Object.defineProperty(document, 'hidden', { get: () => tools.hidden })
  const quality = HTMLVideoElement.prototype.getVideoPlaybackQuality
  HTMLVideoElement.prototype.getVideoPlaybackQuality = function () {
    const { totalVideoFrames, droppedVideoFrames } = quality.call(this)
    return { totalVideoFrames, droppedVideoFrames: tools.drops ? Math.floor(totalVideoFrames / 5) : droppedVideoFrames }
  }
})()`

describe('the tools of a wall in a browser', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let client: Client
  let watched: WatchedPage
  let page: Page
  /** What the console has asked for and not given up, by number of the subscription. */
  const asked = new Map<number, { cameraId: string; mode: string; priority: string }>()
  const idOf = (index: number) => stage.cameraIds.get(index) ?? assert.fail()
  const cell = (position: number) => page.locator(`.grid > .cell[style*="order: ${position};"], .grid > .cell[style$="order: ${position}"]`)
  const select = (position: number) => cell(position).click({ position: { x: 60, y: 90 } })
  const hide = (hidden: boolean) => page.evaluate(`(() => { tools.hidden = ${hidden}; document.dispatchEvent(new Event('visibilitychange')) })()`)
  const allLive = `tileWatch.count() === ${CAMERAS} && tileWatch.all((tile) => tile.badge !== '' && tile.notice === '')`
  /** Priorities of the cameras of the wall, in order. */
  const priorities = () => [1, 2, 3, 4].map((index) => [...asked.values()].filter(({ cameraId }) => cameraId === idOf(index)).map(({ priority }) => priority).join())
  const comes = (wanted: readonly string[]) => when(`the priorities ${wanted.join(' ')}`, 60_000, () => JSON.stringify(priorities()) === JSON.stringify(wanted)).catch(() => assert.deepEqual(priorities(), wanted))

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(Array.from({ length: CAMERAS }, () => 'stationA' as const))
    client = await stage.server.signIn('operatorA')
    await when('every camera is online', 90_000, async () => (await client.get('/api/cameras?status=online&pageSize=50')).as(api.listCameras.result).total >= CAMERAS)
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 4, cameraIds: [1, 2, 3, 4].map(idOf) })).status, 204)
    watched = await openPage(stage.browser, stage.server.origin, { init: `${tileWatchScript};${toolsScript}` })
    page = watched.page
    page.on('websocket', (socket) => socket.url().endsWith(mediaPushPath) && socket.on('close', () => asked.clear()).on('framesent', ({ payload }) => {
      const request = pushRequestSchema.parse(JSON.parse(String(payload)))
      if (request.type === 'subscribe') asked.set(request.id, request)
      if (request.type === 'unsubscribe') asked.delete(request.id)
      const one = asked.get(request.id)
      if (request.type === 'priority' && one !== undefined) one.priority = request.priority
    }))
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await pageWhen(page, allLive, 30_000)
  })
  after(() => stage?.close())

  it('lets what a maximised tile covers give way on the line, and no longer when it is in sight', async () => {
    await comes(['selected', 'visible', 'visible', 'visible'])
    await page.keyboard.press('Enter')
    await comes(['selected', 'background', 'background', 'background'])
    await when('the frames of the maximised tile', WITHIN_MS, () => [...asked.values()].some(({ mode, cameraId }) => mode === 'frames' && cameraId === idOf(1)))
    await page.keyboard.press('Escape')
    await comes(['selected', 'visible', 'visible', 'visible'])
  })

  it('moves a zoomed picture by hand, and gives a tile back to dragging that went with a grid while it was zoomed', async () => {
    const transform = () => read(page, `getComputedStyle([...document.querySelectorAll('.grid > .cell')].find((cell) => cell.style.order === '3').querySelector('.host')).transform`, z.string())
    const draggable = () => read(page, `[...document.querySelectorAll('.grid > .cell')].sort((a, b) => a.style.order - b.style.order).map((cell) => cell.draggable)`, z.array(z.boolean()))
    await select(3)
    assert.equal(await transform(), 'none')
    for (let zoomed = 0; zoomed < 3; zoomed++) await page.keyboard.press('+')
    const shift = (matrix: string) => z.tuple([z.number(), z.number()]).parse(matrix.replace(/.*\(|\)/g, '').split(',').slice(4).map(Number))
    const [x, y] = shift(await transform())
    assert.deepEqual(await draggable(), [true, true, true, false])
    const box = (await cell(3).boundingBox()) ?? assert.fail()
    await page.mouse.move(box.x + 100, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + 130, box.y + 120, { steps: 4 })
    await page.mouse.up()
    const [movedX, movedY] = shift(await transform())
    assert.ok(Math.abs(movedX - x - 30) < 2 && Math.abs(movedY - y - 20) < 2, `moved by ${movedX - x}, ${movedY - y}`)
    await page.mouse.move(box.x + 200, box.y + 200)
    assert.deepEqual(shift(await transform()), [movedX, movedY], 'let go')
    await page.keyboard.press('1')
    await pageWhen(page, `document.querySelectorAll('.grid > .cell').length === 1`, WITHIN_MS)
    await page.keyboard.press('2')
    await pageWhen(page, `document.querySelectorAll('.grid > .cell').length === 4`, WITHIN_MS)
    assert.deepEqual(await draggable(), [true, true, true, true])
    await select(0)
    await pageWhen(page, allLive, WITHIN_MS)
  })

  it('names the viewer and the time over every picture', async () => {
    const marks = await read(page, `[...document.querySelectorAll('.watermark')].map((mark) => decodeURIComponent(getComputedStyle(mark).backgroundImage))`, z.array(z.string()))
    assert.equal(marks.length, CAMERAS)
    for (const mark of marks) {
      assert.match(mark, />operatorA T-operatorA</)
      const [, at] = />(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)</.exec(mark) ?? assert.fail(mark)
      const offMs = Date.now() - Date.parse(`${at?.replace(' ', 'T')}+08:00`)
      assert.ok(Math.abs(offMs) < 30_000, `a time ${offMs} ms from now`)
    }
  })

  it('saves the wall as a layout and shows it again', async () => {
    await page.locator('.bar .tw-tool', { hasText: '布局' }).click()
    await page.getByPlaceholder('当前画面保存为').fill('早班')
    await page.keyboard.press('Enter')
    await page.locator('li .choose .name', { hasText: '早班' }).waitFor()
    const saved = (await client.get('/api/layouts')).as(api.listLayouts.result).items.find(({ name }) => name === '早班')
    assert.deepEqual([saved?.tiles, saved?.cameraIds, saved?.shared], [4, [1, 2, 3, 4].map(idOf), false])
    await page.locator('.bar .tw-tool', { hasText: '布局' }).click()
    await page.keyboard.press('3')
    await page.keyboard.press('Delete')
    await pageWhen(page, `document.querySelectorAll('.grid > .cell').length === 9 && tileWatch.count() === 3`, WITHIN_MS)
    await page.locator('.bar .tw-tool', { hasText: '布局' }).click()
    await page.locator('li .choose', { hasText: '早班' }).click()
    await pageWhen(page, `document.querySelectorAll('.grid > .cell').length === 4 && ${allLive}`, WITHIN_MS)
    await page.locator('.bar .tw-tool', { hasText: '布局' }).click()
    await select(0)
  })

  it('tells the keys, those of a head, too', async () => {
    await page.keyboard.press('?')
    const sheet = page.locator('.el-dialog', { hasText: '快捷键' })
    await sheet.waitFor()
    const lines = await read(page, `[...document.querySelectorAll('.el-dialog dt')].map((dt) => dt.innerText.replace(/\\s+/g, ' ').trim() + ': ' + dt.nextElementSibling.innerText)`, z.array(z.string()))
    for (const line of ['T: 标注选中画面的最近 10 秒', 'K: 回放选中画面 30 秒前', 'R: 开始 / 停止全部摄像机轮巡']) assert.ok(lines.includes(line), `${line} is not in ${lines.join('; ')}`)
    assert.ok(lines.some((line) => line.startsWith('← ↑') || line.startsWith('← →')) && lines.some((line) => line.startsWith('1 … 9')) && lines.some((line) => line.startsWith('Esc')), lines.join('; '))
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'hidden' })
  })

  it('looks half a minute back with K, and keeps a held picture for who goes to another page for a while', async () => {
    await when('half a minute in memory', 60_000, async () => (await tilesOf(page))[0] !== undefined && (await read(page, 'performance.now()', z.number())) > 45_000)
    await page.keyboard.press('k')
    await pageWhen(page, `document.querySelector('${PAST}')?.readyState >= 2 && parseFloat(document.querySelector('.replay .behind')?.textContent ?? '') > 25`, WITHIN_MS)
    await page.keyboard.press(' ')
    await pageWhen(page, `document.querySelector('${PAST}').paused`, WITHIN_MS)
    const behind = `parseFloat(document.querySelector('.replay .behind').textContent)`
    await pageWhen(page, `${behind} > ${(await read(page, behind, z.number())) + 1}`, WITHIN_MS)
    const heldAt = await read(page, `document.querySelector('.replay .at').textContent`, z.string())
    await hide(true)
    await pageWhen(page, `document.querySelectorAll('.grid .host:not(.over) video').length === 0`, WITHIN_MS)
    await hide(false)
    await pageWhen(page, `document.querySelectorAll('.grid .host:not(.over) video').length >= 4`, WITHIN_MS)
    assert.deepEqual(await read(page, `[document.querySelector('${PAST}')?.paused, document.querySelector('.replay .at')?.textContent]`, z.tuple([z.boolean(), z.string()])), [true, heldAt])
    await page.keyboard.press('l')
    await pageWhen(page, `document.querySelector('.tile.past') === null && ${allLive}`, WITHIN_MS)
    assert.deepEqual(watched.complaints, [])
  })

  it('gives up main streams by itself when the machine drops frames, then pictures by hand, never the selected one, and says so', async () => {
    const says = (words: string) => pageWhen(page, `(document.querySelector('.health .heavy')?.textContent ?? '').includes(${JSON.stringify(words)})`, 40_000)
    await select(1)
    await page.keyboard.press('m')
    await pageWhen(page, `[...document.querySelectorAll('.grid video:not(.coming)')].some((video) => video.videoWidth > 640)`, WITHIN_MS)
    await select(0)
    await page.evaluate('tools.drops = true')
    await says('1 个未选中画面已改用子码流')
    await says('本机解码不及，已持续 10 秒丢帧 20%')
    await page.locator('.health .heavy button', { hasText: '暂停较大的未选中画面' }).click()
    await says('已暂停 1 个画面')
    const paused = page.locator('.tile .paused')
    assert.match((await paused.innerText()).replace(/\s+/g, ' '), /已暂停 本机解码能力不足，为保证选中画面流畅而暂停 恢复播放/)
    assert.equal(await cell(0).locator('.paused').count(), 0)
    await when('one stream was given back', WITHIN_MS, () => asked.size === CAMERAS - 1)
    await page.evaluate('tools.drops = false')
    await paused.getByText('恢复播放').click()
    await pageWhen(page, `document.querySelector('.tile .paused') === null && ${allLive}`, WITHIN_MS)
  })

  it('says in the tile what the server will not give, and asks again by hand', async () => {
    const { page: other } = await openPage(stage.browser, stage.server.origin, { init: tileWatchScript })
    let refusing = true
    await other.routeWebSocket(`**${mediaPushPath}`, (socket) => {
      const server = socket.connectToServer()
      socket.onMessage((message) => {
        const request = pushRequestSchema.parse(JSON.parse(String(message)))
        const at = request.type === 'subscribe' ? [1, 2].findIndex((index) => idOf(index) === request.cameraId) : -1
        if (!refusing || at < 0) return server.send(message)
        socket.send(JSON.stringify({ type: 'refused', id: request.id, code: at === 0 ? 'too_many_tries' : 'transcode_limit', retryAfterSeconds: 600 }))
      })
    })
    await signInByHand(other, 'operatorA')
    await other.goto('/wall')
    const notice = (at: number) => read(other, `tileWatch.tiles()[${at}].notice.replace(/\\s+/g, ' ')`, z.string())
    await pageWhen(other, `tileWatch.count() === ${CAMERAS} && [0, 1].every((at) => tileWatch.tiles()[at].notice.includes('重试'))`, WITHIN_MS)
    assert.deepEqual([await notice(0), await notice(1)], [
      '打开的画面过多 服务器对每个登录同时观看的路数有上限，请关闭其他窗口的画面 重试',
      '转码名额和排队均已满 该摄像机的编码须由服务器转码后播放；请稍后重试，或关闭其他需转码的画面 重试',
    ])
    refusing = false
    for (const button of await other.locator('.notice button', { hasText: '重试' }).all()) await button.click()
    await pageWhen(other, allLive, WITHIN_MS)
    await other.context().close()
  })

  it('plays by the media socket again soon after the server was away, and no longer by HTTP', async () => {
    let byHttp = 0
    page.on('request', (request) => void (/\.(m3u8|m4s)/.test(request.url()) && byHttp++))
    await select(0)
    await stage.server.stop()
    await pageWhen(page, `tileWatch.all((tile) => tile.badge === '')`, 30_000)
    await stage.server.startAgain()
    await comes(['selected', 'visible', 'visible', 'visible'])
    await pageWhen(page, allLive, 30_000)
    const before = byHttp
    await page.evaluate('tileWatch.startOver()')
    await pageWhen(page, 'tileWatch.all((tile) => tile.frames > 30)', WITHIN_MS)
    console.log(`      ${before} requests for media by HTTP meanwhile`)
    assert.equal(byHttp, before)
  })
})
