// Owns proof of the watch over the record: it looks again and again, goes on where it stopped, and two machines find one thing.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { beijingDayStartMs, dayMs } from '#base/beijing-time.ts'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { configSchema } from '#config/schema.ts'
import type { UserId } from '#contract/ids.ts'
import { accessMigrations, UnitStore, UserStore } from '../../backend/access/index.ts'
import { auditMigrations, AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import { oversightMigrations } from '../../backend/oversight/index.ts'
import { IrregularityStore, type Sight } from '../../backend/oversight/irregularity-store.ts'
import { OversightWatch } from '../../backend/oversight/oversight-watch.ts'
import type { Storage } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { unitIds } from './registry-room.ts'

const noonMs = beijingDayStartMs(1_795_500_000_000) + dayMs / 2
const limits = configSchema.parse({}).oversight
const everything: Sight = { kind: 'reviewer', unitIds: [unitIds.first], userId: newId<UserId>(9), policeNumber: '' }

eachDatabase('the watch over the record', (make) => {
  let database: TestDatabase
  let storage: Storage
  let clock: FakeClock
  let store: AuditStore
  let irregularities: IrregularityStore
  const watches: OversightWatch[] = []
  const userId = newId<UserId>(1)

  beforeEach(async () => {
    database = make()
    storage = await database.open([...auditMigrations, ...accessMigrations, ...oversightMigrations])
    clock = new FakeClock(noonMs)
    store = new AuditStore(storage)
    irregularities = new IrregularityStore(storage)
    const users = new UserStore(storage)
    const units = new UnitStore({ storage, monotonicMs: () => 0 })
    await storage.transaction(async (tx) => {
      await units.add(tx, { id: unitIds.first, parentId: null, tier: 'station', code: '1', name: '一所' })
      await users.add(tx, { id: userId, username: 'u', displayName: '王小明', policeNumber: '1', passwordHash: '', roles: ['operator'], unitId: unitIds.first, disabled: false, lastSignInAtMs: null, passwordAtMs: null })
    })
  })
  afterEach(async () => {
    for (const watch of watches.splice(0)) await watch.close()
    await database.drop()
  })

  const watchOver = (change: Partial<ConstructorParameters<typeof OversightWatch>[0]> = {}) => {
    const trail = new AuditTrail({ store, clock, random: randomBytes })
    const watch = new OversightWatch({ storage, clock, random: randomBytes, logger: silentLogger, trail, entries: store, users: new UserStore(storage), units: new UnitStore({ storage, monotonicMs: () => 0 }), irregularities, limits, ...change })
    watches.push(watch)
    return watch
  }
  /** A view without a case so long ago. */
  const view = async (agoMs = 0) => {
    const trail = new AuditTrail({ store, clock: new FakeClock(clock.now() - agoMs), random: randomBytes })
    await storage.transaction((tx) => trail.record(tx, { userId, displayName: '王小明', unitName: '一所', ip: '' }, { action: 'live.open', targetKind: 'camera', targetId: 'c', detail: { registerId: 'r' } }))
  }
  const found = async () => (await irregularities.list(everything, {}, { page: 1, pageSize: 100 })).items
  /** Looks come one after another; an empty judgement waits behind those under way. */
  const settled = (watch: OversightWatch) => watch.judge([], 0, 0)

  it('looks at its start and every period after it, and no more when it is closed', async () => {
    const watch = watchOver()
    await view()
    watch.start()
    await settled(watch)
    assert.deepEqual((await found()).map(({ rows }) => rows), [1])
    await view()
    clock.advance(limits.periodMs - 1)
    await settled(watch)
    assert.deepEqual((await found()).map(({ rows }) => rows), [1])
    clock.advance(1)
    await settled(watch)
    assert.deepEqual((await found()).map(({ rows }) => rows), [2])
    await watch.close()
    assert.equal(clock.pending, 0)
  })

  it('goes on where it stopped, also as another process', async () => {
    await view()
    assert.equal(await watchOver().look(), 1)
    const reads: number[] = []
    const entries = new (class extends AuditStore {
      override actsBetween(...args: Parameters<AuditStore['actsBetween']>) {
        reads.push(args[0])
        return super.actsBetween(...args)
      }
    })(storage)
    await view(dayMs)
    assert.equal(await watchOver({ entries }).look(), 1)
    // Row 1 was read by the first; what that raised is row 2.
    assert.deepEqual(reads, [1])
    assert.equal((await found()).length, 2)
  })

  it('goes back some days at its very first look, and no further', async () => {
    await view((limits.lookBackDays + 1) * dayMs)
    await view((limits.lookBackDays - 1) * dayMs)
    assert.equal(await watchOver().look(), 1)
    assert.equal(await watchOver().look(), 0)
  })

  it('of two machines that look at the same moment one raises it, with its rows once', async () => {
    for (let count = 0; count < 3; count++) await view()
    const raised = await Promise.all([watchOver().look(), watchOver().look(), watchOver().look()])
    assert.deepEqual(raised.sort(), [0, 0, 1])
    const [one, ...more] = await found()
    assert.deepEqual([one?.rows, more], [3, []])
    assert.deepEqual(await irregularities.evidenceOf(one?.id ?? newId(0), 10), [1, 2, 3])
    assert.equal((await store.list({ action: 'oversight.raise', page: 1, pageSize: 10 })).total, 1)
  })

  it('raises nothing when the audit cannot be written, and finds it again at the next look', async () => {
    await view()
    const broken = new (class extends AuditStore {
      override add(): Promise<void> {
        return Promise.reject(new Error('the audit cannot be written'))
      }
    })(storage)
    await assert.rejects(watchOver({ trail: new AuditTrail({ store: broken, clock, random: randomBytes }) }).look(), /cannot be written/)
    assert.deepEqual(await found(), [])
    assert.equal(await watchOver().look(), 1)
  })

  it('knows people of now only: rows of whoever has no account are passed over', async () => {
    const trail = new AuditTrail({ store, clock, random: randomBytes })
    await storage.transaction((tx) => trail.record(tx, { userId: newId<UserId>(5), displayName: 'gone', unitName: '', ip: '' }, { action: 'live.open', targetKind: 'camera', targetId: 'c', detail: { registerId: 'r' } }))
    assert.equal(await watchOver().look(), 0)
  })
})
