// Pictures that the browser does not play as they are, in a real browser: what it says that it plays, the transcode that it
// gets, the queue that its tile tells of, the turn that comes.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { decodesSchema } from '#contract/live.ts'
import { mediaPushPath, pushNoticeSchema, pushRequestSchema, type PushNotice, type PushRequest } from '#contract/media-push.ts'
import { openPage, pageWhen, read, signInByHand } from '../support/browser.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import type { UnitName } from '../support/server.ts'
import { tilesOf, tileWatchScript } from './tile-watch.ts'

/** Numbers of the simulated cameras: H.264, H.265 throughout, an MJPEG sub stream. */
const [PLAIN, H265, MJPEG] = [1, 8, 5]
const unitOf = Array.from({ length: 8 }, (): UnitName => 'stationA')
const LIVE_WITHIN_MS = 20_000

describe('a wall with cameras that the browser does not play', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let page: Page
  const asked: Extract<PushRequest, { type: 'subscribe' }>[] = []
  const told: PushNotice[] = []
  const idOf = (index: number): string => stage.cameraIds.get(index) ?? ''
  const live = (position: number) => `(() => { const tile = tileWatch.tiles()[${position}]; return tile.frames > 20 && tile.badge !== '' && tile.notice === '' })()`

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(unitOf, { config: { streams: { maxTranscodes: 1 } } })
    const client = await stage.server.signIn('operatorA')
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 4, cameraIds: [idOf(H265), null, idOf(PLAIN), null] })).status, 204)
    const watched = await openPage(stage.browser, stage.server.origin, { init: tileWatchScript })
    page = watched.page
    page.on('websocket', (socket) => {
      if (!socket.url().endsWith(mediaPushPath)) return
      socket.on('framesent', ({ payload }) => {
        const request = typeof payload === 'string' ? pushRequestSchema.parse(JSON.parse(payload)) : null
        if (request?.type === 'subscribe') asked.push(request)
      })
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string') told.push(pushNoticeSchema.parse(JSON.parse(payload)))
      })
    })
    await signInByHand(page, 'operatorA')
  })
  after(async function () {
    this.timeout(30_000)
    await stage?.close()
  })

  it('tells the server what it plays, and shows H.265 beside H.264', async () => {
    await page.goto('/wall')
    await pageWhen(page, `tileWatch.count() === 2 && ${live(0)} && ${live(2)}`, LIVE_WITHIN_MS)
    const playsH265 = await read(page, `MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')`, z.boolean())
    const decodes = decodesSchema.parse(asked.find(({ cameraId }) => cameraId === idOf(H265))?.decodes)
    assert.equal(decodes.h265 > 0, playsH265)
    assert.ok(decodes.h264 >= 1280 * 720 && decodes.h264 < 1920 * 1080, 'a tile of four needs no more')
    const id = (index: number) => asked.find(({ cameraId }) => cameraId === idOf(index))?.id
    const track = (index: number) => told.flatMap((notice) => (notice.type === 'track' && notice.id === id(index) ? [notice] : []))[0]
    assert.deepEqual([track(PLAIN)?.transcoded, track(H265)?.transcoded], [false, !playsH265])
  })

  it('says on the tile that all places are taken and where it waits, and shows the picture when its turn comes', async function () {
    if (await read(page, `MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')`, z.boolean())) return this.skip()
    const client = await stage.server.signIn('operatorA')
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 4, cameraIds: [idOf(H265), idOf(MJPEG), idOf(PLAIN), null] })).status, 204)
    await page.reload()
    await pageWhen(page, `tileWatch.count() === 3 && tileWatch.tiles()[1].notice !== '' && !tileWatch.tiles()[1].notice.includes('正在连接') && ${live(0)}`, LIVE_WITHIN_MS)
    const [h265, mjpeg] = await tilesOf(page)
    assert.equal(h265?.notice, '')
    assert.match(mjpeg?.notice ?? '', /转码名额已满（1\/1）\s+排队第 1 位/)
    await page.locator('.grid > .cell').nth(0).hover()
    await page.locator('.grid > .cell').nth(0).getByTitle('关闭画面').click()
    await pageWhen(page, live(1), LIVE_WITHIN_MS)
  })
})
