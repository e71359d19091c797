// The wall in a real browser: sixteen live pictures, a camera that goes and comes back, a killed process, a tag.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { api } from '#contract/api.ts'
import { mediaPushPath, pushNoticeSchema, pushRequestSchema } from '#contract/media-push.ts'
import { openPage, pageWhen, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import { Lateness } from '../support/lateness.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import type { Client, UnitName } from '../support/server.ts'
import { assertFlowing, heldUpMsOf, startOver, tilesOf, tileWatchScript, watchTiles } from './tile-watch.ts'

// Numbers 5 and 8 of the simulated cameras have streams that must be transcoded; the wall is of the sixteen others.
const transcoded = [5, 8]
const unitOf = Array.from({ length: 18 }, (_, at): UnitName => (transcoded.includes(at + 1) ? 'stationB' : at % 2 === 0 ? 'stationA' : 'roomA'))
const shown = unitOf.map((_, at) => at + 1).filter((index) => !transcoded.includes(index))

// What the product promises is 4 s for the wall and 5 s for a word about a lost camera. A build machine has two busy
// cores for sixteen cameras, the server and the browser; these bounds are what must hold even there.
const WALL_WITHIN_MS = 15_000
const TOLD_WITHIN_MS = 8_000
const BACK_WITHIN_MS = 8_000

const readers = ['direct', 'ffmpeg'] as const

for (const copyBy of readers) describe(`the wall in a browser, cameras read ${copyBy === 'direct' ? 'without a process' : 'by ffmpeg'}`, function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let client: Client
  let watched: WatchedPage
  let page: Page
  /** Cameras of which an epoch began in the page, in order: a new pull begins one. */
  const begun: string[] = []
  const say = (what: string, ms: number) => console.log(`      ${what}: ${(ms / 1000).toFixed(1)} s`)
  const idOf = (index: number): string => stage.cameraIds.get(index) ?? ''
  /** Expression that is true while the tile at the position shows a moving picture and says so. */
  const live = (position: number, frames = 0) => `(() => { const tile = tileWatch.tiles()[${position}]; return tile.badge !== '' && tile.notice === '' && tile.frames > ${frames} })()`

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(unitOf, { config: { streams: { copyBy } } })
    client = await stage.server.signIn('operatorA')
    // A wall is opened on a server that runs; its first patrol, with a decoder for each camera, belongs to its start.
    await when('every camera of the wall is online', 90_000, async () => {
      const { items } = (await client.get('/api/cameras?status=online&pageSize=200')).as(api.listCameras.result)
      return shown.every((index) => items.some(({ id }) => id === idOf(index)))
    })
    const put = await client.request('PUT', '/api/wall', { tiles: 16, cameraIds: shown.map(idOf) })
    assert.equal(put.status, 204)
    watched = await openPage(stage.browser, stage.server.origin, { init: tileWatchScript })
    page = watched.page
    page.on('websocket', (socket) => {
      if (!socket.url().endsWith(mediaPushPath)) return
      const cameraOf = new Map<number, string>()
      socket.on('framesent', ({ payload }) => {
        const request = typeof payload === 'string' ? pushRequestSchema.parse(JSON.parse(payload)) : null
        if (request?.type === 'subscribe') cameraOf.set(request.id, request.cameraId)
      })
      socket.on('framereceived', ({ payload }) => {
        const notice = typeof payload === 'string' ? pushNoticeSchema.parse(JSON.parse(payload)) : null
        if (notice?.type === 'track') begun.push(cameraOf.get(notice.id) ?? '')
      })
    })
    await signInByHand(page, 'operatorA')
  })
  after(async function () {
    this.timeout(30_000)
    await stage?.close()
  })

  it('shows sixteen moving pictures, each with its measured delay, and none of them stops', async () => {
    const openedMs = performance.now()
    await page.goto('/wall')
    try {
      await pageWhen(page, 'tileWatch.count() === 16 && tileWatch.all((tile) => tile.frames > 0)', WALL_WITHIN_MS - (performance.now() - openedMs))
    } catch {
      assert.fail(`not all tiles have decoded within ${WALL_WITHIN_MS} ms: ${JSON.stringify(await tilesOf(page))}`)
    }
    say('16 tiles decoding after opening the wall (promised 4)', performance.now() - openedMs)
    await pageWhen(page, `tileWatch.all((tile) => /\\d/.test(tile.badge) && tile.notice === '')`, WALL_WITHIN_MS)
    assertFlowing(await watchTiles(page, stage.fleet(), shown, 20), 0.9)
  })

  if (copyBy === 'direct') it('says that a camera is gone and shows it again by itself when it is back', async () => {
    const position = 3
    const index = shown[position] ?? 0
    stage.fleet().setFault(index, { name: 'off' })
    say('gone camera told (promised 5)', await pageWhen(page, `tileWatch.tiles()[${position}].notice !== '' && tileWatch.tiles()[${position}].badge === ''`, TOLD_WITHIN_MS))
    const others = (await tilesOf(page)).filter((_, at) => at !== position)
    assert.ok(others.every(({ notice }) => notice === ''), 'no other tile claims to be down')
    begun.length = 0
    const clearedMs = performance.now()
    stage.fleet().clearFault(index)
    // What was buffered before plays on for a moment; only pictures of a new pull prove the return.
    await when('the page has the new pull', BACK_WITHIN_MS, () => begun.includes(idOf(index)))
    const { frames = 0 } = (await tilesOf(page))[position] ?? {}
    await pageWhen(page, live(position, frames), BACK_WITHIN_MS)
    const backMs = performance.now() - clearedMs
    say('picture back after the camera', backMs)
    assert.ok(backMs <= BACK_WITHIN_MS, `took ${backMs} ms`)
  })

  if (copyBy === 'ffmpeg') it('brings the picture back after its process was killed, and no other tile notices', async function () {
    if (process.platform !== 'linux') return this.skip()
    const fleet = stage.fleet()
    await when('one pull for each tile', 15_000, () => shown.every((index) => fleet.viewers(index) > 0) && pulls().length >= shown.length)
    const [victim] = pulls()
    assert.ok(victim !== undefined)
    begun.length = 0
    await startOver(page)
    const lateness = new Lateness()
    const killedMs = performance.now()
    process.kill(victim, 'SIGKILL')
    let hit = -1
    await when('a camera loses its viewer', 5_000, () => (hit = shown.findIndex((index) => fleet.viewers(index) === 0)) >= 0)
    await when('the page has the new pull', BACK_WITHIN_MS, () => begun.includes(idOf(shown[hit] ?? 0)))
    const { frames = 0 } = (await tilesOf(page))[hit] ?? {}
    await pageWhen(page, live(hit, frames), BACK_WITHIN_MS)
    const backMs = performance.now() - killedMs
    say('picture back after kill -9', backMs)
    assert.ok(backMs <= BACK_WITHIN_MS, `took ${backMs} ms`)
    assert.deepEqual([...new Set(begun)], [idOf(shown[hit] ?? 0)], 'no other tile began anew')
    const mostMs = 4_000 + lateness.longestMs()
    lateness.close()
    for (const [at, { name, frames: grown, longestUnmovedMs }] of (await tilesOf(page)).entries()) {
      if (at !== hit) assert.ok(grown > 0 && longestUnmovedMs < mostMs, `${name} stood still for ${longestUnmovedMs} ms of ${mostMs}`)
    }
    const heldUpMs = await heldUpMsOf(page)
    assert.ok(heldUpMs < mostMs, `the page was held up for ${heldUpMs} ms of ${mostMs}`)
  })

  if (copyBy === 'direct') it('tags the selected picture with T and keeps an exhibit whose sum is that of its bytes', async () => {
    const title = '经一路非机动车被盗案'
    const opened = await client.request('POST', '/api/cases', { title, category: '050200', incidentNumber: '149903510000202611230001' })
    assert.equal(opened.code, '', opened.text)
    const position = 6
    await page.locator('.grid > .cell').nth(position).click({ position: { x: 60, y: 90 } })
    await page.keyboard.press('t')
    const dialog = page.getByRole('dialog', { name: '视频标注' })
    await dialog.locator('.el-select').click()
    await page.locator('.el-select-dropdown__item', { hasText: title }).click()
    await dialog.locator('textarea').fill('黑色外套，往北')
    await dialog.getByRole('button', { name: '标注', exact: true }).click()
    await page.locator('.el-message--success', { hasText: '已标注' }).waitFor({ timeout: 20_000 })
    await dialog.waitFor({ state: 'hidden' })

    const { items } = (await client.get('/api/tags')).as(api.listTags.result)
    assert.equal(items.length, 1)
    const [tag] = items
    assert.equal(tag?.note, '黑色外套，往北')
    assert.equal(tag?.caseTitle, title)
    assert.deepEqual(tag?.cameras.map(({ id }) => id), [idOf(shown[position] ?? 0)])
    assert.equal(Date.parse(tag?.to ?? '') - Date.parse(tag?.from ?? ''), 10_000)
    assert.deepEqual(tag?.exhibitsMissing, [])
    const [exhibit] = tag?.exhibits ?? []
    const picture = await fetch(`${stage.server.origin}/api/exhibits/${exhibit?.id}/picture`, { headers: { cookie: client.cookie } })
    assert.equal(picture.status, 200)
    const bytes = Buffer.from(await picture.arrayBuffer())
    assert.equal(bytes.subarray(0, 2).toString('hex'), 'ffd8')
    assert.equal(bytes.length, exhibit?.bytes)
    assert.equal(createHash('sha256').update(bytes).digest('hex'), exhibit?.sha256)
  })

  it('goes through all of it without a complaint', () => {
    // A camera that is gone answers its playlist with a refusal; that is what the second test asked for.
    assert.deepEqual(watched.complaints.filter((line) => !/^answer (404|409|410|502|503|504): \/media\//.test(line)), [])
  })
})

/** Processes of this server that pull a live stream out of the relay. */
function pulls(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((id) => {
    try {
      const parent = Number(readFileSync(`/proc/${id}/stat`, 'latin1').split(') ')[1]?.split(' ')[1])
      if (parent !== process.pid) return false
      const words = readFileSync(`/proc/${id}/cmdline`, 'latin1').split('\0')
      return words.some((word) => word.startsWith('rtsp://127.0.0.1:')) && words.includes('mp4')
    } catch {
      return false // ended meanwhile
    }
  })
}
