// Owns proof that a server without ffmpeg starts, serves, and says what is missing instead of guessing.
import assert from 'node:assert/strict'
import { ffmpegThere, openScene, sweptByHand, untilStatuses, type Scene } from './acceptance-scene.ts'

describe('a server without ffmpeg', function () {
  this.timeout(60_000)
  let scene: Scene
  before(async function () {
    // The simulated cameras need it for their pictures, the server is not told of it.
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ env: { PATH: '', FFMPEG_PATH: '/nowhere/ffmpeg' }, config: sweptByHand })
    await scene.server.app.start()
  })
  after(() => scene?.close())

  it('is ready and says so', async () => {
    const answer = await fetch(`${scene.server.origin}/readyz`)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /ffmpeg/)
  })
  it('refuses live view with transcoder_missing', async () => {
    const operator = await scene.server.signIn('operatorA')
    const answer = await operator.request('POST', '/api/live', { cameraId: scene.cameras[0]?.id, stream: 'sub' })
    assert.deepEqual([answer.status, answer.code], [503, 'transcoder_missing'])
  })
  it('claims of no camera that it is online or broken: unknown, with its own fault as the cause', async () => {
    await untilStatuses(scene, new Map(scene.cameras.map(({ id }) => [id, /^unknown transcoder_missing$/])), 40_000)
  })
})
