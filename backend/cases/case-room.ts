// Owns putting the case room together from what app.ts hands in.
import type { Clock } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { MediaPlane } from '#streams'
import type { UnitStore, UserStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal, Route } from '../http/index.ts'
import type { CameraService, CameraStore } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
import { CaseNumbers, type NumberPatterns } from './case.ts'
import { caseRoutes } from './case-routes.ts'
import { CaseService } from './case-service.ts'
import { CaseStore } from './case-store.ts'
import { ExhibitCapture } from './exhibit-capture.ts'
import { ExhibitFiles } from './exhibit-files.ts'
import { quarantineOrphans } from './exhibit-orphans.ts'
import { TagService, type CaseEvents, type RegisterPort } from './tag-service.ts'
import { TagStore } from './tag-store.ts'

export interface CaseRoomDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  units: UnitStore
  users: UserStore
  cameras: CameraStore
  cameraService: CameraService
  register: RegisterPort
  mediaPlane: MediaPlane
  dataDir: string
  patterns: NumberPatterns
  onListenerError: (error: unknown) => void
}

export interface CaseRoom {
  routes: Route[]
  events: TypedEmitter<CaseEvents>
  caseService: CaseService
  tagService: TagService
  /** Puts aside what a crash left behind; to be called before anybody tags. */
  start(): Promise<void>
  /** Cases that the caller sees and that are not ended. */
  openCases(principal: Principal): Promise<number>
  /** Tags of such cases made since midnight by 北京时间. */
  tagsToday(principal: Principal): Promise<number>
}

export function createCaseRoom(deps: CaseRoomDeps): CaseRoom {
  const { storage } = deps
  const events = new TypedEmitter<CaseEvents>((error) => deps.onListenerError(error))
  const cases = new CaseStore(storage)
  const tags = new TagStore(storage)
  const files = new ExhibitFiles(deps)
  const capture = new ExhibitCapture({ ...deps, files })
  const caseService = new CaseService({ ...deps, cases, numbers: new CaseNumbers(deps.patterns) })
  const tagService = new TagService({ ...deps, cases, tags, files, capture, events })
  return {
    routes: caseRoutes({ cases, tags, caseService, tagService, units: deps.units, users: deps.users }),
    events,
    caseService,
    tagService,
    start: async () => void (await quarantineOrphans({ ...deps, files, tags })),
    openCases: (principal) => caseService.countOpen(principal),
    tagsToday: (principal) => tagService.countToday(principal),
  }
}
