// Owns proof of the media socket: who may connect and subscribe, what stands in the audit, and that media stops with the right.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { silentLogger } from '#base/logger.ts'
import { newId } from '#base/ids.ts'
import { anyBrowserDecodes } from '#contract/live.ts'
import { writePushHeader } from '#contract/media-push.ts'
import type { CameraId, SessionId, UserId } from '#contract/ids.ts'
import { LiveRights, may, StreamTickets } from '../../backend/access/index.ts'
import { AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import { ClientAddress, type Gate, type Principal } from '../../backend/http/index.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { migrate } from '../../backend/storage/index.ts'
import { createViewingRoom, viewingMigrations, type ViewingRoom } from '../../backend/viewing/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { PushViewer } from '../support/push-viewer.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { FakeMediaPlane } from '../unit/viewing/fake-media-plane.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

const station = [unitIds.first, unitIds.community]
const paths = [
  { stream: 'main', tls: false, port: 554, path: '/main' },
  { stream: 'sub', tls: false, port: 554, path: '/sub' },
] as const

eachDatabase('the media socket', (make) => {
  let database: TestDatabase
  let registry: RegistryRoom
  let audit: AuditStore
  let plane: FakeMediaPlane
  let room: ViewingRoom
  let rights: LiveRights
  let server: Server
  let origin: string
  let own: Camera
  let foreign: Camera
  /** Whom a cookie value stands for; null = its session is over. */
  let people: Map<string, Principal | null>
  const viewers: PushViewer[] = []

  beforeEach(async () => {
    database = make()
    registry = await openRegistryRoom(database)
    await migrate(registry.storage, viewingMigrations)
    own = sampleCamera(unitIds.first, 1, { streamPaths: [...paths] })
    foreign = sampleCamera(unitIds.second, 2, { streamPaths: [...paths] })
    await registry.put(own, foreign)
    audit = new AuditStore(registry.storage)
    const clock = new FakeClock()
    plane = new FakeMediaPlane()
    people = new Map([['cookie-a', samplePrincipal(station, 'operator')]])
    const onListenerError = (error: unknown) => {
      throw error
    }
    const bySession = async (sessionId: SessionId) => [...people.values()].find((person) => person?.sessionId === sessionId) ?? null
    rights = new LiveRights({ clock, now: bySession, onListenerError })
    const tickets = new StreamTickets({ key: Buffer.alloc(32, 1), clock })
    const gate: Gate = { bySessionToken: async (token) => people.get(token) ?? null, byStreamTicket: async () => null, may: (principal, permission) => may(principal, permission), untilEnd: (principal, { live }, cut) => rights.hold({ principal, live, cut: () => cut('ended') }) }
    room = createViewingRoom({
      storage: registry.storage,
      clock,
      logger: silentLogger,
      trail: new AuditTrail({ store: audit, clock, random: randomBytes }),
      cameraService: registry.cameraService,
      cameras: registry.cameras,
      tickets,
      again: (principal) => bySession(principal.sessionId),
      mediaPlane: plane,
      ticketMs: 600_000,
      onListenerError,
    })
    server = createServer()
    room.servePush({ server, gate, rights, clientAddress: new ClientAddress([]), ownOrigins: [], requireTls: false })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  })
  afterEach(async () => {
    for (const viewer of viewers.splice(0)) {
      viewer.socket.terminate()
      await viewer.closed
    }
    rights.close()
    await room.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await database.drop()
  })

  const connect = (cookie = 'cookie-a', headers: Record<string, string> = {}) => {
    const viewer = new PushViewer(origin, { cookie: `tianwang=${cookie}`, origin, ...headers })
    viewers.push(viewer)
    return viewer
  }
  const subscribe = (camera: Camera, id = 1) => ({ type: 'subscribe', id, cameraId: camera.id, stream: 'sub', mode: 'parts' })
  const watching = async () => {
    const viewer = connect()
    await viewer.until('hello')
    viewer.send(subscribe(own))
    await viewer.until('subscribed', 1)
    const [sink, wishes] = [...plane.viewers][0] ?? assert.fail('nobody is pushed to')
    return { viewer, sink, wishes }
  }
  const statusOf = (viewer: PushViewer) => new Promise<number>((resolve) => viewer.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0)))

  it('is opened to a signed-in console only, and to pages of ours only', async () => {
    assert.equal(await statusOf(connect('nobody')), 401)
    assert.equal(await statusOf(connect('cookie-a', { origin: 'https://evil.example' })), 403)
    assert.equal((await connect().until('hello')).protocol, 1)
  })

  it('is opened ten times by one person and not an eleventh', async () => {
    for (let count = 0; count < 10; count++) await connect().until('hello')
    assert.equal(await statusOf(connect()), 429)
  })

  it('pushes a camera of the scope, on record, and what is sent arrives as one message', async () => {
    const { viewer, sink, wishes } = await watching()
    assert.deepEqual(wishes.get(1), { id: 1, cameraId: own.id, stream: 'sub', form: 'original', decodes: anyBrowserDecodes, mode: 'parts', priority: 'visible', windowMs: 2_000 })
    assert.deepEqual(plane.opened.map(({ cameraId, stream }) => [cameraId, stream]), [[own.id, 'sub']])
    assert.deepEqual((await audit.list({ page: 1, pageSize: 9 })).items.map(({ action, targetId }) => [action, targetId]), [['live.open', own.id]])
    const sent = new Promise<void>((resolve) => {
      const header = writePushHeader({ kind: 'part', key: true, discontinuity: true, segmentEnd: false, id: 1, sequence: 0, programDateMs: 1, msn: 2, partIndex: 3, durationMs: 330 })
      sink.media(header, Buffer.alloc(100_000, 7), resolve)
    })
    await sent
    viewer.send({ type: 'ack', id: 1, sequence: 0 })
    viewer.send({ type: 'priority', id: 1, priority: 'selected' })
    viewer.send({ type: 'unsubscribe', id: 1 })
    viewer.send(subscribe(own, 2))
    await viewer.until('subscribed', 2)
    assert.deepEqual(viewer.media.map(({ id, payload }) => [id, payload.length, payload[99_999]]), [[1, 100_000, 7]])
    assert.deepEqual([plane.answers, [...wishes.keys()]], [[{ id: 1, sequence: 0 }], [2]])
  })

  it('asks for the form that the player can show, and tells which it is and where it waits', async () => {
    const queue = { position: 1, waiting: 1, taken: 2, limit: 2 }
    plane.next = { form: 'h264', state: 'queued', queue }
    const viewer = connect()
    await viewer.until('hello')
    const decodes = { h264: 1920 * 1088, h265: 3840 * 2160 }
    viewer.send({ ...subscribe(own), decodes })
    assert.deepEqual(await viewer.until('subscribed', 1), { type: 'subscribed', id: 1, form: 'h264', state: 'queued', queue })
    const [sink, wishes] = [...plane.viewers][0] ?? assert.fail('nobody is pushed to')
    assert.deepEqual([plane.decodes, wishes.get(1)?.form, wishes.get(1)?.decodes], [[decodes], 'h264', decodes])
    sink.ended(1, 'other-form')
    assert.equal((await viewer.until('ended', 1)).reason, 'other-form')
  })

  it('refuses a camera out of scope like one that is not there, and pulls nothing', async () => {
    const viewer = connect()
    viewer.socket.once('open', () => {
      viewer.send(subscribe(foreign, 1))
      viewer.send({ ...subscribe(own, 2), cameraId: newId<CameraId>(77) })
    })
    assert.equal((await viewer.until('refused', 1)).code, 'not_found')
    assert.equal((await viewer.until('refused', 2)).code, 'not_found')
    assert.deepEqual(plane.opened, [])
    assert.equal((await audit.list({ page: 1, pageSize: 9 })).total, 0)
  })

  it('refuses who may not see live pictures at all', async () => {
    people.set('cookie-s', { ...samplePrincipal(station, 'sysadmin'), userId: newId<UserId>(8), sessionId: newId<SessionId>(8) })
    const viewer = connect('cookie-s')
    await viewer.until('hello')
    viewer.send(subscribe(own))
    assert.equal((await viewer.until('refused', 1)).code, 'no_permission')
  })

  it('refuses an id that is in use', async () => {
    const { viewer } = await watching()
    viewer.send(subscribe(own))
    assert.equal((await viewer.until('refused', 1)).code, 'conflict')
  })

  it('ends with the session, saying why, and nothing is pushed any more', async () => {
    const { viewer } = await watching()
    const { sessionId, userId } = people.get('cookie-a') ?? assert.fail()
    rights.sessionEnded({ sessionId, userId, reason: 'signed-out', endedAtMs: 0 })
    assert.equal((await viewer.until('ended', 1)).reason, 'signed-out')
    assert.deepEqual(await viewer.closed, { code: 4401, reason: 'signed-out' })
    assert.equal(plane.viewers.size, 0)
    assert.equal(rights.held, 0)
  })

  it('ends a subscription, and not the socket, when the person has lost the right or the scope', async () => {
    for (const change of [{ permissions: new Set<never>() }, { scope: { unitIds: new Set([unitIds.second]) } }]) {
      const { viewer, wishes } = await watching()
      const before = people.get('cookie-a') ?? assert.fail()
      people.set('cookie-a', { ...before, ...change })
      await rights.recheck()
      assert.equal((await viewer.until('ended', 1)).reason, 'right-ended')
      assert.equal(wishes.size, 0)
      assert.equal(viewer.socket.readyState, viewer.socket.OPEN)
      viewer.send(subscribe(own, 2))
      assert.match((await viewer.until('refused', 2)).code, /no_permission|not_found/)
      people.set('cookie-a', before)
      viewer.socket.terminate()
      await viewer.closed
      while (plane.viewers.size > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('ends a subscription at once when the camera moves out of the scope', async () => {
    const { viewer } = await watching()
    await registry.storage.transaction((tx) => registry.cameras.update(tx, { ...own, unitId: unitIds.second }))
    registry.cameraService.events.emit('changed', { cameraId: own.id, unitId: unitIds.second, streamsChanged: false })
    assert.equal((await viewer.until('ended', 1)).reason, 'right-ended')
  })

  it('passes on that the media plane has ended a stream', async () => {
    const { viewer, sink } = await watching()
    sink.ended(1, 'stream-stopped')
    assert.equal((await viewer.until('ended', 1)).reason, 'stream-stopped')
    viewer.send(subscribe(own))
    while (viewer.notices.filter(({ type }) => type === 'subscribed').length < 2) await viewer.until('subscribed', 1).then(() => new Promise((resolve) => setImmediate(resolve)))
  })

  it('is closed on what is no request', async () => {
    for (const garbage of ['{', '[]', '{"type":"subscribe"}', '{"type":"ack","id":1,"sequence":0,"more":1}', Buffer.from([1, 2])]) {
      const viewer = connect()
      await viewer.until('hello')
      viewer.socket.send(garbage)
      assert.equal((await viewer.closed).code, 4400, String(garbage))
    }
    const viewer = connect()
    await viewer.until('hello')
    viewer.socket.send('x'.repeat(5_000))
    assert.equal((await viewer.closed).code, 1009)
  })
})

