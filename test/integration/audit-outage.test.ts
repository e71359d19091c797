// Owns proof that nothing happens off the record: an audit that cannot be written refuses the action within two seconds,
// and live view alone goes on, on disk, for some minutes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#base/app-error.ts'
import { silentLogger } from '#base/logger.ts'
import { LiveSpool } from '../../backend/audit/live-spool.ts'
import { auditMigrations, AuditStore, AuditTrail, databaseSource, LiveTrail, systemActor, verifyChain } from '../../backend/audit/index.ts'
import { column, Storage, type Migration } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { stopwatch } from '../support/held-up.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'

const effects: Migration = { name: '0900-test-effects', up: (schema) => schema.createTable('effects', { id: column.id() }) }
const act = { action: 'live.open', targetKind: 'camera', targetId: 'c' }

/** Another connection to the same database. */
function beside(storage: Storage): Storage {
  const { options, config } = z.object({ options: z.object({ storage: z.string().optional() }), config: z.object({ host: z.string().nullish(), port: z.coerce.number().nullish(), username: z.string().nullish(), password: z.string().nullish(), database: z.string().nullish() }) }).parse(storage.sequelize)
  return storage.dialect === 'sqlite' ? new Storage({ sqliteFile: options.storage ?? '' }) : new Storage({ mysqlUrl: `mysql://${config.username}:${config.password}@${config.host}:${config.port}/${config.database}` })
}

/** Holds the end of the chain, as a writer that hangs would, until it is let go. */
async function lockAudit(storage: Storage): Promise<() => Promise<void>> {
  const other = beside(storage)
  let letGo = () => {}
  const released = new Promise<void>((resolve) => (letGo = resolve))
  let held = Promise.resolve()
  await new Promise<void>((locked, failed) => {
    held = other.transaction(async (tx) => {
      await other.sequelize.query('UPDATE audit_head SET hash = hash WHERE id = 1', { transaction: tx })
      locked()
      // Longer than a lock may be held on purpose; the test lets go before.
      await released
    })
    held.catch(failed)
  })
  return async () => {
    letGo()
    await held
    await other.close()
  }
}

const MOST_MS = 2_000
async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const taken = stopwatch(MOST_MS)
  const result = await work()
  return { ms: taken().ms, result }
}
/** @param work what must be refused; it calls `begun` when what hinders it is there, and time counts from then */
const refusal = async (work: (begun: () => void) => Promise<unknown>): Promise<{ ms: number; error: unknown }> => {
  let taken = stopwatch(MOST_MS)
  const begun = () => {
    taken()
    taken = stopwatch(MOST_MS)
  }
  const error = await work(begun).then(() => assert.fail('it happened'), (thrown: unknown) => thrown)
  return { ms: taken().ms, error }
}

eachDatabase('an audit that cannot be written', (make) => {
  let database: TestDatabase
  let storage: Storage
  let store: AuditStore
  let trail: AuditTrail
  const doIt = (between: () => Promise<void> = async () => undefined) =>
    storage.transaction(async (tx) => {
      if (storage.dialect === 'mysql') await storage.sequelize.query(`INSERT INTO effects VALUES ('done')`, { transaction: tx })
      await between()
      if (storage.dialect === 'sqlite') await storage.sequelize.query(`INSERT INTO effects VALUES ('done')`, { transaction: tx })
      await trail.record(tx, systemActor, act)
    })
  const done = async () => (await storage.scan('SELECT id FROM effects')).length
  beforeEach(async () => {
    database = make()
    storage = await database.open([...auditMigrations, effects])
    store = new AuditStore(storage)
    trail = new AuditTrail({ store, clock: new FakeClock(), random: randomBytes })
  })
  afterEach(() => database.drop())

  it('refuses the action within two seconds when it is locked between check and act, and takes it afterwards', async function () {
    this.timeout(15_000)
    let unlock = async () => {}
    const { ms, error } = await refusal((begun) =>
      doIt(async () => {
        unlock = await lockAudit(storage)
        begun()
      }),
    )
    await unlock()
    assert.ok(error instanceof AppError && error.kind === 'unavailable', String(error))
    if (storage.dialect === 'mysql') assert.equal(error.code, 'audit_unavailable')
    assert.ok(ms < MOST_MS, `${ms} ms`)
    assert.deepEqual([await done(), (await store.head()).seq], [0, 0])
    await doIt()
    assert.deepEqual([await done(), (await store.head()).seq], [1, 1])
  })

  it('refuses the action when the connection is gone between check and act', async function () {
    this.timeout(15_000)
    if (storage.dialect === 'sqlite') return // there is no connection to lose
    const other = beside(storage)
    try {
      const { ms, error } = await refusal(() =>
        storage.transaction(async (tx) => {
          await storage.sequelize.query(`INSERT INTO effects VALUES ('done')`, { transaction: tx })
          const [rows] = await storage.sequelize.query('SELECT CONNECTION_ID() AS id', { transaction: tx })
          const [{ id }] = z.tuple([z.object({ id: z.number() })]).parse(rows)
          await other.sequelize.query(`KILL ${id}`)
          await trail.record(tx, systemActor, act)
        }),
      )
      assert.ok(error instanceof AppError && error.code === 'audit_unavailable', String(error))
      assert.ok(ms < MOST_MS)
      assert.deepEqual([await done(), (await store.head()).seq], [0, 0])
    } finally {
      await other.close()
    }
  })

  describe('and live view', () => {
    let dataDir: string
    let clock: FakeClock
    const open = () => new LiveTrail({ storage, store, trail, spool: new LiveSpool(dataDir), clock, random: randomBytes, logger: silentLogger, longestMs: 600_000 })
    const watch = (live: LiveTrail, n: number) => live.record(systemActor, { ...act, detail: { n } })
    const details = async () => (await store.after(0, 100)).map(({ action, detail }) => (action === 'audit.replay' ? action : String(/"n":(\d+)/.exec(detail)?.[1])))
    beforeEach(() => {
      dataDir = mkdtempSync(join(tmpdir(), 'tianwang-spool-'))
      clock = new FakeClock()
    })
    afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

    it('goes on, on local disk, and is put into the audit in order and once', async function () {
      this.timeout(15_000)
      const live = open()
      await watch(live, 1)
      const unlock = await lockAudit(storage)
      await watch(live, 2)
      await watch(live, 3)
      assert.match(readFileSync(join(dataDir, 'audit', 'live-spool.jsonl'), 'utf8'), /"n":1.*\n.*"n":2.*\n$/)
      await unlock()
      await live.replay()
      await live.replay()
      await watch(live, 4)
      assert.deepEqual(await details(), ['1', '2', '3', 'audit.replay', '4'])
      assert.equal((await verifyChain(await databaseSource(storage, []))).finding, null)
      await live.close()
      assert.equal(clock.pending, 0)
    })

    it('is put into the audit after a restart, without a torn line and without doubles', async function () {
      this.timeout(15_000)
      const first = open()
      const unlock = await lockAudit(storage)
      await watch(first, 1)
      await watch(first, 2)
      await unlock()
      await first.close()
      const path = join(dataDir, 'audit', 'live-spool.jsonl')
      const kept = readFileSync(path)
      appendFileSync(path, '{"n":3,"entr')
      const second = open()
      await second.replay()
      appendFileSync(path, kept) // as if the removal had been lost with the machine
      const third = open()
      await third.replay()
      assert.deepEqual(await details(), ['1', '2', 'audit.replay'])
      await Promise.all([second.close(), third.close()])
    })

    it('ends when that has gone on for ten minutes', async function () {
      this.timeout(15_000)
      const live = open()
      const unlock = await lockAudit(storage)
      await watch(live, 1)
      clock.advance(599_000)
      await watch(live, 2)
      clock.advance(2_000)
      const { error } = await refusal(() => watch(live, 3))
      assert.ok(error instanceof AppError && error.code === 'audit_unavailable')
      await unlock()
      await live.replay()
      assert.deepEqual(await details(), ['1', '2', 'audit.replay'])
      await live.close()
    })
  })
})

eachDatabase('a request whose audit cannot be written', (make) => {
  let database: TestDatabase
  let server: TestServer
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  it('is answered 503 with a stable code within two seconds, and nothing is changed', async function () {
    this.timeout(30_000)
    const auditor = await server.signIn('auditor')
    const rows = async () => (await server.app.storage.scan('SELECT seq FROM audit_entries')).length
    const before = await rows()
    const unlock = await lockAudit(server.app.storage)
    const { ms, result } = await timed(() => auditor.get('/api/audit'))
    await unlock()
    assert.deepEqual([result.status, ['audit_unavailable', 'unavailable'].includes(result.code), ms < MOST_MS], [503, true, true], `${result.text} ${ms} ms`)
    assert.ok(!/SQL|mysql|sqlite|locked|items/i.test(result.text), 'neither the rows nor our database show')
    assert.equal(await rows(), before)
    assert.equal((await auditor.get('/api/audit')).status, 200)
  })
})
