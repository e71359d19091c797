// Owns a registry room on a test database: a bureau, two stations, one community under the first.
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import type { UnitId } from '#contract/ids.ts'
import { accessMigrations, UnitStore } from '../../backend/access/index.ts'
import { auditMigrations, AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import { CameraRows, CameraService, CameraStore, CredentialStore, registryMigrations, Vault, type Camera } from '../../backend/registry/index.ts'
import type { Storage } from '../../backend/storage/index.ts'
import type { TestDatabase } from '../support/databases.ts'

export const unitIds = { bureau: newId<UnitId>(1), first: newId<UnitId>(2), community: newId<UnitId>(3), second: newId<UnitId>(4) }

export interface RegistryRoom {
  storage: Storage
  audit: AuditStore
  trail: AuditTrail
  cameras: CameraStore
  cameraService: CameraService
  units: UnitStore
  put(...cameras: Camera[]): Promise<void>
}

export async function openRegistryRoom(database: TestDatabase): Promise<RegistryRoom> {
  const storage = await database.open([...auditMigrations, ...accessMigrations, ...registryMigrations])
  const audit = new AuditStore(storage)
  const trail = new AuditTrail({ store: audit, clock: systemClock, random: randomBytes })
  const cameras = new CameraStore(storage, new CameraRows({ logger: silentLogger }))
  const units = new UnitStore({ storage, monotonicMs: () => 0 })
  const cameraService = new CameraService({
    storage,
    clock: systemClock,
    random: randomBytes,
    trail,
    cameras,
    credentials: new CredentialStore(storage),
    vault: new Vault({ key: randomBytes(32), random: randomBytes }),
    addressPolicy: new AddressPolicy(['10.12.0.0/16']),
    onListenerError: (error) => {
      throw error
    },
  })
  await storage.transaction(async (tx) => {
    await units.add(tx, { id: unitIds.bureau, parentId: null, tier: 'bureau', code: '149903000000', name: '分局' })
    await units.add(tx, { id: unitIds.first, parentId: unitIds.bureau, tier: 'station', code: '149903510000', name: '一所' })
    await units.add(tx, { id: unitIds.community, parentId: unitIds.first, tier: 'community', code: '14990351000001', name: '警务室' })
    await units.add(tx, { id: unitIds.second, parentId: unitIds.bureau, tier: 'station', code: '149903520000', name: '二所' })
  })
  return {
    storage,
    audit,
    trail,
    cameras,
    cameraService,
    units,
    put: (...wanted) =>
      storage.transaction(async (tx) => {
        for (const camera of wanted) await cameras.add(tx, camera)
      }),
  }
}
