// Owns proof of what a wall remembers: the wall of each user, named layouts and tours, and who sees and changes them.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import type { UserId } from '#contract/ids.ts'
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

const station = [unitIds.first, unitIds.community]

eachDatabase('what walls remember', (make) => {
  let database: TestDatabase
  let registry: RegistryRoom
  let audit: AuditStore
  let room: ViewingRoom
  let own: Camera
  let foreign: Camera
  let operator: Principal

  beforeEach(async () => {
    database = make()
    registry = await openRegistryRoom(database)
    await migrate(registry.storage, viewingMigrations)
    own = sampleCamera(unitIds.first, 1)
    foreign = sampleCamera(unitIds.second, 2)
    await registry.put(own, foreign)
    audit = new AuditStore(registry.storage)
    const clock = new FakeClock()
    room = createViewingRoom({
      storage: registry.storage,
      clock,
      logger: silentLogger,
      trail: new AuditTrail({ store: audit, clock, random: randomBytes }),
      cameraService: registry.cameraService,
      cameras: registry.cameras,
      tickets: new StreamTickets({ key: Buffer.alloc(32, 1), clock }),
      again: async (principal) => principal,
      mediaPlane: new FakeMediaPlane(),
      ticketMs: 600_000,
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

  describe('a camera out of the caller’s scope', () => {
    /** With the grant for the foreign camera, and after it has lapsed. */
    const granted = (): Principal => ({ ...operator, scope: { ...operator.scope, granted: new Map([[foreign.id, new Set(['camera:view', 'camera:live'] as const)]]) } })
    const kept = async (principal: Principal) => (await call(room.routes, api.getWall, principal)).cameraIds
    const put = (principal: Principal, cameraIds: (string | null)[], tiles = 4) => reach(room.routes, api.putWall, principal, { body: { tiles, cameraIds } })

    it('outlasts a save of the wall that was shown without it, and is back with the scope', async () => {
      await put(granted(), [own.id, null, foreign.id, null])
      const [first, ...others] = await kept(operator)
      assert.deepEqual([first, ...others], [own.id, null, null, null])
      await put(operator, [null, first ?? null, ...others.slice(1)])
      assert.deepEqual(await kept(operator), [null, own.id, null, null], 'hidden as before')
      assert.deepEqual(await kept(granted()), [null, own.id, foreign.id, null])
      await put(operator, [own.id], 1)
      assert.deepEqual(await kept(granted()), [own.id, null, foreign.id], 'also behind what was sent')
    })
    it('gives its place to what the caller puts there, and goes when the whole wall is cleared', async () => {
      await put(granted(), [own.id, null, foreign.id, null])
      await put(operator, [null, null, own.id, null])
      assert.deepEqual(await kept(granted()), [null, null, own.id, null])
      await put(granted(), [own.id, null, foreign.id, null])
      await put(operator, [null, null, null, null])
      assert.deepEqual(await kept(granted()), [null, null, null, null])
    })
    it('is not lost with the grid of a wall of which nothing else is seen, nor doubled where it was moved in an open console', async () => {
      await put(granted(), [null, null, foreign.id, null])
      await put(operator, [null, null, null, null, null, null], 6)
      assert.deepEqual(await kept(granted()), [null, null, foreign.id, null, null, null])
      await put(operator, [foreign.id, null, null, null])
      assert.deepEqual(await kept(granted()), [foreign.id, null, null, null])
    })
    it('is not told from one that does not exist', async () => {
      const answers = []
      for (const id of [foreign.id, newId<Camera['id']>(77_777)]) {
        const sent = await put(operator, [own.id, id, null, null])
        const then = await kept(operator)
        const again = await put(operator, then)
        answers.push([sent, then, again, await kept(operator), await put(operator, [null, null, null, null]), await kept(operator)])
      }
      assert.deepEqual(answers[0], answers[1])
    })
    it('outlasts a save of a layout or a tour of one’s own, in its place or its order', async () => {
      const last = sampleCamera(unitIds.first, 3)
      await registry.put(last)
      const body = { name: 'b', shared: false, tiles: 4 as const, cameraIds: [own.id, foreign.id, null, last.id] }
      const still = await call(room.routes, api.createLayout, granted(), { body })
      const tour = await call(room.routes, api.createLayout, granted(), { body: { ...body, name: 'a', cameraIds: [own.id, foreign.id, last.id], tour: { dwellSeconds: 15, unitId: null } } })
      const shownTo = async (principal: Principal) => (await call(room.routes, api.listLayouts, principal)).items.map(({ cameraIds }) => cameraIds)
      const save = (layoutId: string, changes: object) => call(room.routes, api.updateLayout, operator, { params: { layoutId }, body: { ...body, ...changes } })
      assert.deepEqual((await save(still.id, { cameraIds: [last.id, null, null, own.id] })).cameraIds, [last.id, null, null, own.id])
      assert.deepEqual((await save(tour.id, { name: 'a', cameraIds: [last.id, own.id], tour: { dwellSeconds: 30, unitId: null } })).cameraIds, [last.id, own.id])
      assert.deepEqual(await shownTo(operator), [[last.id, own.id], [last.id, null, null, own.id]])
      assert.deepEqual(await shownTo(granted()), [[last.id, own.id, foreign.id], [last.id, foreign.id, null, own.id]])
      await save(tour.id, { name: 'a', cameraIds: [], tour: { dwellSeconds: 30, unitId: unitIds.first } })
      assert.deepEqual((await shownTo(granted()))[0], [], 'a tour over a unit has no list of its own')
    })
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

  describe('tours', () => {
    const body = { name: '夜间重点', shared: true, tiles: 4 as const, cameraIds: [] as Camera['id'][], tour: { dwellSeconds: 15, unitId: null as string | null } }
    const colleague = () => ({ ...operator, userId: newId<UserId>(9), displayName: 'colleague' })
    const make = (changes: object, principal = operator) => call(room.routes, api.createLayout, principal, { body: { ...body, ...changes } })

    it('are kept beside layouts, with their cameras in order and without gaps, on record', async () => {
      const tour = await make({ cameraIds: [own.id, foreign.id] })
      assert.deepEqual([tour.cameraIds, tour.tour], [[own.id], { dwellSeconds: 15, unitId: null }], 'a camera out of scope is left out')
      const [seen] = (await call(room.routes, api.listLayouts, colleague())).items
      assert.deepEqual([seen?.mine, seen?.tour?.dwellSeconds], [false, 15])
      const [act] = (await audit.list({ page: 1, pageSize: 9 })).items
      assert.deepEqual([act?.action, act?.detail], ['layout.save', { shared: true, tiles: 4, dwellSeconds: 15 }])
      await call(room.routes, api.updateLayout, operator, { params: { layoutId: tour.id }, body: { ...body, cameraIds: [own.id], tour: { dwellSeconds: 30, unitId: null } } })
      assert.equal((await call(room.routes, api.listLayouts, operator)).items[0]?.tour?.dwellSeconds, 30)
    })
    it('go over a unit of the own subtree as it is at their start, and over no other', async () => {
      assert.deepEqual((await make({ tour: { dwellSeconds: 10, unitId: unitIds.community } })).tour, { dwellSeconds: 10, unitId: unitIds.community })
      await assert.rejects(make({ tour: { dwellSeconds: 10, unitId: unitIds.second } }), coded('not_found'))
      const { id } = await make({ name: 'mine', cameraIds: [own.id] })
      await assert.rejects(reach(room.routes, api.updateLayout, operator, { params: { layoutId: id }, body: { ...body, tour: { dwellSeconds: 10, unitId: unitIds.bureau } } }), coded('not_found'))
    })
    it('are refused without cameras, with too many, too fast or too slow; and to be changed by whoever does not own them', async () => {
      const many = (count: number) => Array.from({ length: count }, () => own.id)
      for (const wrong of [{}, { cameraIds: many(201) }, { cameraIds: many(2), tour: { dwellSeconds: 4, unitId: null } }, { cameraIds: many(2), tour: { dwellSeconds: 601, unitId: null } }, { cameraIds: many(2), tour: { dwellSeconds: 15, unitId: unitIds.first } }, { cameraIds: many(37), tour: null }]) {
        assert.equal(api.createLayout.body.safeParse({ ...body, ...wrong }).success, false, JSON.stringify(wrong).slice(0, 80))
      }
      const { id } = await make({ cameraIds: [own.id] })
      await assert.rejects(reach(room.routes, api.deleteLayout, colleague(), { params: { layoutId: id } }), coded('no_permission'))
      await assert.rejects(reach(room.routes, api.updateLayout, colleague(), { params: { layoutId: id }, body: { ...body, cameraIds: [own.id] } }), coded('no_permission'))
    })
  })

  describe('the watermark', () => {
    const set = (opacityPercent: number) => call(room.routes, api.putWatermark, operator, { body: { opacityPercent } })

    it('is as strong as usual until it is set, then as set, told at once and on record with what it was', async () => {
      assert.deepEqual(await call(room.routes, api.getWatermark, operator), { opacityPercent: 24, changedAt: null, changedBy: null })
      const told: number[] = []
      room.events.on('watermark', ({ opacityPercent }) => told.push(opacityPercent))
      await set(35)
      const { opacityPercent, changedBy } = await set(40)
      assert.deepEqual([opacityPercent, changedBy, told], [40, '值班员甲', [35, 40]])
      const acts = (await audit.list({ page: 1, pageSize: 9 })).items.map(({ action, detail }) => [action, detail])
      assert.deepEqual(acts, [['watermark.set', { before: 35, opacityPercent: 40 }], ['watermark.set', { before: 24, opacityPercent: 35 }]])
    })
    it('cannot be set to nothing, to less than the least, or so that the picture is gone', () => {
      for (const opacityPercent of [0, 14, 51, 100, 20.5, null]) assert.equal(api.putWatermark.body.safeParse({ opacityPercent }).success, false, String(opacityPercent))
      for (const opacityPercent of [15, 50]) assert.equal(api.putWatermark.body.safeParse({ opacityPercent }).success, true)
    })
  })
})
