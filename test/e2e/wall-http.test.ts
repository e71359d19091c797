// The wall over plain HTTP/1.1 where no WebSocket gets through: nine live pictures on six connections, and a console that
// answers beside them, also when most of the cameras have fallen silent.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { FRAMES_PER_SECOND } from '../fleet/scenes/scene.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import { openNarrowLine, type NarrowLine } from '../support/narrow-line.ts'
import type { UnitName } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { startOver, tilesOf, tileWatchScript } from './tile-watch.ts'

// Numbers 5 and 8 of the simulated cameras have streams that must be transcoded.
const unitOf = Array.from({ length: 11 }, (_, at): UnitName => ([5, 8].includes(at + 1) ? 'stationB' : 'stationA'))
const shown = unitOf.flatMap((unit, at) => (unit === 'stationA' ? [at + 1] : []))
const WALL_WITHIN_MS = 30_000
const WATCHED_SECONDS = 15
/** What a person at a busy build machine may wait for a list; a console without a free connection waits eight seconds. */
const ANSWER_WITHIN_MS = 2_000

/** In the page: asks for the tree every half second, beside the wall, and keeps how long each answer took. */
const askerScript = `(() => {
  const tookMs = []
  let open = null
  const ask = async () => {
    const sentMs = open = performance.now()
    const answer = await fetch('/api/units')
    await answer.text()
    open = null
    if (answer.status === 200) tookMs.push(performance.now() - sentMs)
  }
  setInterval(() => { if (open === null && location.pathname === '/wall') void ask() }, 500)
  window.asker = {
    /** Longest so far, with the one that is under way. */
    longestMs: () => Math.max(0, ...tookMs, open === null ? 0 : performance.now() - open),
    count: () => tookMs.length,
    startOver: () => { tookMs.length = 0 },
  }
})()`

describe('the wall over HTTP/1.1 alone', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let line: NarrowLine
  let watched: WatchedPage
  let page: Page
  const idOf = (index: number): string => stage.cameraIds.get(index) ?? ''
  const longestMs = () => read(page, 'asker.longestMs()', z.number())

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(unitOf)
    const client = await stage.server.signIn('operatorA')
    await when('every camera of the wall is online', 90_000, async () => {
      const { items } = (await client.get('/api/cameras?status=online&pageSize=200')).as(api.listCameras.result)
      return shown.every((index) => items.some(({ id }) => id === idOf(index)))
    })
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 9, cameraIds: shown.map(idOf) })).status, 204)
    line = await openNarrowLine(stage.server.origin)
    watched = await openPage(stage.browser, line.origin, { init: `${tileWatchScript};\n${askerScript}` })
    page = watched.page
    await signInByHand(page, 'operatorA')
  })
  after(async function () {
    this.timeout(30_000)
    await line?.close()
    await stage?.close()
  })

  it('shows nine moving pictures while lists are answered in time', async () => {
    await page.goto('/wall')
    await pageWhen(page, 'tileWatch.count() === 9 && tileWatch.all((tile) => tile.frames > 0)', WALL_WITHIN_MS).catch(async () => assert.fail(JSON.stringify(await tilesOf(page))))
    await pageWhen(page, `tileWatch.all((tile) => /\\d/.test(tile.badge) && tile.notice === '')`, WALL_WITHIN_MS)
    assert.ok(line.refused() > 0, 'the console tried its media socket')
    await startOver(page)
    await page.evaluate('asker.startOver()')
    await pageWhen(page, `tileWatch.all((tile) => tile.frames >= ${WATCHED_SECONDS * FRAMES_PER_SECOND})`, 3 * WATCHED_SECONDS * 1_000).catch(async () => assert.fail(JSON.stringify(await tilesOf(page))))
    for (const { name, notice, longestStillMs, badge } of await tilesOf(page)) {
      assert.match(badge, /^实时 \d+\.\d 秒$/, name)
      assert.equal(notice, '', name)
      assert.ok(longestStillMs < 5_000, `${name} stood still for ${longestStillMs} ms`)
    }
    const tookMs = await longestMs()
    console.log(`      longest answer beside nine tiles: ${Math.round(tookMs)} ms`)
    assert.ok(tookMs < ANSWER_WITHIN_MS, `a list took ${tookMs} ms`)
  })

  it('answers in time also while seven of the nine cameras have fallen silent', async () => {
    const silent = shown.slice(0, 7)
    await page.evaluate('asker.startOver()')
    for (const index of silent) stage.fleet().setFault(index, { name: 'rtsp-silent' })
    await pageWhen(page, 'asker.count() >= 12', 60_000).catch(() => assert.fail(`answers stopped; under way: ${line.underWay().join(' ')}`))
    const tookMs = await longestMs()
    console.log(`      longest answer beside seven silent cameras: ${Math.round(tookMs)} ms`)
    assert.ok(line.mostMedia() <= 4, `${line.mostMedia()} connections were taken by media`)
    assert.ok(tookMs < ANSWER_WITHIN_MS, `a list took ${tookMs} ms; under way: ${line.underWay().join(' ')}`)
  })
})
