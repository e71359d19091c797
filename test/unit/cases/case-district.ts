// Owns a case room on a test database: two stations with people and cameras, a media plane that answers as told.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import type { UnitId, UserId } from '#contract/ids.ts'
import type { Role } from '#contract/permissions.ts'
import { configSchema } from '#config/schema.ts'
import { UserStore } from '../../../backend/access/index.ts'
import { AuditStore, AuditTrail } from '../../../backend/audit/index.ts'
import { caseMigrations, createCaseRoom, type CaseRoom, type RegisterPort } from '../../../backend/cases/index.ts'
import type { Principal } from '../../../backend/http/index.ts'
import type { Camera } from '../../../backend/registry/index.ts'
import { migrate } from '../../../backend/storage/index.ts'
import { openRegistryRoom, unitIds } from '../../integration/registry-room.ts'
import type { TestDatabase } from '../../support/databases.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { sampleCamera, samplePrincipal } from '../registry/sample-camera.ts'
import { FakeMediaPlane } from '../viewing/fake-media-plane.ts'

export class BreakableAuditStore extends AuditStore {
  broken = false

  override async add(...entry: Parameters<AuditStore['add']>): Promise<void> {
    if (this.broken) throw new Error('the audit cannot be written')
    return super.add(...entry)
  }
}

export const nowMs = Date.UTC(2026, 10, 23, 4)

const first = [unitIds.first, unitIds.community]
const people: [string, Role, UnitId, UnitId[]][] = [
  ['operator', 'operator', unitIds.first, first],
  ['colleague', 'operator', unitIds.first, first],
  ['chief', 'station_supervisor', unitIds.first, first],
  ['bureau', 'bureau_supervisor', unitIds.bureau, [unitIds.bureau, ...first, unitIds.second]],
  ['stranger', 'operator', unitIds.second, [unitIds.second]],
  ['otherChief', 'station_supervisor', unitIds.second, [unitIds.second]],
  ['secadmin', 'secadmin', unitIds.bureau, [unitIds.bureau, ...first, unitIds.second]],
]

export interface CaseDistrict {
  room: CaseRoom
  audit: BreakableAuditStore
  clock: FakeClock
  plane: FakeMediaPlane
  /** What was written into the register, with the number of pictures taken before it. */
  entered: (Parameters<RegisterPort['enter']>[1] & { by: string; pictures: number })[]
  breakRegister(): void
  dataDir: string
  /** A camera with both streams of the first station, of its community, of the second station. */
  own: Camera
  ownCommunity: Camera
  foreign: Camera
  as(name: string): Principal
  /** What stands in the audit, by name: entries of one millisecond have no order. */
  actions(): Promise<string[]>
  keptFiles(): string[]
  close(): void
}

export async function openCaseDistrict(database: TestDatabase): Promise<CaseDistrict> {
  const registry = await openRegistryRoom(database)
  const { storage, units, cameras, cameraService } = registry
  await migrate(storage, caseMigrations)
  const audit = new BreakableAuditStore(storage)
  const clock = new FakeClock(nowMs)
  const plane = new FakeMediaPlane()
  const users = new UserStore(storage)
  const principals = new Map<string, Principal>()
  await storage.transaction(async (tx) => {
    for (const [name, role, unitId, scope] of people) {
      const id = newId<UserId>(nowMs)
      await users.add(tx, { id, username: name, displayName: name, policeNumber: 'T1', passwordHash: '', roles: [role], unitId, disabled: false, lastSignInAtMs: null, passwordAtMs: null })
      principals.set(name, { ...samplePrincipal(scope, role), userId: id, displayName: name, unitId })
    }
  })
  const streamPaths: Camera['streamPaths'] = [
    { stream: 'main', tls: false, port: 554, path: '/main' },
    { stream: 'sub', tls: false, port: 554, path: '/sub' },
  ]
  const own = sampleCamera(unitIds.first, 1, { streamPaths, clockOffsetMs: -1_500 })
  const ownCommunity = sampleCamera(unitIds.community, 2, { streamPaths })
  const foreign = sampleCamera(unitIds.second, 3, { streamPaths })
  await registry.put(own, ownCommunity, foreign)
  const dataDir = mkdtempSync(join(tmpdir(), 'tianwang-cases-'))
  const entered: CaseDistrict['entered'] = []
  let registerFails = false
  const room = createCaseRoom({
    storage,
    clock,
    random: randomBytes,
    logger: silentLogger,
    trail: new AuditTrail({ store: audit, clock, random: randomBytes }),
    units,
    users,
    cameras,
    cameraService,
    register: {
      async enter(principal, entry) {
        if (registerFails) throw new Error('the register cannot be written')
        entered.push({ by: principal.displayName, pictures: plane.pictures.length, ...entry })
      },
    },
    mediaPlane: plane,
    dataDir,
    patterns: configSchema.parse({}).cases,
    onListenerError: (error) => {
      throw error
    },
  })
  return {
    room,
    audit,
    clock,
    plane,
    entered,
    breakRegister: () => (registerFails = true),
    dataDir,
    own,
    ownCommunity,
    foreign,
    as(name) {
      const principal = principals.get(name)
      if (!principal) throw new Error(`nobody is called ${name}`)
      return principal
    },
    actions: async () => (await audit.list({ page: 1, pageSize: 100 })).items.map((entry) => entry.action).sort(),
    keptFiles: () => readdirSync(dataDir, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : [])),
    close: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}
