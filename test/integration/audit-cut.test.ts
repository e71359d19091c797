// Owns proof that old rows go only under a signed cut, and that the server's own database user cannot touch a row at all.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { silentLogger } from '#base/logger.ts'
import { CheckpointService } from '../../backend/audit/checkpoint-service.ts'
import { auditMigrations, AuditSigner, AuditStore, AuditTrail, CheckpointFile, CutRefused, CutService, databaseSource, systemActor, verifyChain } from '../../backend/audit/index.ts'
import { allMigrations } from '../../backend/app.ts'
import { migrate, Storage } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'

const dayMs = 86_400_000
const act = { action: 'camera.update', targetKind: 'camera', targetId: 'c' }

eachDatabase('the retention of the audit', (make) => {
  let database: TestDatabase
  let storage: Storage
  let dataDir: string
  let clock: FakeClock
  let store: AuditStore
  let checkpoints: CheckpointService
  let service: CutService
  const signer = new AuditSigner(Buffer.alloc(32, 5))
  const verify = async (...sealed: Parameters<typeof databaseSource>[1][]) => verifyChain(await databaseSource(storage, sealed[0] ?? new CheckpointFile(dataDir).read()), { keys: [signer.publicKeyPem] })
  beforeEach(async () => {
    database = make()
    dataDir = mkdtempSync(join(tmpdir(), 'tianwang-cut-'))
    storage = await database.open(auditMigrations)
    // The triggers ask the database for its own time.
    clock = new FakeClock(Date.now() - 400 * dayMs)
    store = new AuditStore(storage)
    const trail = new AuditTrail({ store, clock, random: randomBytes })
    const file = new CheckpointFile(dataDir)
    checkpoints = new CheckpointService({ store, file, signer, clock, logger: silentLogger, limits: { rows: 4, periodMs: 1_000, lookMs: dayMs * 1_000 } })
    service = new CutService({ storage, store, trail, file, signer, clock, keepMs: 200 * dayMs })
    for (let n = 0; n < 10; n++) {
      await storage.transaction((tx) => trail.record(tx, systemActor, { ...act, detail: { n } }))
      clock.advance(n === 5 ? 390 * dayMs : 1_000)
    }
    await checkpoints.look(true)
  })
  afterEach(async () => {
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('removes old rows under a signed cut; what is left verifies with the roots of the whole history', async () => {
    const { cut, removed } = await service.cutBefore(clock.now() - 200 * dayMs, '审计员')
    assert.deepEqual([cut.size, removed], [6, 6])
    const verdict = await verify()
    assert.deepEqual([verdict.finding, verdict.cutTo, verdict.rows, verdict.soundTo.seq], [null, 6, 5, 11])
    assert.ok(verdict.agreeing >= 2)
    assert.deepEqual((await store.after(10, 5)).map(({ action, actorName }) => [action, actorName]), [['audit.cut', '审计员']])
    await checkpoints.look(true)
    assert.equal(checkpoints.state().stop, null)
    assert.equal((await verify([])).finding, null, 'the database alone knows of its cut')
  })

  it('goes on from the cut after a restart', async () => {
    await service.cutBefore(clock.now() - 200 * dayMs, 'x')
    const again = new CheckpointService({ store, file: new CheckpointFile(dataDir), signer, clock, logger: silentLogger, limits: { rows: 4, periodMs: 1_000, lookMs: dayMs * 1_000 } })
    await again.look(true)
    assert.deepEqual([again.state().stop, again.state().followedTo], [null, 11])
  })

  describe('is refused', () => {
    it('for rows that must be kept, for nothing, for rows without a checkpoint, and for a chain that is not sound', async () => {
      await assert.rejects(service.cutBefore(clock.now() - 100 * dayMs, 'x'), /younger than 200 days/)
      await assert.rejects(service.cutBefore(clock.now() - 500 * dayMs, 'x'), CutRefused)
      rmSync(new CheckpointFile(dataDir).path)
      await assert.rejects(service.cutBefore(clock.now() - 200 * dayMs, 'x'), /checkpoints cover rows to 0/)
      assert.equal((await store.after(0, 100)).length, 10)
    })

    it('by the database for a row without a cut, and for one younger than 180 days whatever a cut says', async () => {
      await assert.rejects(store.removeTo(1))
      const cut = signer.cut({ atMs: 1, size: 10, root: 'a'.repeat(64), lastHash: 'a'.repeat(64), by: '' }, [])
      await storage.transaction((tx) => store.addCut(tx, cut))
      await assert.rejects(store.removeTo(10))
      assert.deepEqual((await store.after(0, 100)).at(-1)?.seq, 10)
      for (const sql of ['UPDATE audit_cuts SET seq = 1', 'DELETE FROM audit_cuts']) await assert.rejects(storage.sequelize.query(sql))
    })

    it('by the verifier when the cut was not signed, or not by the key', async () => {
      await service.cutBefore(clock.now() - 200 * dayMs, 'x')
      const foreign = { keys: [new AuditSigner(Buffer.alloc(32, 6)).publicKeyPem] }
      assert.deepEqual((await verifyChain(await databaseSource(storage, []), foreign)).finding, { tampering: 'delete', seq: 1 })
    })
  })
})

describe('the server’s own database user (MariaDB)', function () {
  this.timeout(60_000)
  const serverUrl = process.env['TEST_DATABASE_URL'] ?? ''
  const user = `tw_${randomBytes(4).toString('hex')}`
  const name = `tianwang_test_${randomBytes(6).toString('hex')}`
  let asApplication: Storage | undefined
  const asRoot = async (...statements: string[]) => {
    const connection = await createConnection(serverUrl)
    try {
      for (const statement of statements) await connection.query(statement)
    } finally {
      await connection.end()
    }
  }
  const urlOf = (login?: string) => {
    const url = new URL(serverUrl)
    url.pathname = `/${name}`
    if (login !== undefined) Object.assign(url, { username: login, password: 'test' })
    return url.toString()
  }
  before(async function () {
    if (serverUrl === '') return this.skip()
    await asRoot(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    const owner = new Storage({ mysqlUrl: urlOf() })
    try {
      await migrate(owner, allMigrations)
      await asRoot(`CREATE USER '${user}'@'%' IDENTIFIED BY 'test'`, `CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY 'test'`)
      const shipped = readFileSync('deploy/mysql-grants.sql', 'utf8').replace(/^--.*$/gm, '')
      const grants = (await owner.scan(shipped)).map((row) => String(Object.values(row)[0]))
      assert.ok(grants.length > 10)
      for (const host of ['%', '127.0.0.1']) {
        await asRoot(...grants.map((grant) => grant.replace(`'tianwang_app'@'%'`, `'${user}'@'${host}'`))).catch((error: unknown) => {
          if (error instanceof Error && /denied/.test(error.message)) return this.skip() // the tests' own user may not grant
          throw error
        })
      }
    } finally {
      await owner.close()
    }
    asApplication = new Storage({ mysqlUrl: urlOf(user) })
  })
  after(async () => {
    await asApplication?.close()
    if (serverUrl !== '') await asRoot(`DROP DATABASE IF EXISTS ${name}`, `DROP USER IF EXISTS '${user}'@'%', '${user}'@'127.0.0.1'`)
  })

  it('starts on a migrated database, and writes and reads the audit', async () => {
    assert.ok(asApplication)
    const storage = asApplication
    await migrate(storage, allMigrations)
    const store = new AuditStore(storage)
    const trail = new AuditTrail({ store, clock: new FakeClock(), random: randomBytes })
    await Promise.all([1, 2, 3].map(() => storage.transaction((tx) => trail.record(tx, systemActor, act))))
    assert.equal((await verifyChain(await databaseSource(storage, []))).finding, null)
    assert.equal((await store.after(0, 10)).length, 3)
  })

  for (const sql of [
    `UPDATE audit_entries SET actor_name = 'x'`,
    'DELETE FROM audit_entries',
    'TRUNCATE TABLE audit_entries',
    'DROP TABLE audit_entries',
    'DROP TRIGGER audit_chain_no_update',
    'ALTER TABLE audit_entries DROP COLUMN hash',
    'RENAME TABLE audit_entries TO x',
    'UPDATE audit_cuts SET seq = 1',
    'DELETE FROM audit_head',
  ]) {
    it(`is refused: ${sql}`, async () => {
      assert.ok(asApplication)
      await assert.rejects(asApplication.sequelize.query(sql), /denied/)
    })
  }
})
