// The HLS origin over HTTP with a real ffmpeg and real players: parts as they close, and every player that is installed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { promisify } from 'node:util'
import { AppError } from '#base/app-error.ts'
import type { MediaPlane, StreamSource } from '#streams'
import { locateFfmpeg } from '../../streams/ffmpeg/locate.ts'
import { parseLivePlaylist } from '../support/live-reader.ts'
import { encodeLoop, openPlane, playlistWhen, segmentNames, sourceOf, type Loop } from '../unit/streams/plane-fixture.ts'
import { ScriptedCamera } from '../unit/streams/scripted-camera.ts'

const run = promisify(execFile)
const FPS = 15
const FRAME_MS = 1_000 / FPS
const STATUS: Partial<Record<AppError['kind'], number>> = { invalid: 400, missing: 404, unavailable: 503 }

/** The files of one stream, as the server gives them. */
async function serve(plane: MediaPlane, source: StreamSource): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const number = (name: string) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : null)
    plane.file(source, url.pathname.slice(1), { waitMs: 8_000, uriSuffix: '', msn: number('_HLS_msn'), part: number('_HLS_part') }).then(
      (file) => response.setHeader('content-type', file.contentType).end(file.bytes),
      (error: unknown) => response.writeHead((error instanceof AppError && STATUS[error.kind]) || 500).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, origin: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}` }
}

describe('the low-latency origin', function () {
  this.timeout(60_000)
  let loop: Loop
  let plane: MediaPlane
  let camera: ScriptedCamera
  let server: Server
  let origin: string
  let live: string

  before(async function () {
    if (!(await locateFfmpeg(process.env))) this.skip()
    loop = await encodeLoop({ fps: FPS, gop: FPS })
  })
  beforeEach(async () => {
    camera = await new ScriptedCamera({ login: 'digest-md5', loop }).start()
    plane = await openPlane()
    const source = sourceOf(camera)
    const { edition } = await plane.open(source)
    ;({ server, origin } = await serve(plane, source))
    live = `${origin}/${edition}-live.m3u8`
    await playlistWhen(plane, source, (text) => segmentNames(text).length >= 4)
  })
  afterEach(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)))
    await plane?.close()
    await camera?.stop()
  })

  it('gives a player that follows the hints each part once, whole, before the next one is made', async () => {
    const edge = (text: string) => {
      const hint = /PRELOAD-HINT:TYPE=PART,URI="(\d+-(\d+)\.(\d+)\.m4s)"/.exec(text)
      assert.ok(hint, text)
      return { uri: hint[1] ?? '', msn: Number(hint[2]), part: Number(hint[3]) }
    }
    let next = edge(await (await fetch(live)).text())
    /** From when the last frame of a part was over, by the playlist's dates, until the player had the part. */
    const lateMs: number[] = []
    const names = new Set<string>()
    for (let count = 0; count < 15; count++) {
      const early = fetch(`${origin}/${next.uri}`).then(async (answer) => ({ status: answer.status, bytes: (await answer.arrayBuffer()).byteLength, atMs: Date.now() }))
      const reload = await fetch(`${live}?_HLS_msn=${next.msn}&_HLS_part=${next.part}`)
      const text = await reload.text()
      assert.equal(reload.status, 200)
      const hinted = await early
      // A hint may be overtaken by a key frame; then it is not there and the playlist names another.
      if (hinted.status === 200) {
        const part = parseLivePlaylist(text).parts.find(({ msn, part: number }) => msn === next.msn && number === next.part)
        assert.ok(part && text.includes(`URI="${next.uri}"`) && hinted.bytes > 100, text)
        lateMs.push(hinted.atMs - (part.programDateMs + 1_000 * part.durationSeconds))
        names.add(next.uri)
      }
      next = edge(text)
    }
    assert.ok(lateMs.length >= 12 && names.size === lateMs.length)
    // One may be held up on a machine that does other things as well; the middle one is there before the next part's frames are.
    const middle = lateMs.toSorted((a, b) => a - b)[Math.floor(lateMs.length / 2)] ?? NaN
    assert.ok(middle > -FRAME_MS && middle < 2 * FRAME_MS, `${lateMs.map(Math.round).join(', ')} ms`)
    assert.equal((await fetch(`${live}?_HLS_part=1`)).status, 400)
    assert.equal((await fetch(`${live}?_HLS_msn=${next.msn + 9}`)).status, 400)
    assert.equal((await fetch(`${origin}/1-1.1.m4s`)).status, 404)
  })

  it('is read by ffmpeg through each of its playlists without a complaint', async () => {
    const ffmpeg = await locateFfmpeg(process.env)
    for (const url of [live, `${origin}/master.m3u8`, `${origin}/index.m3u8`]) {
      const { stderr } = await run(ffmpeg?.ffmpegPath ?? '', ['-hide_banner', '-nostats', '-v', 'warning', '-t', '2', '-i', url, '-f', 'null', '-'], { timeout: 40_000 })
      // ffmpeg reads the init segment again with every playlist that it loads, and says so of itself.
      const complaints = stderr.split('\n').filter((line) => line.trim() && !/duplicated MOOV|Last message repeated/.test(line))
      assert.deepEqual(complaints, [], url)
    }
  })
})
