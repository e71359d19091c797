// Owns proof of watching: who gets a file, what stands in the audit, what ends a pull.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AppError } from '#base/app-error.ts'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import type { SessionId } from '#contract/ids.ts'
import { anyBrowserDecodes, type StreamForm } from '#contract/live.ts'
import { StreamTickets } from '../../backend/access/index.ts'
import { AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import type { Principal } from '../../backend/http/index.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { createViewingRoom, viewingMigrations, type ViewingRoom, type ViewingRoomDeps } from '../../backend/viewing/index.ts'
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
  /** Nobody has written a register entry, unless a test says so. */
  let purposes: NonNullable<ViewingRoomDeps['purposes']>
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
    purposes = { require: () => Promise.reject(new AppError('forbidden', 'purpose_needed', 'no entry')) }
    room = createViewingRoom({
      storage: registry.storage,
      clock,
      logger: silentLogger,
      trail: new AuditTrail({ store: audit, clock, random: randomBytes }),
      cameraService: registry.cameraService,
      cameras: registry.cameras,
      tickets: new StreamTickets({ key: Buffer.alloc(32, 1), clock }),
      purposes: { require: (...asked) => purposes.require(...asked) },
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

  describe('the last seconds again', () => {
    const hold = (camera: Camera, ...media: { stream: 'main' | 'sub'; seconds: number; lostMsAgo?: number; form?: StreamForm }[]) =>
      plane.memory.set(camera.id, media.map(({ stream, seconds, lostMsAgo = 0, form = 'original' }) => ({ stream, form, fromMs: clock.now() - seconds * 1000, toMs: clock.now() - lostMsAgo })))
    const replay = (camera: Camera, principal = operator, secondsBack = 10) => call(room.routes, api.openReplay, principal, { body: { cameraId: camera.id, stream: 'sub', secondsBack } })
    const ago = (seconds: number) => new Date(clock.now() - seconds * 1000).toISOString()
    beforeEach(() => {
      clock.advance(100_000)
      hold(own, { stream: 'sub', seconds: 40 })
    })

    it('are given from the moment that was asked for, by a ticket for that stream, on record before the first byte', async () => {
      const opened = await replay(own)
      assert.equal(opened.from, ago(10))
      const url = new URL(opened.playlistUrl, 'http://console')
      assert.equal(url.pathname, `/media/${own.id}/sub/${clock.now() - 10_000}-past.m3u8`)
      assert.equal(new StreamTickets({ key: Buffer.alloc(32, 1), clock }).read(url.searchParams.get('ticket') ?? '')?.stream, 'sub')
      assert.deepEqual(await acts(), [{ action: 'replay.open', targetId: own.id, detail: { stream: 'sub', from: ago(10) } }])
      assert.equal(room.watchingNow(operator), 0, 'a replay is no second watcher')
    })
    it('are one interval with all their files, apart from the live one, and end on record', async () => {
      await open(own)
      const name = new URL((await replay(own)).playlistUrl, 'http://console').pathname.split('/').at(-1) ?? ''
      await file(own, operator, name)
      clock.advance(20_000)
      await file(own, operator, name)
      await file(own, operator, '1-1.m4s')
      clock.advance(36_000)
      await settled()
      assert.deepEqual((await acts()).map(({ action, detail }) => [action, detail['seconds'] ?? null]), [['live.open', null], ['replay.open', null], ['live.close', 20], ['replay.close', 20]])
    })
    it('open no live interval by the media that they are made of', async () => {
      await replay(own)
      await file(own, operator, '1-init.mp4')
      await file(own, operator, '1-1.m4s')
      assert.deepEqual((await acts()).map(({ action }) => action), ['replay.open'])
      await file(own)
      assert.deepEqual((await acts()).map(({ action }) => action), ['replay.open', 'live.open'], 'a live playlist is live')
    })
    it('are on record also for whoever asks for the playlist without having opened it', async () => {
      await file(own, operator, `${clock.now() - 5_000}-past.m3u8`)
      assert.deepEqual((await acts()).map(({ action }) => action), ['replay.open'])
      audit.broken = true
      await assert.rejects(file(own, operator, `${clock.now() - 6_000}-past.m3u8`))
      await assert.rejects(replay(own, operator, 20))
    })
    it('come from the stream that reaches so far, and of a lost camera end with its last picture', async () => {
      hold(own, { stream: 'sub', seconds: 3 }, { stream: 'main', seconds: 40 })
      assert.equal((await replay(own)).stream, 'main')
      hold(own, { stream: 'sub', seconds: 4 }, { stream: 'main', seconds: 3 })
      assert.deepEqual([(await replay(own)).from, (await replay(own)).stream], [ago(4), 'sub'], 'no more than there is')
      hold(own, { stream: 'sub', seconds: 40, lostMsAgo: 15_000 })
      assert.equal((await replay(own)).from, ago(25))
      await room.sessionEnded(operator.sessionId)
      hold(own, { stream: 'sub', seconds: 40, form: 'h264' })
      assert.match((await replay(own)).playlistUrl, /\/sub-h264\/\d+-past\.m3u8/, 'in the form that the viewer plays')
    })
    it('are refused: nothing in memory, another station’s camera, no right to watch, longer than memory reaches', async () => {
      hold(own)
      hold(foreign, { stream: 'sub', seconds: 40 })
      await assert.rejects(replay(own), coded('no_picture'))
      await assert.rejects(replay(foreign), coded('not_found'))
      await assert.rejects(file(foreign, operator, '1-past.m3u8'), coded('not_found'))
      await assert.rejects(replay(own, samplePrincipal(station, 'maintainer')), coded('no_permission'))
      for (const secondsBack of [0, 36, 1.5]) assert.equal(api.openReplay.body.safeParse({ cameraId: own.id, stream: 'sub', secondsBack }).success, false)
      assert.deepEqual(await acts(), [])
    })
    it('of a camera that is only granted need a register entry that reaches back as far', async () => {
      const guest = { ...operator, scope: { ...operator.scope, granted: new Map([[foreign.id, new Set(['camera:view', 'camera:live'] as const)]]) } }
      hold(foreign, { stream: 'sub', seconds: 40 })
      await assert.rejects(replay(foreign, guest), coded('purpose_needed'))
      await assert.rejects(file(foreign, guest, '1-past.m3u8'), coded('purpose_needed'))
      // Entered seven seconds ago, for live view from then on.
      const enteredMs = clock.now() - 7_000
      purposes.require = async (_, wanted) => {
        if (wanted.fromMs < enteredMs) throw new AppError('forbidden', 'purpose_needed', 'no entry')
        return { id: 'r1', purpose: 'case' }
      }
      await assert.rejects(replay(foreign, guest, 10), coded('purpose_needed'))
      assert.equal((await replay(foreign, guest, 5)).from, ago(5))
      await assert.rejects(file(foreign, guest, `${enteredMs - 1}-past.m3u8`), coded('purpose_needed'))
      assert.deepEqual((await acts()).map(({ action, detail }) => [action, detail['registerId']]), [['replay.open', 'r1']])
    })
    it('give a still of the moment that they show, to who may watch', async () => {
      const still = (principal: Principal) => reach(room.routes, api.cameraSnapshot, principal, { params: { cameraId: own.id }, query: { at: ago(8) } })
      await still(operator)
      assert.deepEqual(plane.pictures.map(({ atMs }) => atMs), [clock.now() - 8_000])
      assert.deepEqual((await acts()).map(({ action, detail }) => [action, detail['pictureAt'], detail['replay']]), [['snapshot.view', ago(8), true]])
      await assert.rejects(still(samplePrincipal(station, 'maintainer')), coded('no_permission'))
    })
  })
})
