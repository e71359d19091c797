// Owns proof that what the rooms leave on record is what the rules of oversight read, and that reading it uses the indexes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { silentLogger } from '#base/logger.ts'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { UserId } from '#contract/ids.ts'
import { StreamTickets } from '../../backend/access/index.ts'
import { auditMigrations, AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import { rowOf } from '../../backend/audit/audit-row.ts'
import { deedOf, judgedActions } from '../../backend/oversight/deed.ts'
import { migrate } from '../../backend/storage/index.ts'
import { createViewingRoom, viewingMigrations } from '../../backend/viewing/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { sampleChain } from '../unit/audit/sample-rows.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { FakeMediaPlane } from '../unit/viewing/fake-media-plane.ts'
import { call, reach } from '../unit/viewing/route-call.ts'
import { openRegistryRoom, unitIds } from './registry-room.ts'

eachDatabase('the record of watching', (make) => {
  let database: TestDatabase
  beforeEach(() => (database = make()))
  afterEach(() => database.drop())

  it('says of live view and of a single picture whether they were beyond the own units, for which case, and by whom of which unit', async () => {
    const registry = await openRegistryRoom(database)
    await migrate(registry.storage, viewingMigrations)
    const streamPaths = [{ stream: 'sub', tls: false, port: 554, path: '/sub' }] as const
    const [own, foreign, ofCase] = [sampleCamera(unitIds.first, 1, { streamPaths: [...streamPaths] }), sampleCamera(unitIds.second, 2, { streamPaths: [...streamPaths] }), sampleCamera(unitIds.second, 3, { streamPaths: [...streamPaths] })]
    await registry.put(own, foreign, ofCase)
    const audit = new AuditStore(registry.storage)
    const clock = new FakeClock()
    const room = createViewingRoom({
      storage: registry.storage, clock, logger: silentLogger, trail: new AuditTrail({ store: audit, clock, random: randomBytes }), cameraService: registry.cameraService, cameras: registry.cameras,
      tickets: new StreamTickets({ key: Buffer.alloc(32, 1), clock }), again: async (principal) => principal, mediaPlane: new FakeMediaPlane(), ticketMs: 600_000,
      purposes: {
        require: async (_principal, { cameraId }) => (cameraId === ofCase.id ? { id: 'r2', purpose: 'inspection', caseNumber: 'A1', incidentNumber: null } : { id: 'r1', purpose: 'security', caseNumber: null, incidentNumber: null }),
      },
      onListenerError: (error) => {
        throw error
      },
    })
    const held = new Set(['camera:view', 'camera:live', 'camera:snapshot'] as const)
    const base = samplePrincipal([unitIds.first, unitIds.community], 'operator')
    const principal = { ...base, scope: { ...base.scope, granted: new Map([[foreign.id, held], [ofCase.id, held]]) } }
    for (const camera of [own, foreign, ofCase]) {
      await call(room.routes, api.openLive, principal, { body: { cameraId: camera.id, stream: 'sub' } })
      await reach(room.routes, api.cameraSnapshot, principal, { params: { cameraId: camera.id } })
    }
    await room.close()
    const rows = (await audit.list({ page: 1, pageSize: 50 })).items.reverse().filter(({ action }) => judgedActions.includes(action))
    const seen = rows.map((row) => [row.action, row.cameraId === own.id ? 'own' : row.cameraId === foreign.id ? 'foreign' : 'case', deedOf(row).beyond, deedOf(row).forCase])
    const expected = ['own', 'foreign', 'case'].flatMap((name) => ['live.open', 'snapshot.view'].map((action) => [action, name, name !== 'own', name === 'case']))
    assert.deepEqual(seen.filter(([action]) => action !== 'live.close'), expected)
    assert.deepEqual(rows.filter(({ action }) => action === 'live.close').length, 3)
    for (const row of rows) assert.deepEqual([row.unitId, row.sessionId, row.actorId], [unitIds.first, principal.sessionId, principal.userId])
    assert.deepEqual(rows.filter(({ cameraId }) => cameraId === ofCase.id).map(({ caseNumber }) => caseNumber).slice(0, 2), ['A1', 'A1'])
  })

  it('is read by person and time and by its new end, never as a whole', async function () {
    this.timeout(60_000)
    const storage = await database.open(auditMigrations)
    const people = Array.from({ length: 40 }, (_, at) => newId<UserId>(at))
    const rows = sampleChain(8_000, (number) => ({ actorId: people[number % people.length] ?? null }))
    for (let from = 0; from < rows.length; from += 500) await storage.sequelize.getQueryInterface().bulkInsert('audit_entries', rows.slice(from, from + 500).map(rowOf))
    if (storage.dialect === 'mysql') await storage.sequelize.query('ANALYZE TABLE audit_entries')
    const audit = new AuditStore(storage)
    const [first, last] = [rows[1_000], rows[3_000]]
    assert.ok(first && last && people[3])
    const asked: string[] = []
    const options: unknown = Reflect.get(storage.sequelize, 'options')
    assert.ok(typeof options === 'object' && options !== null)
    Reflect.set(options, 'logging', (sql: string) => void asked.push(sql.replace(/^Executing \([^)]*\): /, '')))
    const found: number[] = []
    for await (const page of audit.byPerson(people[3], judgedActions, first.atMs, last.atMs)) found.push(...page.map(({ seq }) => seq))
    const acts = await audit.actsBetween(7_900, 8_000, judgedActions)
    const days = await audit.daysOf(people[3], first.atMs, last.atMs)
    Reflect.set(options, 'logging', false)
    assert.deepEqual(found, rows.slice(1_000, 3_000).filter(({ actorId }) => actorId === people[3]).map(({ seq }) => seq))
    assert.equal(acts.length, 100)
    assert.equal(days.length, 1)
    assert.equal(asked.length, 3)
    for (const sql of asked) {
      const plan = JSON.stringify(await storage.select(`EXPLAIN ${storage.dialect === 'sqlite' ? 'QUERY PLAN ' : ''}${sql}`))
      const byIndex = storage.dialect === 'sqlite' ? /SEARCH audit_entries USING (COVERING )?INDEX (audit_entries_actor_id_at_ms|audit_entries_action_seq|sqlite_autoindex_audit_entries_1)/ : /"key":"(audit_entries_actor_id_at_ms|PRIMARY)"/
      assert.match(plan, byIndex, `${sql} ${plan}`)
      assert.doesNotMatch(plan, /SCAN audit_entries|"type":"(ALL|index)"/, sql)
    }
  })

  it('is read page by page where a person did thousands of things, each once, also at the same instant', async function () {
    this.timeout(60_000)
    const storage = await database.open(auditMigrations)
    const userId = newId<UserId>(1)
    const rows = sampleChain(4_500, (number) => ({ actorId: userId, atMs: 1_000_000 + Math.floor(number / 3_000) }))
    for (let from = 0; from < rows.length; from += 500) await storage.sequelize.getQueryInterface().bulkInsert('audit_entries', rows.slice(from, from + 500).map(rowOf))
    const pages: number[][] = []
    for await (const page of new AuditStore(storage).byPerson(userId, judgedActions, 0, 2_000_000)) pages.push(page.map(({ seq }) => seq))
    assert.deepEqual(pages.map(({ length }) => length), [2_000, 2_000, 500])
    assert.deepEqual(pages.flat(), rows.map(({ seq }) => seq))
  })
})
