// The wall out of the HTTP origin, where the media socket does not get through. Over plain HTTP/1.1: nine live pictures on
// six connections, and a console that answers beside them, also when most of the cameras have fallen silent. Over HTTP/2:
// every tile part by part on one connection.
import assert from 'node:assert/strict'
import type { Page, Response } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { mediaPushPath } from '#contract/media-push.ts'
import { FRAMES_PER_SECOND } from '../fleet/scenes/scene.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import { Lateness } from '../support/lateness.ts'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { openNarrowLine, type NarrowLine } from '../support/narrow-line.ts'
import { Http2Client } from '../support/http2-client.ts'
import type { Answer, UnitName } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { assertFlowing, startOver, tilesOf, tileWatchScript, watchTiles } from './tile-watch.ts'

// Numbers 5 and 8 of the simulated cameras have streams that must be transcoded.
const unitOf = Array.from({ length: 11 }, (_, at): UnitName => ([5, 8].includes(at + 1) ? 'stationB' : 'stationA'))
const shown = unitOf.flatMap((unit, at) => (unit === 'stationA' ? [at + 1] : []))
const WALL_WITHIN_MS = 30_000
const WATCHED_SECONDS = 15
/** What a list may take on a build machine whose two cores decode nine pictures. That connections are free is counted, not timed. */
const ANSWER_WITHIN_MS = 5_000

/** In the page, beside the script that watches tiles: asks for the tree every half second, beside the wall, and keeps how long each answer took. */
const askerScript = `(() => {
  const tookMs = []
  let open = null
  const ask = async () => {
    const sentMs = open = tileWatch.awakeMs()
    const answer = await fetch('/api/units')
    await answer.text()
    open = null
    if (answer.status === 200) tookMs.push(tileWatch.awakeMs() - sentMs)
  }
  setInterval(() => { if (open === null && location.pathname === '/wall') void ask() }, 500)
  window.asker = {
    /** Longest so far, with the one that is under way. */
    longestMs: () => Math.max(0, ...tookMs, open === null ? 0 : tileWatch.awakeMs() - open),
    count: () => tookMs.length,
    startOver: () => { tookMs.length = 0 },
  }
})()`

/** What a client of either protocol can be asked. */
interface Asker {
  get(path: string): Promise<Pick<Answer, 'as'>>
  request(method: string, path: string, body: unknown): Promise<Pick<Answer, 'status'>>
}

/** A wall of the nine cameras, whose first patrol is over. */
async function putWall(stage: Stage, client: Asker): Promise<void> {
  const idOf = (index: number) => stage.cameraIds.get(index) ?? ''
  await when('every camera of the wall is online', 90_000, async () => {
    const { items } = (await client.get('/api/cameras?status=online&pageSize=200')).as(api.listCameras.result)
    return shown.every((index) => items.some(({ id }) => id === idOf(index)))
  })
  assert.equal((await client.request('PUT', '/api/wall', { tiles: 9, cameraIds: shown.map(idOf) })).status, 204)
}

/** Opens the wall; all nine tiles then decode for a while, say their delay, and lists are answered beside them. */
async function assertLiveBesideAnswers(stage: Stage, page: Page): Promise<void> {
  await page.goto('/wall')
  await pageWhen(page, 'tileWatch.count() === 9 && tileWatch.all((tile) => tile.frames > 0)', WALL_WITHIN_MS).catch(async () => assert.fail(JSON.stringify(await tilesOf(page))))
  await pageWhen(page, `tileWatch.all((tile) => /\\d/.test(tile.badge) && tile.notice === '')`, WALL_WITHIN_MS)
  await page.evaluate('asker.startOver()')
  const watched = await watchTiles(page, stage.fleet(), shown, WATCHED_SECONDS)
  const tookMs = await longestAnswerMs(page)
  console.log(`      ${watched.tiles.map(({ badge, stalls }) => `${badge}${stalls > 0 ? ` (${stalls} stalls)` : ''}`).join(', ')}; longest answer ${Math.round(tookMs)} ms`)
  // Who reads segments may go two seconds further back once, of the fifteen.
  assertFlowing(watched, 0.8)
  assert.ok(tookMs < ANSWER_WITHIN_MS + watched.heldUpMs, `a list took ${tookMs} ms, while the server was held up for ${watched.heldUpMs} ms`)
}

const longestAnswerMs = (page: Page) => read(page, 'asker.longestMs()', z.number())
const scripts = `${tileWatchScript};\n${askerScript}`

describe('the wall over HTTP/1.1 alone', function () {
  this.timeout(120_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let line: NarrowLine
  let watched: WatchedPage
  let page: Page

  /** Media takes four of the six; the proxy may hear of an aborted one a moment after the next has begun. */
  const assertConnectionsFree = () => {
    const share = line.shareBeyond(4)
    console.log(`      media took more than four connections for ${(100 * share).toFixed(1)} % of the time`)
    assert.ok(share < 0.2, `media took more than four connections for ${Math.round(100 * share)} % of the time`)
  }

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(unitOf)
    await putWall(stage, await stage.server.signIn('operatorA'))
    line = await openNarrowLine(stage.server.origin)
    watched = await openPage(stage.browser, line.origin, { init: scripts })
    page = watched.page
    await signInByHand(page, 'operatorA')
  })
  after(async function () {
    this.timeout(30_000)
    await line?.close()
    await stage?.close()
  })

  it('shows nine moving pictures while lists are answered in time', async () => {
    await assertLiveBesideAnswers(stage, page)
    assert.ok(line.refused() > 0, 'the console tried its sockets')
    assertConnectionsFree()
  })

  it('answers in time also while seven of the nine cameras have fallen silent', async () => {
    await page.evaluate('asker.startOver()')
    const lateness = new Lateness()
    for (const index of shown.slice(0, 7)) stage.fleet().setFault(index, { name: 'rtsp-silent' })
    await pageWhen(page, 'asker.count() >= 12', 60_000).catch(() => assert.fail(`answers stopped; under way: ${line.underWay().join(' ')}`))
    const tookMs = await longestAnswerMs(page)
    const heldUpMs = lateness.longestMs()
    lateness.close()
    console.log(`      longest answer beside seven silent cameras: ${Math.round(tookMs)} ms`)
    assertConnectionsFree()
    assert.ok(tookMs < ANSWER_WITHIN_MS + heldUpMs, `a list took ${tookMs} ms, while the server was held up for ${heldUpMs} ms; under way: ${line.underWay().join(' ')}`)
  })

  it('plays a tile that is looked at part by part, and the others on', async () => {
    const index = shown[8] ?? 0
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.locator('.grid > .cell').nth(8).dblclick()
    await when('its playlist with parts', 20_000, () => asked.some((path) => path.startsWith(`/media/${stage.cameraIds.get(index)}/main/`) && path.endsWith('-live.m3u8')))
    await startOver(page)
    await pageWhen(page, `tileWatch.tiles()[8].frames > ${5 * FRAMES_PER_SECOND}`, 30_000)
    assertConnectionsFree()
  })
})

describe('the wall over HTTP/2', function () {
  this.timeout(120_000)
  const lack = lacking({ cameras: true })
  let certificate: TestCertificate
  let stage: Stage
  let client: Http2Client

  before(async function () {
    this.timeout(240_000)
    const made = lack === null ? makeCertificate() : null
    if (made === null) return this.skip()
    certificate = made
    stage = await openStage(unitOf, { config: { server: { tlsCertificateFile: made.certificateFile, tlsKeyFile: made.keyFile } } })
    client = new Http2Client(stage.server.origin, certificate.certificate)
    await client.signIn('operatorA')
    await putWall(stage, client)
  })
  after(async function () {
    this.timeout(30_000)
    client?.close()
    await stage?.close()
    certificate?.remove()
  })

  it('plays all nine tiles part by part on one connection when there is no media socket', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin, { init: scripts })
    await page.routeWebSocket(`**${mediaPushPath}`, (socket) => socket.close())
    const parts = new Set<string>()
    page.on('response', (response: Response) => {
      const [, camera = ''] = /^\/media\/([^/]+)\/sub\/\d+-\d+\.\d+\.m4s$/.exec(new URL(response.url()).pathname) ?? []
      if (camera !== '' && response.status() === 200) parts.add(camera)
    })
    await signInByHand(page, 'operatorA')
    await assertLiveBesideAnswers(stage, page)
    assert.equal(parts.size, 9)
    const protocols = await read(page, "[...new Set(performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(location.origin)).map(({ nextHopProtocol }) => nextHopProtocol))]", z.array(z.string()))
    assert.deepEqual(protocols.filter((protocol) => protocol !== ''), ['h2'])
    await page.context().close()
  })

  it('shows the wall by the media socket, which goes beside HTTP/2', async () => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin, { init: scripts })
    const media: string[] = []
    page.on('websocket', (socket) => void media.push(new URL(socket.url()).pathname))
    page.on('request', (request) => void (new URL(request.url()).pathname.startsWith('/media/') && media.push(request.url())))
    await signInByHand(page, 'operatorA')
    await assertLiveBesideAnswers(stage, page)
    assert.ok(media.includes(mediaPushPath))
    assert.deepEqual(media.filter((path) => path.includes('.m')), [])
    assert.deepEqual(complaints, [])
  })
})
