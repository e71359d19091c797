// Pictures and proofs with a real ffmpeg: of a moment in memory, by a short pull, frozen, black, refused.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import type { MediaPlane } from '#streams'
import { locateFfmpeg } from '../../streams/ffmpeg/locate.ts'
import { jpegSize } from '../../streams/pictures/jpeg.ts'
import { encodeLoop, openPlane, playlistWhen, segmentNames, sourceOf, type Loop } from '../unit/streams/plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from '../unit/streams/scripted-camera.ts'

describe('a camera’s picture', function () {
  this.timeout(40_000)
  let moving: Loop
  let plane: MediaPlane
  let camera: ScriptedCamera

  before(async function () {
    if (!(await locateFfmpeg(process.env))) this.skip()
    moving = await encodeLoop()
  })

  beforeEach(async () => {
    plane = await openPlane()
  })

  afterEach(async () => {
    await plane.close()
    await camera.stop()
  })

  const begin = async (script: CameraScript = {}) => {
    camera = await new ScriptedCamera({ login: 'digest-sha256', password: 'pw', loop: moving, ...script }).start()
    return sourceOf(camera)
  }

  it('is proven changing by a short pull that leaves nothing behind', async () => {
    const source = await begin()
    const proof = await plane.prove(source)
    assert.ok(proof.kind === 'picture', JSON.stringify(proof))
    const { changing, black, shared, width, height, codec } = proof
    assert.deepEqual({ changing, black, shared, width, height, codec }, { changing: true, black: false, shared: false, width: 320, height: 180, codec: 'h264' })
    assert.deepEqual(await plane.reports(), [])
  })

  it('is proven from memory without a second pull while the stream runs, for main and sub alike', async () => {
    const source = await begin()
    await plane.open(source)
    await playlistWhen(plane, source, (text) => segmentNames(text).length >= 4)
    const connections = camera.connections
    for (const stream of ['sub', 'main'] as const) {
      const proof = await plane.prove({ ...source, stream })
      assert.ok(proof.kind === 'picture' && proof.changing && proof.shared, JSON.stringify(proof))
    }
    assert.equal(camera.connections, connections)
  })

  it('is proven not changing when the camera repeats itself, and not called black', async () => {
    const source = await begin({ loop: await encodeLoop({ source: 'smptebars' }) })
    const proof = await plane.prove(source)
    assert.ok(proof.kind === 'picture' && !proof.changing && !proof.black, JSON.stringify(proof))
  })

  it('is proven black when it is', async () => {
    const source = await begin({ loop: await encodeLoop({ source: 'color=c=black' }) })
    const proof = await plane.prove(source)
    assert.ok(proof.kind === 'picture' && proof.black, JSON.stringify(proof))
  })

  it('is seen to change although all key frames are alike', async () => {
    const source = await begin({ loop: await encodeLoop({ gop: 50, seconds: 2 }) })
    const proof = await plane.prove(source)
    assert.ok(proof.kind === 'picture' && proof.changing, JSON.stringify(proof))
  })

  it('is a fault with its cause when there is none', async () => {
    const refused = await begin({ password: 'pw' })
    const wrong = { ...refused, credential: sourceOf(await new ScriptedCamera({ password: 'other' })).credential }
    const outcomes = [
      await plane.prove(wrong),
      await plane.prove({ ...refused, host: '192.0.2.1' }),
      await plane.prove({ ...refused, port: 1 }),
    ]
    assert.deepEqual(outcomes.map((proof) => (proof.kind === 'fault' ? proof.fault.code : proof.kind)), ['rtsp_refused', 'address_refused', 'unreachable'])
  })

  it('is given as it was at a moment of the past, and refused for a moment that memory does not have', async () => {
    const source = await begin()
    await plane.open(source)
    await playlistWhen(plane, source, (text) => segmentNames(text).length >= 5)
    const [report] = await plane.reports()
    const atMs = (report?.newestFrameMs ?? 0) - 2_000
    const picture = await plane.picture(source, atMs)
    assert.deepEqual(jpegSize(picture.jpeg), { width: 320, height: 180 })
    assert.ok(picture.pictureMs <= atMs && atMs - picture.pictureMs < 100, `${atMs - picture.pictureMs} ms off`)
    for (const elsewhere of [atMs - 60_000, atMs + 60_000]) {
      await assert.rejects(plane.picture(source, elsewhere), (error: unknown) => error instanceof AppError && error.code === 'no_picture')
    }
  })

  it('is pulled for the newest one when the stream does not run', async () => {
    const source = await begin()
    const picture = await plane.picture(source, 'newest')
    assert.deepEqual([picture.width, picture.height], [320, 180])
  })
})
