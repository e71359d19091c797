// Owns the proof that an independent decoder understands the fleet: ffmpeg pulls, decodes, and the frame marks count on.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeFrameMark, findFfmpeg, startFleet } from '../fleet/index.ts'
import type { Fleet, StreamName } from '../fleet/index.ts'

const WIDTH = 640
const HEIGHT = 360

describe('fleet streams, decoded by ffmpeg', function () {
  this.timeout(60_000)
  const ffmpeg = findFfmpeg(process.env)
  let fleet: Fleet | undefined

  before(async function () {
    if (ffmpeg === null) return this.skip()
    this.timeout(300_000) // the very first start makes the scenes
    fleet = await startFleet({ cameras: 8, basePort: 0, dataDir: join(tmpdir(), 'tianwang-test-fleet'), discoveryPort: null })
  })
  after(() => fleet?.close())

  /** Decoded luma pictures and what ffmpeg complained of. The login is a simulated camera's, made for this test. */
  async function decode(index: number, stream: StreamName, frames: number): Promise<{ pictures: Buffer[]; complaints: string; exitCode: number | null }> {
    const camera = fleet?.cameras[index - 1]
    assert.ok(camera && ffmpeg !== null)
    const url = camera.rtspUrl[stream].replace('rtsp://', `rtsp://${camera.username}:${camera.password}@`)
    const args = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-rtsp_transport', 'tcp', '-i', url, '-map', '0:v', '-frames:v', String(frames), '-vf', `scale=${WIDTH}:${HEIGHT}`, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1']
    const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    let complaints = ''
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
    const bytes = Buffer.concat(chunks)
    const pictures = Array.from({ length: bytes.length / (WIDTH * HEIGHT) }, (_, i) => bytes.subarray(i * WIDTH * HEIGHT, (i + 1) * WIDTH * HEIGHT))
    return { pictures, complaints, exitCode }
  }

  for (const [index, stream, what] of [[1, 'main', 'H.264'], [1, 'sub', 'H.264'], [8, 'main', 'H.265'], [8, 'sub', 'H.265'], [5, 'sub', 'MJPEG'], [3, 'sub', 'H.264 beside G.711']] as const) {
    it(`are whole from the first frame on: ${what}, camera ${index} ${stream}`, async () => {
      const { pictures, complaints, exitCode } = await decode(index, stream, 20)
      assert.equal(exitCode, 0)
      assert.doesNotMatch(complaints, /timestamp|DTS|PTS|error|missed|corrupt|conceal/i)
      const marks = pictures.map((picture) => decodeFrameMark(picture, WIDTH, HEIGHT))
      assert.equal(marks.length, 20)
      const [first] = marks
      assert.ok(typeof first === 'number')
      assert.deepEqual(marks, marks.map((_, i) => (first + i) % 180))
      const sent = marks.map((mark) => fleet?.markTime(index, stream, mark ?? -1, Date.now()) ?? null)
      assert.ok(sent.every((at) => at !== null && Math.abs(Date.now() - at) < 30_000))
    })
  }

  it('are frozen, black, or back to normal as the fault says', async () => {
    const clean = (await decode(2, 'sub', 2)).pictures.at(-1)
    fleet?.setFault(2, { name: 'black-picture' })
    const black = (await decode(2, 'sub', 2)).pictures.at(-1)
    fleet?.clearFault(2)
    fleet?.setFault(2, { name: 'frozen-picture' })
    const frozen = (await decode(2, 'sub', 3)).pictures
    fleet?.clearFault(2)
    assert.ok(clean && black && frozen[0] && frozen[2])
    assert.ok(clean.some((luma) => luma > 100))
    assert.ok(black.every((luma) => luma < 40))
    assert.ok(frozen[0].equals(frozen[2]))
  })
})
