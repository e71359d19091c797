// Owns the refusals of stream tickets, and the admission limit of transcodes, against real streams.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { systemClock } from '#base/clock.ts'
import { api } from '#contract/api.ts'
import { sessionIdSchema } from '#contract/ids.ts'
import { StreamTickets } from '../../backend/access/index.ts'
import { keyFile } from '../../backend/storage/index.ts'
import { call, type Client } from '../support/server.ts'
import { connectSocket, ffmpegThere, openScene, watch, within, type Scene } from './acceptance-scene.ts'

describe('a stream ticket', function () {
  this.timeout(60_000)
  let scene: Scene
  let client: Client
  let playlistUrl: string
  let segment: string
  const bare = (path: string) => call(scene.server.origin, 'GET', path, undefined, {})

  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ config: { streams: { maxTranscodes: 1, transcodeQueue: 1 } } })
    client = await scene.server.signIn('supervisor')
    const [camera] = scene.cameras
    assert.ok(camera)
    const watched = await watch(client, camera.id, 'sub')
    playlistUrl = watched.playlistUrl
    const [name] = watched.playlist.split('\n').filter((line) => line.includes('.m4s'))
    segment = new URL(name ?? '', `http://host${playlistUrl}`).pathname
  })
  after(() => scene?.close())

  const ticketOf = (url: string) => new URL(url, 'http://host').searchParams.get('ticket') ?? ''

  it('opens its own playlist and segments without a cookie', async () => {
    assert.equal((await bare(playlistUrl)).status, 200)
    assert.equal((await bare(`${segment}?ticket=${ticketOf(playlistUrl)}`)).status, 200)
  })
  it('is asked for at every file: without ticket and cookie a playlist or segment is refused', async () => {
    for (const path of [segment, playlistUrl.split('?')[0] ?? '']) assert.equal((await bare(path)).status, 401, path)
  })
  it('opens no other camera and no other stream, though its owner may see both', async () => {
    const [own, other] = scene.cameras
    assert.ok(own && other)
    await watch(client, other.id, 'sub')
    const ticket = ticketOf(playlistUrl)
    assert.equal((await bare(`/media/${other.id}/sub/index.m3u8?ticket=${ticket}`)).status, 404)
    assert.equal((await bare(`/media/${own.id}/main/index.m3u8?ticket=${ticket}`)).status, 404)
    assert.equal((await bare(`/api/cameras/${own.id}?ticket=${ticket}`)).status, 401)
  })
  it('is refused when one character of it was changed, when it is over, and when another key signed it', async () => {
    const ticket = ticketOf(playlistUrl)
    const [path] = playlistUrl.split('?')
    for (const at of [0, 30, 60, ticket.length - 2]) {
      const changed = ticket.slice(0, at) + (ticket[at] === 'a' ? 'b' : 'a') + ticket.slice(at + 1)
      assert.equal((await bare(`${path}?ticket=${changed}`)).status, 401, `character ${at}`)
    }
    const [camera] = scene.cameras
    assert.ok(camera)
    const fields = { sessionId: sessionIdSchema.parse(ticket.split('.')[0]), cameraId: camera.id, stream: 'sub' as const }
    const key = keyFile(scene.server.dataDir, 'stream-ticket', randomBytes)
    const ours = new StreamTickets({ key, clock: systemClock })
    assert.equal((await bare(`${path}?ticket=${ours.issue({ ...fields, expiresAtMs: Date.now() + 5_000 })}`)).status, 200)
    assert.equal((await bare(`${path}?ticket=${ours.issue({ ...fields, expiresAtMs: Date.now() - 1 })}`)).status, 401)
    const foreign = new StreamTickets({ key: randomBytes(32), clock: systemClock })
    assert.equal((await bare(`${path}?ticket=${foreign.issue({ ...fields, expiresAtMs: Date.now() + 5_000 })}`)).status, 401)
  })
  it('dies with the session that it was given to', async () => {
    const leaving = await scene.server.signIn('operatorA')
    const [camera] = scene.cameras
    assert.ok(camera)
    const watched = await watch(leaving, camera.id, 'sub')
    assert.equal((await bare(watched.playlistUrl)).status, 200)
    await leaving.request('DELETE', '/api/session')
    assert.equal((await bare(watched.playlistUrl)).status, 401)
  })
  it('is given for a second transcode that waits its turn, and for none beyond the queue; the first goes on', async () => {
    const [, , , , mjpeg, h265] = scene.cameras
    assert.ok(mjpeg && h265)
    const first = await watch(client, h265.id, 'sub')
    const waiting = (await client.request('POST', '/api/live', { cameraId: mjpeg.id, stream: 'sub' })).as(api.openLive.result)
    assert.deepEqual([waiting.form, waiting.state, waiting.queue], ['h264', 'queued', { position: 1, waiting: 1, taken: 1, limit: 1 }])
    const refused = await client.request('POST', '/api/live', { cameraId: h265.id, stream: 'main' })
    assert.deepEqual([refused.status, refused.code], [503, 'transcode_limit'])
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    const newest = (text: string) => text.split('\n').filter((line) => line.includes('.m4s')).at(-1)
    const goesOn = async () => {
      for (;;) {
        const { text, status } = await client.get(first.playlistUrl)
        if (status === 200 && newest(text) !== newest(first.playlist)) return
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await within(15_000, 'another segment of the first', goesOn())
    assert.equal((await client.request('POST', '/api/live', { cameraId: scene.cameras[1]?.id, stream: 'sub' })).status, 200)
    // Told to who runs the server, too.
    assert.equal((await bare('/readyz')).text, 'ready; transcodes by libx264: 1 of 1, 1 waiting')
    const { text: metrics } = await bare('/metrics')
    for (const [what, count] of Object.entries({ taken: 1, limit: 1, waiting: 1, most_waiting: 1, refused: 1 })) assert.ok(metrics.includes(`tianwang_transcodes{what="${what}"} ${count}`), what)
    assert.ok(metrics.includes('tianwang_transcode_encoder{encoder="libx264"} 1'))
  })
  it('is good for the second transcode when the first is not looked at any more', async () => {
    const [, , , , mjpeg] = scene.cameras
    assert.ok(mjpeg)
    const socket = await connectSocket(scene.server.origin, { cookie: client.cookie, origin: scene.server.origin })
    const runs = new Promise<void>((resolve) => socket.on('stream:state', (status: { cameraId: string; form: string; state: string }) => status.cameraId === mjpeg.id && status.form === 'h264' && status.state === 'running' && resolve()))
    await within(20_000, 'the turn of the second', runs)
    socket.disconnect()
    const { playlist } = await watch(client, mjpeg.id, 'sub')
    assert.match(playlist, /#EXTINF/)
  })
})
