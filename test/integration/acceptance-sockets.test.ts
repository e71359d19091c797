// Owns the refusals of the event socket: another station's events, rooms by wish, pages of others, ended sessions.
import assert from 'node:assert/strict'
import type { Socket } from 'socket.io-client'
import { api } from '#contract/api.ts'
import type { Client } from '../support/server.ts'
import { connectSocket, ffmpegThere, openScene, sweptByHand, untilStatuses, watch, within, type Scene } from './acceptance-scene.ts'

describe('events of a camera', function () {
  this.timeout(90_000)
  let scene: Scene
  let clientA: Client
  let clientB: Client
  const sockets: Socket[] = []
  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ config: sweptByHand })
    await scene.server.app.start()
    await untilStatuses(scene, new Map(scene.cameras.map(({ id }) => [id, /^online/])), 60_000)
    clientA = await scene.server.signIn('operatorA')
    clientB = await scene.server.signIn('operatorB')
  })
  after(async () => {
    for (const socket of sockets) socket.disconnect()
    await scene?.close()
  })

  const connect = async (client: Client, origin = client.origin, more = {}) => {
    const socket = await connectSocket(client.origin, { cookie: client.cookie, origin }, more)
    sockets.push(socket)
    return socket
  }
  const eventOf = (socket: Socket, name: string, cameraId: string) =>
    new Promise<void>((resolve) => socket.on(name, (payload: { cameraId?: string }) => payload.cameraId === cameraId && resolve()))

  it('reach the station that owns it within 2 s, and never the other station', async () => {
    const { server, fleet, cameras } = scene
    const [camera] = cameras
    assert.ok(camera)
    const socketA = await connect(clientA)
    // Wishes of a client at the door count for nothing either.
    const rooms = [`camera:view@${server.unitId('stationA')}`, `camera:live@${server.unitId('stationA')}`]
    const socketB = await connect(clientB, clientB.origin, { query: { rooms: rooms.join(), unitId: server.unitId('stationA') }, auth: { rooms } })
    const heardByB: unknown[] = []
    socketB.onAny((name: string, payload: { cameraId?: string }) => payload.cameraId === camera.id && heardByB.push([name, payload]))

    const changed = eventOf(socketA, 'camera:changed', camera.id)
    const chief = await server.signIn('chiefA')
    const before = (await chief.get(`/api/cameras/${camera.id}`)).as(api.getCamera.result)
    const edited = await chief.request('PATCH', `/api/cameras/${camera.id}`, { version: before.version, archive: { alias: '东门' } })
    assert.equal(edited.status, 200)
    await within(2_000, 'camera:changed', changed)

    const state = eventOf(socketA, 'stream:state', camera.id)
    await clientA.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })
    await within(2_000, 'stream:state', state)
    await watch(clientA, camera.id, 'sub')

    const status = eventOf(socketA, 'camera:status', camera.id)
    fleet.setFault(camera.index, { name: 'off' })
    await server.app.health.sweepNow()
    await server.app.health.sweepNow()
    await within(2_000, 'camera:status', status)
    fleet.clearFault(camera.index)

    // What was sent to B before this answer has come before this answer.
    await within(2_000, 'clock:ping', socketB.timeout(2_000).emitWithAck('clock:ping', {}))
    assert.deepEqual(heardByB, [])
  })

  for (const wish of ['join', 'subscribe', 'room', 'camera:status']) {
    it(`cannot be asked for with "${wish}": the socket is ended`, async () => {
      const socket = await connect(clientB)
      const ended = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()))
      socket.emit(wish, `camera:view@${scene.server.unitId('stationA')}`, () => assert.fail('the wish was answered'))
      await within(3_000, 'the end of the socket', ended)
    })
  }

  it('are not given to a page of others, to a page without a name, or to one whose name only begins or ends like ours', async () => {
    const { origin } = clientA
    const { port } = new URL(origin)
    for (const evil of ['http://evil.example', 'null', `${origin}.evil.example`, `http://evil.127.0.0.1:${port}`, `${origin}0`, `https://127.0.0.1:${port}`]) {
      await assert.rejects(connectSocket(origin, { cookie: clientA.cookie, origin: evil }), `admitted ${evil}`)
    }
    await connect(clientA)
  })

  it('are not given to nobody, nor after a sign-out: the socket is told and ended', async () => {
    await assert.rejects(connectSocket(clientA.origin, { origin: clientA.origin }), /not_signed_in/)
    const leaving = await scene.server.signIn('officerA')
    const socket = await connect(leaving)
    const told = new Promise<unknown>((resolve) => socket.once('session:ended', resolve))
    const ended = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()))
    assert.equal((await leaving.request('DELETE', '/api/session')).status, 204)
    assert.deepEqual(await within(2_000, 'session:ended', told), { reason: 'signed-out' })
    await within(2_000, 'the end of the socket', ended)
    await assert.rejects(connectSocket(leaving.origin, { cookie: leaving.cookie, origin: leaving.origin }), /not_signed_in/)
  })
})
