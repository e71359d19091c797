// Owns proof that the chain grows without a gap under concurrent writers, rolls back with its action, and takes in old rows.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { systemClock } from '#base/clock.ts'
import { auditMigrations, AuditStore, AuditTrail, systemActor } from '../../backend/audit/index.ts'
import { genesisHash, hashOfRow, type ChainedRow } from '../../backend/audit/audit-chain.ts'
import { column, migrate, type Migration, type Storage } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'

const counters: Migration = {
  name: '0900-test-counters',
  async up(schema) {
    await schema.createTable('counters', { id: column.id(), n: column.int() })
    await schema.query.bulkInsert('counters', [{ id: 'a', n: 0 }, { id: 'b', n: 0 }])
  },
}

function assertSound(rows: readonly ChainedRow[]): void {
  let prevHash = genesisHash
  rows.forEach((row, at) => {
    assert.equal(row.seq, at + 1)
    assert.equal(row.prevHash, prevHash, `row ${row.seq}`)
    assert.equal(row.hash, hashOfRow(row), `row ${row.seq}`)
    prevHash = row.hash
  })
}

eachDatabase('the audit chain', (make) => {
  let database: TestDatabase
  let storage: Storage
  let store: AuditStore
  let trail: AuditTrail
  const act = (detail: Record<string, unknown>) => ({ action: 'test.act', targetKind: 'camera', targetId: 'x', targetName: '名字 \ud83d\ude00', detail })
  beforeEach(async () => {
    database = make()
    storage = await database.open([...auditMigrations, counters])
    store = new AuditStore(storage)
    trail = new AuditTrail({ store, clock: systemClock, random: randomBytes })
  })
  afterEach(() => database.drop())

  it('has no gap and no deadlock after 50 writers at once, whatever they locked before in whatever order', async () => {
    const counter = storage.table('counters', { id: column.id(), n: column.int() })
    await Promise.all(
      Array.from({ length: 50 }, (_, writer) =>
        storage.transaction(async (tx) => {
          // Audit first, own rows later: with the chain locked at once, these two orders would deadlock.
          if (writer % 2) await trail.record(tx, systemActor, act({ writer }))
          await counter.increment('n', { where: { id: writer % 4 < 2 ? 'a' : 'b' }, transaction: tx })
          if (writer % 2 === 0) await trail.record(tx, systemActor, act({ writer }))
          await trail.record(tx, systemActor, act({ writer, second: true }))
        }),
      ),
    )
    const rows = await store.after(0, 1_000)
    assert.equal(rows.length, 100)
    assertSound(rows)
    assert.deepEqual(await store.head(), { seq: 100, hash: rows.at(-1)?.hash })
    const writers = rows.map(({ detail }) => writerOf(detail))
    for (let at = 0; at < 100; at += 2) assert.equal(writers[at], writers[at + 1], 'the rows of one transaction stand together')
  })

  it('keeps neither row nor number of a transaction that was rolled back', async () => {
    await storage.transaction((tx) => trail.record(tx, systemActor, act({ n: 1 })))
    await assert.rejects(
      storage.transaction(async (tx) => {
        await trail.record(tx, systemActor, act({ n: 2 }))
        throw new Error('no')
      }),
      /no/,
    )
    await storage.transaction((tx) => trail.record(tx, systemActor, act({ n: 3 })))
    const rows = await store.after(0, 10)
    assertSound(rows)
    assert.deepEqual(rows.map(({ detail }) => detail), ['{"n":1}', '{"n":3}'])
  })

  it('refuses to change or delete a row', async () => {
    await storage.transaction((tx) => trail.record(tx, systemActor, act({})))
    for (const sql of [`UPDATE audit_entries SET actor_name = 'x'`, 'DELETE FROM audit_entries']) {
      await assert.rejects(storage.sequelize.query(sql), sql)
    }
    assert.deepEqual((await store.after(0, 10)).map(({ actorName }) => actorName), ['system'])
  })

  it('chains the rows that were there before, in their order, also when it was cut off half way', async () => {
    const [before] = auditMigrations
    assert.ok(before)
    const old = await database.open([before])
    const rows = Array.from({ length: 1_201 }, (_, at) => ({
      id: `01kb${String(at).padStart(22, '0')}`,
      at_ms: at,
      actor_id: null,
      actor_name: 'system',
      unit_name: '分局',
      ip: '',
      action: 'camera.update',
      target_kind: at % 2 ? 'camera' : 'case',
      target_id: 'id',
      target_name: 'A140',
      outcome: 'done',
      purpose: '',
      detail: `{ "z": ${at}, "a": "é" }`,
    }))
    await old.sequelize.getQueryInterface().bulkInsert('audit_entries', rows.toReversed())
    // As after a kill in the middle: the old table is set aside, a part is copied.
    await old.sequelize.getQueryInterface().renameTable('audit_entries', 'audit_entries_unchained')
    await old.sequelize.query('CREATE TABLE audit_entries (seq BIGINT)')
    await migrate(old, auditMigrations)
    await migrate(old, auditMigrations)
    const chained = await new AuditStore(old).after(0, 2_000)
    assertSound(chained)
    assert.deepEqual(chained.map(({ id }) => id), rows.map(({ id }) => id))
    assert.deepEqual([chained[0]?.caseNumber, chained[1]?.cameraId, chained[1]?.detail], ['A140', 'id', '{"a":"é","z":1}'])
    assert.equal((await new AuditStore(old).head()).seq, 1_201)
    await old.transaction((tx) => new AuditTrail({ store: new AuditStore(old), clock: systemClock, random: randomBytes }).record(tx, systemActor, act({})))
    assertSound(await new AuditStore(old).after(0, 2_000))
  })
})

const writerOf = (detail: string): number => Number(/"writer":(\d+)/.exec(detail)?.[1])
