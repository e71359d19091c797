// Live streams through the media plane, read by ourselves and by a real ffmpeg: cold start, sharing, loss and return, change
// of parameters. What both must do is one list; what only a process can suffer is behind it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { AppError } from '#base/app-error.ts'
import type { MediaPlane } from '#streams'
import { encodeLoop, nextReport, openPlane, playlistOf, playlistWhen, recordingLogger, segmentNames, sourceOf, type LoggedLine, type Loop } from '../unit/streams/plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from '../unit/streams/scripted-camera.ts'
import { Lateness } from '../support/lateness.ts'
import { locateFfmpeg } from '../../streams/ffmpeg/locate.ts'

const run = promisify(execFile)

/** What the product may take beyond ffmpeg alone; where that takes its usual 1.2 s, the 2.5 s hold. */
const MARGIN_MS = 1_250
/** From so long on the media plane, which looks ten times a second, takes itself for held up. */
const HELD_UP_MS = 400

const readers = ['direct', 'ffmpeg'] as const

for (const copyBy of readers) describe(`a live stream, read ${copyBy === 'direct' ? 'without a process' : 'by ffmpeg'}`, function () {
  this.timeout(40_000)
  let loop: Loop
  let plane: MediaPlane
  let camera: ScriptedCamera
  const lines: LoggedLine[] = []

  before(async function () {
    if (!(await locateFfmpeg(process.env))) this.skip()
    loop = await encodeLoop()
  })

  const begin = async (script: CameraScript = {}, limits = {}) => {
    camera = await new ScriptedCamera({ login: 'digest-md5', password: 'canary-@:/%#', loop, ...script }).start()
    lines.length = 0
    plane = await openPlane({ limits, logger: recordingLogger(lines), copyBy })
    return sourceOf(camera)
  }

  afterEach(async () => {
    await plane?.close()
    await camera?.stop()
  })

  /** What ffmpeg alone takes on this machine at present to have one picture of such a camera. */
  const bareMs = async (): Promise<number> => {
    const other = await new ScriptedCamera({ loop }).start()
    const ffmpeg = await locateFfmpeg(process.env)
    const startedMs = performance.now()
    await run(ffmpeg?.ffmpegPath ?? '', ['-v', 'error', '-rtsp_transport', 'tcp', '-i', other.url, '-frames:v', '1', '-f', 'null', '-'])
    const tookMs = performance.now() - startedMs
    await other.stop()
    return tookMs
  }

  it('shows its first segment within 2.5 s cold and within 1 s when it already runs, with one pull for all', async () => {
    const ffmpegMs = await bareMs()
    const source = await begin()
    const startedMs = performance.now()
    await plane.open(source)
    const first = await playlistOf(plane, source)
    const coldMs = performance.now() - startedMs
    console.log(`      cold ${Math.round(coldMs)} ms, ffmpeg alone ${Math.round(ffmpegMs)} ms`)
    // A machine on which ffmpeg alone is slow is given what that takes, and the second that the first segment lasts.
    assert.ok(coldMs < Math.max(2_500, ffmpegMs + MARGIN_MS), `cold: ${coldMs} ms, ffmpeg alone ${ffmpegMs} ms`)
    assert.match(first, /^#EXTM3U\n#EXT-X-VERSION:7\n/)
    await playlistWhen(plane, source, (text) => segmentNames(text).length >= 3)
    const joinedMs = performance.now()
    await plane.open(source)
    await playlistOf(plane, source)
    const warmMs = performance.now() - joinedMs
    assert.ok(warmMs < 1_000, `warm: ${warmMs} ms`)
    assert.equal(camera.requests.filter((request) => request.method === 'PLAY').length, 1)
  })

  it('is read by ffmpeg without a complaint', async function () {
    const source = await begin()
    await plane.open(source)
    await playlistWhen(plane, source, (text) => segmentNames(text).length >= 6)
    const server = createServer((request, response) => {
      const name = (request.url ?? '').slice(1)
      plane.file(source, name, { waitMs: 20_000, uriSuffix: '' }).then(
        (file) => response.setHeader('content-type', file.contentType).end(file.bytes),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = address && typeof address === 'object' ? address.port : 0
    const ffmpeg = await locateFfmpeg(process.env)
    try {
      const { stderr } = await run(ffmpeg?.ffmpegPath ?? '', ['-hide_banner', '-nostats', '-v', 'warning', '-t', '2', '-i', `http://127.0.0.1:${port}/index.m3u8`, '-f', 'null', '-'])
      // ffmpeg reads the init segment again with every playlist that it loads, and says so of itself.
      const complaints = stderr.split('\n').filter((line) => line.trim() && !/duplicated MOOV|Last message repeated/.test(line))
      assert.deepEqual(complaints, [])
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  if (copyBy === 'ffmpeg') it('has its picture back within 5 s after its ffmpeg was killed, while the other camera goes on untouched', async () => {
    const source = await begin()
    const other = { ...source, cameraId: 'camera-2' }
    await plane.open(source)
    await playlistOf(plane, source)
    const [pid] = pulls()
    await plane.open(other)
    await playlistOf(plane, other)
    const otherStates: string[] = []
    plane.on('state', (report) => {
      if (report.cameraId === 'camera-2') otherStates.push(report.state)
    })
    const lost = nextReport(plane, (report) => report.state === 'backing-off')
    const killedMs = performance.now()
    process.kill(pid ?? 0, 'SIGKILL')
    assert.equal((await lost).fault?.code, 'stream_reset')
    await nextReport(plane, (report) => report.cameraId === 'camera-1' && report.state === 'running')
    assert.ok(performance.now() - killedMs < 5_000)
    const text = await playlistOf(plane, source)
    assert.match(text, /#EXT-X-DISCONTINUITY\n#EXT-X-MAP/)
    assert.deepEqual(otherStates, [])
  })

  it('tells within 5 s that the camera is gone and recovers within 5 s of its return, counting its segments on', async () => {
    const source = await begin()
    await plane.open(source)
    const before = await playlistOf(plane, source)
    const lost = nextReport(plane, (report) => report.state === 'backing-off' || report.state === 'stalled')
    const goneMs = performance.now()
    await camera.stop()
    assert.ok((await lost).fault)
    assert.ok(performance.now() - goneMs < 5_000)
    await nextReport(plane, (report) => report.state === 'backing-off' && report.fault?.code === 'unreachable')
    await camera.start()
    const backMs = performance.now()
    await nextReport(plane, (report) => report.state === 'running')
    assert.ok(performance.now() - backMs < 5_000)
    const names = segmentNames(await playlistOf(plane, source))
    assert.equal(names.length, new Set(names.map((name) => name.split('-')[1])).size)
    assert.ok(segmentNames(before).every((name) => names.includes(name)))
  })

  it('is told as stalled within 5 s when the camera stays connected and sends nothing', async () => {
    const lateness = new Lateness()
    const source = await begin()
    await plane.open(source)
    await playlistOf(plane, source)
    const stalled = nextReport(plane, (report) => report.state === 'stalled')
    const frozenMs = performance.now()
    camera.freeze()
    assert.equal((await stalled).fault?.code, 'stream_silent')
    const [tookMs, heldUpMs] = [performance.now() - frozenMs, lateness.longestMs()]
    lateness.close()
    // For a while after this process was held up the plane is three times as patient: a silence then proves little.
    assert.ok(tookMs < 5_000 * (heldUpMs < HELD_UP_MS ? 1 : 3) + heldUpMs, `told after ${tookMs} ms, held up for ${heldUpMs} ms`)
  })

  it('begins a new epoch with its own init segment when the camera changes its parameter sets', async () => {
    const smaller = await encodeLoop({ size: '160x96' })
    const source = await begin({ switchTo: { afterUnits: 50, loop: smaller } })
    await plane.open(source)
    const text = await playlistWhen(plane, source, (playlist) => playlist.includes('#EXT-X-DISCONTINUITY\n'))
    const inits = [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].map((match) => match[1] ?? '')
    assert.equal(new Set(inits).size, 2)
    const sizes = await Promise.all(inits.map(async (name) => widthOf((await plane.file(source, name, { waitMs: 0, uriSuffix: '' })).bytes)))
    assert.deepEqual(sizes, [320, 160])
    assert.equal((await plane.reports())[0]?.state, 'running')
  })

  it('is stopped with its process when nobody has asked for it for a while', async () => {
    const source = await begin({}, { idleStopMs: 1_500 })
    await plane.open(source)
    await playlistOf(plane, source)
    assert.equal(pulls().length, copyBy === 'ffmpeg' ? 1 : 0)
    await nextReport(plane, (report) => report.state === 'stopped')
    await plane.stop(source)
    assert.deepEqual(ffmpegChildren(), [])
    await assert.rejects(plane.file(source, 'index.m3u8', { waitMs: 0, uriSuffix: '' }), (error: unknown) => error instanceof AppError && error.code === 'not_found')
  })

  if (copyBy === 'ffmpeg') it('never shows the password in a process, its environment or the log', async () => {
    const source = await begin()
    await plane.open(source)
    await playlistOf(plane, source)
    const [pid] = pulls()
    const seen = `${readFileSync(`/proc/${pid}/cmdline`, 'latin1')}${readFileSync(`/proc/${pid}/environ`, 'latin1')}`
    await camera.stop()
    await nextReport(plane, (report) => report.fault?.code === 'unreachable')
    const told = JSON.stringify([lines, await plane.reports()])
    assert.ok(seen.includes('rtsp://127.0.0.1:'))
    assert.ok(!seen.includes(String(camera.port)), 'the camera’s address is in the process list')
    for (const text of [seen, told]) assert.ok(!/canary/.test(text))
    assert.ok(lines.length > 0)
  })

  if (copyBy === 'direct') it('is read by ffmpeg after all when its pictures are in fields, without a word of a fault', async () => {
    const source = await begin({ loop: await encodeLoop({ interlaced: true }) })
    const faults: unknown[] = []
    plane.on('state', ({ fault }) => {
      if (fault) faults.push(fault)
    })
    await plane.open(source)
    await nextReport(plane, (report) => report.state === 'running')
    assert.equal(pulls().length, 1)
    assert.deepEqual(faults, [])
    assert.equal(camera.requests.filter(({ method }) => method === 'PLAY').length, 1)
  })
})

/** Those that read a camera; a plane that has just begun may still be asking another what it can encode with. */
function pulls(): number[] {
  return ffmpegChildren().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('rtsp://')
    } catch {
      return false // ended meanwhile
    }
  })
}

function ffmpegChildren(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(parent) === process.pid && state !== 'Z' && stat.includes('(ffmpeg)')
      } catch {
        return false
      }
    })
}

/** Width in the avc1 sample entry of an init segment. */
function widthOf(init: Uint8Array): number {
  const bytes = Buffer.from(init)
  return bytes.readUInt16BE(bytes.indexOf('avc1') + 28)
}
