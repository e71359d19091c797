// Owns proof that a status change which comes while others are being written is written next, and never lost.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { TypedEmitter } from '#base/emitter.ts'
import { PeriodStore } from '../../backend/health/period-store.ts'
import { healthMigrations } from '../../backend/health/index.ts'
import { passed } from '../../backend/health/evidence.ts'
import { StatusBook, type HealthEvents } from '../../backend/health/status-book.ts'
import { HeartbeatStore } from '../../backend/health/suspension-store.ts'
import { migrate, type Tx } from '../../backend/storage/index.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { startMs, unchecked } from './health-room.ts'
import { openRegistryRoom } from './registry-room.ts'

/** The last thing that a flush writes; calls `during` at that moment, within the transaction. */
class LateHeartbeats extends HeartbeatStore {
  during: () => void = () => {}
  override async beat(tx: Tx, atMs: number): Promise<void> {
    await super.beat(tx, atMs)
    this.during()
  }
}

eachDatabase('status changes', (make) => {
  let database: TestDatabase
  beforeEach(() => (database = make()))
  afterEach(() => database.drop())

  it('that come while others are being written are written by the next flush', async () => {
    const registry = await openRegistryRoom(database)
    await migrate(registry.storage, healthMigrations)
    const [first, second] = [unchecked('first', 1), unchecked('first', 2)] as const
    await registry.put(first, second)
    const heartbeats = new LateHeartbeats(registry.storage)
    const clock = new FakeClock(startMs)
    const book = new StatusBook({
      storage: registry.storage,
      clock,
      random: randomBytes,
      cameras: registry.cameraService,
      periods: new PeriodStore(registry.storage),
      heartbeats,
      events: new TypedEmitter<HealthEvents>((error) => {
        throw error
      }),
      steady: { failuresToChange: 2, flapCount: 4, flapWindowMs: 900_000, sweepsToTrust: 10 },
      judge: { proofMaxAgeMs: 600_000, proofsToConfirm: 2 },
    })
    const comesOnline = (camera: typeof first) => {
      const ok = passed(startMs, 1)
      book.checked(camera.id, 0, { hasOnvif: true, onvif: ok, rtsp: ok, clockOffsetMs: null, tookMs: 1 })
      book.proven(camera.id, 0, { kind: 'picture', provenMs: startMs, changing: true, black: false, width: 640, height: 360, codec: 'h264', shared: false })
    }
    for (const camera of [first, second]) book.enter(camera)
    comesOnline(first)
    heartbeats.during = () => comesOnline(second)
    await book.flush({ measured: false })
    heartbeats.during = () => {}
    await book.flush({ measured: false })
    for (const { id } of [first, second]) assert.equal((await registry.cameraService.find(id))?.health.status, 'online')
  })
})
