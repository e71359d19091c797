// The last seconds again, in a real browser: which frame is on screen is read from its pixels, and what the tile says of
// it must agree; a key leads back to now; a camera that was just cut can still be looked back at.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { watermarkPercent } from '#contract/watermark.ts'
import { markWatchScript, readMark } from '../bench/mark-watch.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'
import { tileWatchScript } from './tile-watch.ts'

const PAST = '.host.over video:not(.coming)'
/** A build machine runs the browser, the server and the cameras on two cores. */
const WITHIN_MS = 8_000
/** So far may the live badge be from what the pixels prove: it is rounded to a tenth of a second, and told of the frame before. */
const BADGE_WITHIN_MS = 300
const BADGE_LOOKS = 9

describe('a replay in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let client: Client
  let watched: WatchedPage
  let page: Page
  /** Wishes for live media that the page sent. */
  const subscribed: string[] = []

  const bar = () => page.locator('.replay').first()
  const gone = () => pageWhen(page, `document.querySelector('.tile.past') === null && document.querySelector('.host.over video') === null`, WITHIN_MS)
  const shown = () => pageWhen(page, `document.querySelector('${PAST}')?.readyState >= 2 && /\\d/.test(document.querySelector('.replay .behind')?.textContent ?? '')`, WITHIN_MS)
  /** What the tile says: how many seconds ago, and the time of day. */
  const told = async () => {
    const [ago, at] = await read(page, `[document.querySelector('.replay .behind').textContent, document.querySelector('.replay .at').textContent]`, z.tuple([z.string(), z.string()]))
    return { agoSeconds: Number(/^(\d+\.\d) 秒前$/.exec(ago)?.[1] ?? assert.fail(ago)), at }
  }
  /** Age of the frame in the pixels by the camera's own record of when it sent it. */
  const ageInPixels = async (aboutSeconds: number): Promise<number> => {
    let ageMs: number | null = null
    await when('a legible frame mark', WITHIN_MS, async () => {
      const seen = await readMark(page, 0, PAST)
      const sentMs = seen && stage.fleet().markTime(1, 'sub', seen.index, seen.atMs - aboutSeconds * 1000)
      ageMs = seen && sentMs !== null ? seen.atMs - sentMs : null
      return ageMs !== null
    })
    return (ageMs ?? assert.fail()) / 1000
  }
  /** Mean difference of two JPEGs' green, without the line of words at the foot; of 255. */
  const differenceOf = (one: Uint8Array, other: Uint8Array) =>
    read(
      page,
      `(async () => {
        const [a, b] = await Promise.all(${JSON.stringify([one, other].map((jpeg) => Buffer.from(jpeg).toString('base64')))}.map(async (text) => {
          const image = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))]))
          const canvas = new OffscreenCanvas(image.width, image.height)
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0)
          return context.getImageData(0, 0, image.width, Math.floor(image.height * 0.9))
        }))
        if (a.width !== b.width || a.height !== b.height) throw new Error('pictures of two sizes')
        let sum = 0
        for (let at = 1; at < a.data.length; at += 4) sum += Math.abs(a.data[at] - b.data[at])
        return sum / (a.data.length / 4)
      })()`,
      z.number(),
    )
  const acts = async (action: string) => (await (await stage.server.signIn('auditor')).get(`/api/audit?action=${action}`)).as(api.listAudit.result).items

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationA', 'stationA'])
    client = await stage.server.signIn('operatorA')
    // Pulled from now on, so that memory fills while the browser signs in.
    const cameraId = stage.cameraIds.get(1) ?? assert.fail()
    assert.equal((await client.request('POST', '/api/live', { cameraId, stream: 'sub' })).status, 200)
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 4, cameraIds: [1, 2].map((index) => stage.cameraIds.get(index)) })).status, 204)
    watched = await openPage(stage.browser, stage.server.origin, { init: `${markWatchScript};${tileWatchScript}` })
    page = watched.page
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => void (typeof payload === 'string' && payload.includes('"subscribe"') && subscribed.push(payload))))
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await pageWhen(page, 'tileWatch.count() === 2 && tileWatch.all((tile) => tile.frames > 0)', 30_000)
    // So that ten seconds are there to look back at, and not yet forty.
    await when('memory reaches back', 40_000, async () => (await stage.server.app.mediaPlane.held(cameraId, { h264: 2 ** 28, h265: 0 })).some(({ stream, fromMs, toMs }) => stream === 'sub' && toMs - fromMs >= 14_000))
  })
  after(() => stage?.close())

  it('tells of a live picture the delay that its pixels prove, to within 0.3 s', async () => {
    const differences: number[] = []
    await when(`${BADGE_LOOKS} looks at a badge and a legible frame mark`, 2 * WITHIN_MS, async () => {
      const seen = await readMark(page, 0)
      const sentMs = seen && stage.fleet().markTime(1, seen.widthPx > 640 ? 'main' : 'sub', seen.index, seen.atMs)
      if (seen && seen.toldMs !== null && sentMs !== null) differences.push(seen.toldMs - (seen.atMs - sentMs))
      return differences.length >= BADGE_LOOKS
    })
    // One look may fall on a page that has just been busy; the middle one may not.
    const middle = differences.toSorted((a, b) => a - b)[Math.floor(BADGE_LOOKS / 2)] ?? NaN
    assert.ok(Math.abs(middle) < BADGE_WITHIN_MS, `badge minus mark: ${differences.map(Math.round).join(', ')} ms`)
  })

  it('shows with J the frame of ten seconds ago, says so truly, and claims nothing to be live', async () => {
    await page.keyboard.press('j')
    await shown()
    const age = await ageInPixels(10)
    const { agoSeconds, at } = await told()
    assert.ok(age > 8.5 && age < 13, `the frame in the pixels is ${age} s old`)
    assert.ok(Math.abs(age - agoSeconds) < 1.5, `the tile says ${agoSeconds} s, the pixels say ${age} s`)
    assert.match(at, /^\d\d:\d\d:\d\d$/)
    const [cell] = await read(page, `[...document.querySelectorAll('.grid > .cell')].sort((a, b) => a.style.order - b.style.order).map((cell) => [cell.querySelector('.title .delay') !== null, cell.querySelector('.tile.past') !== null, cell.querySelector('.ptz') !== null])`, z.array(z.array(z.boolean())))
    assert.deepEqual(cell, [false, true, false], 'no live badge, a frame around it, no hand on the head')
    assert.match((await page.locator('.health').textContent()) ?? '', /回放 1/)
  })

  it('goes on playing at the same distance, and deeper with each press, at most as far as memory reaches', async () => {
    const before = await readMark(page, 0, PAST)
    await when('the past moves', WITHIN_MS, async () => (await readMark(page, 0, PAST))?.index !== before?.index)
    const { agoSeconds } = await told()
    await page.keyboard.press('j')
    await pageWhen(page, `parseFloat(document.querySelector('.replay .behind')?.textContent ?? '0') > ${agoSeconds + 1}`, WITHIN_MS)
    const deeper = await told()
    assert.ok(Math.abs((await ageInPixels(deeper.agoSeconds)) - deeper.agoSeconds) < 1.5)
  })

  it('stands still with the space bar, counts on how old the picture is, and goes on from there', async () => {
    await page.keyboard.press(' ')
    await pageWhen(page, `document.querySelector('${PAST}').paused`, WITHIN_MS)
    const held = await told()
    const mark = await readMark(page, 0, PAST)
    await pageWhen(page, `parseFloat(document.querySelector('.replay .behind').textContent) > ${held.agoSeconds + 1.5}`, WITHIN_MS)
    assert.equal((await told()).at, held.at)
    assert.equal((await readMark(page, 0, PAST))?.index, mark?.index)
    await page.keyboard.press(' ')
    await when('it goes on', WITHIN_MS, async () => (await readMark(page, 0, PAST))?.index !== mark?.index)
  })

  it('keeps the watermark above it, and takes a snapshot of the moment that it shows', async () => {
    const over = await read(page, `(() => { const tile = document.querySelector('.tile.past'); const mark = tile.querySelector('.watermark'); const glass = tile.querySelector('.glass'); return (glass.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && getComputedStyle(mark).backgroundImage.includes('svg') })()`, z.boolean())
    assert.equal(over, true)
    const before = await told()
    const asked = Date.now()
    const saved = page.waitForEvent('download', { timeout: 20_000 })
    await page.keyboard.press('s')
    await saved
    const after = await told()
    const [act] = await acts('snapshot.view')
    assert.equal(act?.detail['replay'], true)
    const [oldest, newest] = [asked, Date.parse(act?.at ?? '')].map((atMs) => (atMs - Date.parse(String(act?.detail['pictureAt']))) / 1000)
    const [least, most] = [Math.min(before.agoSeconds, after.agoSeconds), Math.max(before.agoSeconds, after.agoSeconds)]
    console.log(`      a picture of ${oldest} to ${newest} s ago while ${least} to ${most} s were shown`)
    assert.ok((oldest ?? NaN) < most + 0.6 && (newest ?? NaN) > least - 0.6, `a picture of ${oldest} to ${newest} s ago while ${least} to ${most} s were shown`)
  })

  it('burns the watermark into a snapshot, in the strength that is set', async () => {
    const secadmin = await stage.server.signIn('secadmin')
    const changed: number[] = []
    let clean: Buffer = Buffer.alloc(0)
    await page.route('**/snapshot?*', async (route) => {
      const response = await route.fetch()
      clean = await response.body()
      await route.fulfill({ response, body: clean })
    })
    for (const opacityPercent of [watermarkPercent.least, watermarkPercent.most]) {
      assert.equal((await secadmin.request('PUT', '/api/watermark', { opacityPercent })).status, 200)
      await pageWhen(page, `getComputedStyle(document.querySelector('.watermark')).backgroundImage.includes(encodeURIComponent('opacity="${opacityPercent / 100}"'))`, WITHIN_MS)
      const saved = page.waitForEvent('download', { timeout: 20_000 })
      await page.keyboard.press('s')
      const path = await (await saved).path()
      changed.push(await differenceOf(clean, readFileSync(path)))
    }
    await page.unroute('**/snapshot?*')
    const [weak = 0, strong = 0] = changed
    assert.ok(weak > 1.5, `a mean of ${weak} of 255 above the line of words: there is none`)
    assert.ok(strong > 1.5 * weak, `${strong} is no stronger than ${weak}`)
  })

  it('marks the picture on the page of a camera too, on screen and in the file', async () => {
    const { page: other } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(other, 'operatorA')
    let clean: Buffer = Buffer.alloc(0)
    await other.route('**/snapshot?*', async (route) => {
      const response = await route.fetch()
      clean = await response.body()
      await route.fulfill({ response, body: clean })
    })
    await other.goto(`/cameras/${stage.cameraIds.get(1)}`)
    const saved = other.waitForEvent('download', { timeout: 20_000 })
    await other.getByRole('button', { name: '保存' }).click()
    const inFile = await differenceOf(clean, readFileSync(await (await saved).path()))
    assert.ok(inFile > 1.5, `a mean of ${inFile} of 255 in the file: there is no mark`)
    const drawn = await read(
      other,
      `(() => {
        const image = document.querySelector('.frame img')
        const canvas = document.createElement('canvas')
        canvas.width = image.naturalWidth
        canvas.height = image.naturalHeight
        canvas.getContext('2d').drawImage(image, 0, 0)
        return canvas.toDataURL('image/jpeg', 0.95).split(',')[1]
      })()`,
      z.string(),
    )
    const onScreen = await differenceOf(clean, Buffer.from(drawn, 'base64'))
    assert.ok(onScreen > 1.5, `a mean of ${onScreen} of 255 on screen: there is no mark`)
    await other.context().close()
  })

  it('is left by L, and the live picture is there without being opened again', async () => {
    const before = subscribed.length
    assert.ok(before >= 2, 'the wishes of the page are seen')
    await page.keyboard.press('l')
    await gone()
    await pageWhen(page, `(() => { const tile = tileWatch.tiles()[0]; return /\\d/.test(tile.badge) && tile.notice === '' })()`, WITHIN_MS)
    assert.deepEqual(subscribed.slice(before), [])
  })

  it('shows what a camera saw before it was cut', async () => {
    stage.fleet().setFault(1, { name: 'off' })
    await pageWhen(page, `tileWatch.tiles()[0].notice !== ''`, 15_000)
    await page.keyboard.press('j')
    await shown()
    assert.match((await bar().textContent()) ?? '', /回放/)
    await page.keyboard.press('Escape')
    await gone()
    stage.fleet().clearFault(1)
  })

  it('says that there is nothing, of a camera whose pictures nobody has in memory', async () => {
    await stage.server.app.mediaPlane.stop({ cameraId: stage.cameraIds.get(2) ?? '', stream: 'sub' })
    stage.fleet().setFault(2, { name: 'off' })
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('k')
    await pageWhen(page, `document.querySelector('.replay .behind')?.textContent === '服务器缓存中没有这段画面'`, WITHIN_MS)
    await page.keyboard.press('l')
    await gone()
  })

  it('stands in the audit with the moment from which on it was shown', async () => {
    const opened = await acts('replay.open')
    assert.equal(opened.length, 3)
    for (const { detail, at } of opened) assert.ok(Date.parse(at) - Date.parse(String(detail['from'])) >= 9_000)
  })

  it('goes through all of it without a complaint', () => {
    assert.deepEqual(watched.complaints.filter((text) => text !== 'answer 404: /api/live/replay'), [])
  })
})
