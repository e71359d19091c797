// Owns proof of watching: who gets a file, what stands in the audit, what ends a pull.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import { anyBrowserDecodes } from '#contract/live.ts'
import { StreamTickets } from '../../backend/access/index.ts'
import { AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import type { Principal } from '../../backend/http/index.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { createViewingRoom, viewingMigrations, type ViewingRoom } from '../../backend/viewing/index.ts'
import { migrate } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { FakeMediaPlane } from '../unit/viewing/fake-media-plane.ts'
import { call, coded, reach } from '../unit/viewing/route-call.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

class BreakableAuditStore extends AuditStore {
  broken = false

  override async add(...entry: Parameters<AuditStore['add']>): Promise<void> {
    if (this.broken) throw new Error('the audit cannot be written')
    return super.add(...entry)
  }
}

const paths = [
  { stream: 'main', tls: false, port: 554, path: '/main' },
  { stream: 'sub', tls: false, port: 554, path: '/sub' },
] as const
const station = [unitIds.first, unitIds.community]

eachDatabase('watching', (make) => {
  let database: TestDatabase
  let registry: RegistryRoom
  let audit: BreakableAuditStore
  let clock: FakeClock
  let plane: FakeMediaPlane
  let room: ViewingRoom
  let own: Camera
  let foreign: Camera
  let operator: Principal
  /** Sessions that end while a player waits. */
  const ended = new Set<SessionId>()

  beforeEach(async () => {
    database = make()
    registry = await openRegistryRoom(database)
    await migrate(registry.storage, viewingMigrations)
    own = sampleCamera(unitIds.first, 1, { streamPaths: [...paths] })
    foreign = sampleCamera(unitIds.second, 2, { streamPaths: [...paths] })
    await registry.put(own, foreign)
    audit = new BreakableAuditStore(registry.storage)
    clock = new FakeClock()
    plane = new FakeMediaPlane()
    room = createViewingRoom({
      storage: registry.storage,
      clock,
      logger: silentLogger,
      trail: new AuditTrail({ store: audit, clock, random: randomBytes }),
      cameraService: registry.cameraService,
      cameras: registry.cameras,
      tickets: new StreamTickets({ key: Buffer.alloc(32, 1), clock }),
      again: async (principal) => (ended.has(principal.sessionId) ? null : principal),
      mediaPlane: plane,
      ticketMs: 600_000,
      watchLimits: { perSession: 3 },
      onListenerError: (error) => {
        throw error
      },
    })
    operator = samplePrincipal(station, 'operator')
  })
  afterEach(async () => {
    await room.close()
    await database.drop()
  })

  const open = (camera: Camera, principal = operator, stream = 'sub') => call(room.routes, api.openLive, principal, { body: { cameraId: camera.id, stream } })
  const file = (camera: Camera, principal = operator, name = 'index.m3u8', ticket?: string) =>
    reach(room.routes, api.mediaFile, principal, { params: { cameraId: camera.id, stream: 'sub', file: name }, query: ticket === undefined ? {} : { ticket } })
  const acts = async () => (await audit.list({ page: 1, pageSize: 50 })).items.reverse().map(({ action, targetId, detail }) => ({ action, targetId, detail }))
  const opening = () => ({ action: 'live.open', targetId: own.id, detail: { stream: 'sub' } })
  /** Ends are recorded one after another; this resolves behind them. */
  const settled = () => room.sessionEnded(newId<SessionId>(99))

  it('gives an address whose ticket is good for that stream until it says', async () => {
    const opened = await open(own)
    const url = new URL(opened.playlistUrl, 'http://console')
    assert.equal(url.pathname, `/media/${own.id}/sub/7-live.m3u8`)
    const ticket = new StreamTickets({ key: Buffer.alloc(32, 1), clock }).read(url.searchParams.get('ticket') ?? '')
    assert.deepEqual(ticket, { sessionId: operator.sessionId, cameraId: own.id, stream: 'sub', expiresAtMs: clock.now() + 600_000 })
    assert.equal(opened.expiresAt, new Date(clock.now() + 600_000).toISOString())
    assert.equal(plane.opened[0]?.path, '/sub')
  })

  it('gives no ticket beyond the end of the session', async () => {
    const opened = await open(own, { ...operator, expiresAtMs: clock.now() + 5_000 })
    assert.equal(opened.expiresAt, new Date(clock.now() + 5_000).toISOString())
  })

  it('opens the main stream under its own name when the camera has no sub stream', async () => {
    const single = sampleCamera(unitIds.first, 3, { streamPaths: [paths[0]] })
    await registry.put(single)
    const opened = await open(single)
    assert.equal(opened.stream, 'main')
    assert.match(opened.playlistUrl, /\/main\/7-live\.m3u8/)
  })

  it('refuses a camera without any stream', async () => {
    const bare = sampleCamera(unitIds.first, 3)
    await registry.put(bare)
    await assert.rejects(open(bare), coded('stream_refused'))
  })

  it('answers like missing for another station’s camera, and asks the media plane nothing', async () => {
    await assert.rejects(open(foreign), coded('not_found'))
    await assert.rejects(file(foreign), coded('not_found'))
    await assert.rejects(reach(room.routes, api.cameraSnapshot, operator, { params: { cameraId: foreign.id } }), coded('not_found'))
    assert.deepEqual([plane.opened.length, plane.files.length, plane.pictures.length], [0, 0, 0])
    assert.deepEqual(await acts(), [])
  })

  it('gives a file to a ticket for that stream only', async () => {
    const withTicket = (cameraId: Camera['id'], stream: 'main' | 'sub') => ({ ...operator, ticket: { cameraId, stream } })
    await file(own, withTicket(own.id, 'sub'), 'index.m3u8', 'a.b')
    assert.equal(plane.files[0]?.uriSuffix, '?ticket=a.b')
    const other = sampleCamera(unitIds.first, 4, { streamPaths: [...paths] })
    await registry.put(other)
    await assert.rejects(file(own, withTicket(own.id, 'main'), 'index.m3u8', 'a.b'), coded('not_found'))
    await assert.rejects(file(other, withTicket(own.id, 'sub'), 'index.m3u8', 'a.b'), coded('not_found'))
    assert.equal(plane.files.length, 1)
  })

  it('tells the media plane what the player can do, and of one that does not say that it plays H.264 alone', async () => {
    await open(own)
    const decodes = { h264: 1920 * 1088, h265: 3840 * 2160 }
    await call(room.routes, api.openLive, operator, { body: { cameraId: own.id, stream: 'sub', decodes } })
    assert.deepEqual(plane.decodes, [anyBrowserDecodes, decodes])
    for (const wrong of [{ h264: -1, h265: 0 }, { h264: 1 }, { h264: 1, h265: 1, av1: 1 }, 'all']) {
      await assert.rejects(call(room.routes, api.openLive, operator, { body: { cameraId: own.id, stream: 'sub', decodes: wrong } }))
    }
    assert.equal(plane.opened.length, 2)
  })

  it('gives the address of the form that the player gets, and where it stands in the queue', async () => {
    const queue = { position: 2, waiting: 3, taken: 4, limit: 4 }
    plane.next = { form: 'h264', transcoded: true, state: 'queued', queue }
    const opened = await open(own)
    assert.match(opened.playlistUrl, new RegExp(`^/media/${own.id}/sub-h264/7-live\\.m3u8\\?ticket=`))
    assert.deepEqual([opened.form, opened.state, opened.queue, opened.stream], ['h264', 'queued', queue, 'sub'])
  })

  it('gives the files of a transcode to who may have the stream, on the same record, and to the ticket of that stream only', async () => {
    const made = (principal: Principal, folder: string) => reach(room.routes, api.mediaFile, principal, { params: { cameraId: own.id, stream: folder, file: 'index.m3u8' }, query: {} })
    await made(operator, 'sub-h264')
    assert.deepEqual(plane.files.map(({ key }) => key), [{ cameraId: own.id, stream: 'sub', form: 'h264' }])
    assert.deepEqual(await acts(), [opening()])
    const ticket = { ...operator, ticket: { cameraId: own.id, stream: 'sub' as const } }
    await made(ticket, 'sub-h264')
    await assert.rejects(made(ticket, 'main-h264'), coded('not_found'))
    await assert.rejects(made(samplePrincipal([unitIds.second], 'operator'), 'sub-h264'), coded('not_found'))
    await assert.rejects(made(operator, 'sub-h265'))
    assert.equal(plane.files.length, 2)
  })

  it('gives nothing to a player whose session ended while it waited, and writes no interval', async () => {
    plane.whileAsked = () => void ended.add(operator.sessionId)
    await assert.rejects(file(own), coded('not_signed_in'))
    ended.clear()
    plane.whileAsked = undefined
    assert.deepEqual(await acts(), [])
    await file(own)
    assert.deepEqual(await acts(), [opening()])
  })

  it('keeps in the audit why a watch was cut, when the right ended and when the cut was made', async () => {
    await open(own)
    clock.advance(1_500)
    await room.sessionEnded(operator.sessionId, { reason: 'disabled', endedAtMs: clock.now() - 500 })
    const [, closing] = await acts()
    assert.deepEqual(closing?.detail, { stream: 'sub', seconds: 0, reason: 'disabled', rightEndedAt: new Date(clock.now() - 500).toISOString(), cutAt: new Date(clock.now()).toISOString() })
  })

  it('lets no cache keep a playlist or a segment', async () => {
    for (const name of ['index.m3u8', '1-init.mp4', '1-1.m4s']) {
      const answer = await file(own, operator, name)
      assert.ok(typeof answer === 'object' && answer !== null && 'headers' in answer)
      assert.deepEqual(answer.headers, { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' })
    }
  })

  it('records one opening however often is asked, also at the same time', async () => {
    await Promise.all([open(own), open(own), file(own)])
    for (let asked = 0; asked < 5; asked++) await file(own)
    assert.deepEqual(await acts(), [opening()])
  })

  it('records who comes by cookie to a stream that somebody else has opened', async () => {
    await file(own)
    assert.deepEqual(await acts(), [opening()])
  })

  it('gives nothing when the audit cannot be written, and tries again next time', async () => {
    audit.broken = true
    await assert.rejects(open(own))
    await assert.rejects(file(own))
    audit.broken = false
    await file(own)
    assert.deepEqual(await acts(), [opening()])
  })

  it('closes on record when the session has asked for nothing for 30 s, and opens anew after', async () => {
    await open(own)
    clock.advance(20_000)
    await file(own)
    clock.advance(25_000)
    await settled()
    assert.deepEqual(await acts(), [opening()])
    clock.advance(10_000)
    await settled()
    assert.deepEqual(await acts(), [opening(), { action: 'live.close', targetId: own.id, detail: { stream: 'sub', seconds: 20 } }])
    await file(own)
    assert.equal((await acts()).length, 3)
  })

  it('tries again to record an end that could not be recorded', async () => {
    await open(own)
    audit.broken = true
    clock.advance(35_000)
    await settled()
    audit.broken = false
    clock.advance(5_000)
    await settled()
    assert.deepEqual((await acts()).map((act) => act.action), ['live.open', 'live.close'])
  })

  it('counts what is being watched in the caller’s scope only', async () => {
    const bureau = { ...samplePrincipal([unitIds.bureau, ...station, unitIds.second]), sessionId: newId<SessionId>(7) }
    await open(own)
    await open(foreign, bureau)
    assert.deepEqual([room.watchingNow(operator), room.watchingNow(bureau)], [1, 2])
    await room.sessionEnded(bureau.sessionId)
    assert.deepEqual([room.watchingNow(operator), room.watchingNow(bureau)], [1, 1])
  })

  it('stops a session that opens more streams than a person watches', async () => {
    for (let number = 10; number < 14; number++) {
      const camera = sampleCamera(unitIds.first, number, { streamPaths: [...paths] })
      await registry.put(camera)
      if (number < 13) await open(camera)
      else await assert.rejects(open(camera), coded('too_many_tries'))
    }
  })

  it('ends the pulls of a camera whose login was changed, and not of one that was renamed', async () => {
    const chief = samplePrincipal(station, 'station_supervisor')
    await registry.cameraService.update(chief, own.id, { version: 1, archive: { alias: '桥头' } }, { ip: '' })
    assert.deepEqual(plane.stopped, [])
    await registry.cameraService.setCredential(chief, own.id, { username: 'admin', password: new Secret('x') }, { ip: '' })
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(plane.stopped, [{ cameraId: own.id, stream: 'main' }, { cameraId: own.id, stream: 'sub' }])
  })

  it('gives not one more file once the camera has moved out of scope', async () => {
    await file(own)
    const bureau = samplePrincipal([unitIds.bureau, ...station, unitIds.second])
    await registry.cameraService.update(bureau, own.id, { version: 1, unitId: unitIds.second }, { ip: '' })
    await assert.rejects(file(own, operator, '1-1.m4s'), coded('not_found'))
  })

  it('gives a snapshot that no page can run and that tells its moment, on record', async () => {
    const answer = await reach(room.routes, api.cameraSnapshot, operator, { params: { cameraId: own.id } })
    assert.ok(typeof answer === 'object' && answer !== null && 'headers' in answer && 'contentType' in answer)
    assert.equal(answer.contentType, 'image/jpeg')
    assert.deepEqual(answer.headers, { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': 'sandbox', 'X-Picture-At': '1970-01-01T00:00:00.000Z' })
    assert.deepEqual((await acts()).map((act) => act.action), ['snapshot.view'])
    audit.broken = true
    await assert.rejects(reach(room.routes, api.cameraSnapshot, operator, { params: { cameraId: own.id } }))
  })

  it('tells stream states in their order, with the unit that may hear them', async () => {
    const told: string[] = []
    const both = new Promise<void>((resolve) => {
      room.events.on('stream', (status) => {
        told.push(`${status.cameraId} ${status.state} ${status.unitId}`)
        if (told.length === 2) resolve()
      })
    })
    plane.tell(plane.report({ cameraId: newId(5), stream: 'sub' }, 'starting'))
    plane.tell(plane.report({ cameraId: own.id, stream: 'sub' }, 'starting'))
    plane.tell(plane.report({ cameraId: own.id, stream: 'sub' }, 'running'))
    await both
    assert.deepEqual(told, [`${own.id} starting ${unitIds.first}`, `${own.id} running ${unitIds.first}`])
  })

  it('remembers a wall per user and leaves out what is no longer in scope', async () => {
    const wall = { tiles: 4, cameraIds: [own.id, null, foreign.id, null] }
    assert.deepEqual(await call(room.routes, api.getWall, operator), { tiles: 4, cameraIds: [null, null, null, null] })
    await reach(room.routes, api.putWall, operator, { body: { tiles: 1, cameraIds: [null] } })
    for (let saved = 0; saved < 2; saved++) await reach(room.routes, api.putWall, operator, { body: wall })
    assert.deepEqual(await call(room.routes, api.getWall, operator), { tiles: 4, cameraIds: [own.id, null, null, null] })
    const moved = { ...operator, scope: { unitIds: new Set([...station, unitIds.second]) } }
    assert.deepEqual(await call(room.routes, api.getWall, moved), wall)
    const somebody = { ...operator, userId: newId<UserId>(8) }
    assert.deepEqual((await call(room.routes, api.getWall, somebody)).cameraIds, [null, null, null, null])
  })

  describe('named layouts', () => {
    const body = { name: '早高峰', shared: false, tiles: 4 as const, cameraIds: [] as Camera['id'][] }
    const colleague = () => ({ ...operator, userId: newId<UserId>(9), displayName: 'colleague' })
    const elsewhere = () => ({ ...colleague(), unitId: unitIds.second })
    const namesFor = async (principal: Principal) => (await call(room.routes, api.listLayouts, principal)).items.map(({ name }) => name)

    it('are saved, saved again and deleted by their owner, each time on record', async () => {
      const layout = await call(room.routes, api.createLayout, operator, { body: { ...body, cameraIds: [own.id, foreign.id] } })
      assert.deepEqual([layout.mine, layout.cameraIds], [true, [own.id, null]], 'a camera out of scope is left out')
      await call(room.routes, api.updateLayout, operator, { params: { layoutId: layout.id }, body: { ...body, name: '晚高峰' } })
      assert.deepEqual(await namesFor(operator), ['晚高峰'])
      await reach(room.routes, api.deleteLayout, operator, { params: { layoutId: layout.id } })
      assert.deepEqual(await namesFor(operator), [])
    })
    it('are seen in the owner’s unit when shared, and nowhere else', async () => {
      const kept = await call(room.routes, api.createLayout, operator, { body: { ...body, name: 'own' } })
      const shared = await call(room.routes, api.createLayout, operator, { body: { ...body, name: 'shared', shared: true } })
      assert.deepEqual(await namesFor(operator), ['own', 'shared'])
      assert.deepEqual([await namesFor(colleague()), await namesFor(elsewhere())], [['shared'], []])
      // Refusals: what is shared is its owner's to change; what is not seen is not there.
      for (const [principal, layoutId, code] of [[colleague(), shared.id, 'no_permission'], [colleague(), kept.id, 'not_found'], [elsewhere(), shared.id, 'not_found']] as const) {
        await assert.rejects(reach(room.routes, api.updateLayout, principal, { params: { layoutId }, body }), coded(code))
        await assert.rejects(reach(room.routes, api.deleteLayout, principal, { params: { layoutId } }), coded(code))
      }
      assert.deepEqual(await namesFor(operator), ['own', 'shared'])
    })
  })
})
