// The door of the oversight room.
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { UnitStore, UserStore } from '../access/index.ts'
import type { AuditStore, AuditTrail } from '../audit/index.ts'
import type { Route } from '../http/index.ts'
import type { Migration, Storage } from '../storage/index.ts'
import { oversightMigration } from './irregularity-row.ts'
import { IrregularityService } from './irregularity-service.ts'
import { IrregularityStore } from './irregularity-store.ts'
import type { Limits } from './oversight-rules.ts'
import { oversightRoutes } from './oversight-routes.ts'
import { OversightWatch } from './oversight-watch.ts'

export const oversightMigrations: readonly Migration[] = [oversightMigration]

export interface OversightRoomDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  entries: AuditStore
  users: UserStore
  units: UnitStore
  limits: Limits
}

export interface OversightRoom {
  routes: Route[]
  watch: OversightWatch
}

export function createOversightRoom(deps: OversightRoomDeps): OversightRoom {
  const irregularities = new IrregularityStore(deps.storage)
  const watch = new OversightWatch({ ...deps, irregularities })
  const service = new IrregularityService({ ...deps, irregularities })
  return { routes: oversightRoutes({ ...deps, service, watch }), watch }
}
