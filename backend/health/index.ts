// The door of the health room.
import type { Clock } from '#base/clock.ts'
import type { TypedEmitter } from '#base/emitter.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { CameraId } from '#contract/ids.ts'
import type { MediaPlane } from '#streams'
import type { UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Route } from '../http/index.ts'
import type { CameraService, CameraStore } from '../registry/index.ts'
import type { Migration, Storage } from '../storage/index.ts'
import type { OnvifPing } from './camera-check.ts'
import { healthRoutes } from './health-routes.ts'
import { HealthService } from './health-service.ts'
import { HealthWatch, type LastSweep } from './health-watch.ts'
import { OverviewService, type Figures } from './overview-service.ts'
import { periodMigration, PeriodStore } from './period-store.ts'
import { PostureService } from './posture-service.ts'
import type { OnvifStranger } from './posture-question.ts'
import { postureMigration, PostureStore } from './posture-store.ts'
import { PostureWatch } from './posture-watch.ts'
import type { HealthEvents } from './status-book.ts'
import type { WatchLimits } from './watch-limits.ts'
import { HeartbeatStore, suspensionMigration, SuspensionStore } from './suspension-store.ts'

export type { Figures, HealthEvents, LastSweep, OnvifPing, OnvifStranger, WatchLimits }
export const healthMigrations: readonly Migration[] = [periodMigration, suspensionMigration, postureMigration]

export interface HealthRoomDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  units: UnitStore
  cameras: CameraStore
  cameraService: CameraService
  onvif: OnvifPing & OnvifStranger
  mediaPlane: Pick<MediaPlane, 'probe' | 'prove' | 'reports' | 'on'>
  settings: WatchLimits
  figures: Figures
  onListenerError: (error: unknown) => void
}

export interface HealthRoom {
  routes: Route[]
  events: TypedEmitter<HealthEvents>
  /** Begins to watch; resolves before the first sweep has ended. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Checks one camera now; for after adoption or a change of its login. */
  checkNow(cameraId: CameraId): Promise<void>
  /** One full sweep now; resolves when its changes are written. */
  sweepNow(): Promise<void>
  /** Looks at the camera's picture before all others. */
  proveSoon(cameraId: CameraId): void
  lastSweep(): LastSweep
}

export function createHealthRoom(deps: HealthRoomDeps): HealthRoom {
  const periods = new PeriodStore(deps.storage)
  const suspensions = new SuspensionStore(deps.storage)
  const watch = new HealthWatch({
    ...deps,
    cameras: deps.cameraService,
    plane: deps.mediaPlane,
    periods,
    suspensions,
    heartbeats: new HeartbeatStore(deps.storage),
    limits: deps.settings,
  })
  const postures = new PostureStore(deps.storage)
  const postureWatch = new PostureWatch({ ...deps, plane: deps.mediaPlane, postures, events: watch.events, watched: () => watch.all(), limits: deps.settings, deadlineMs: deps.settings.sweepDeadlineMs })
  const postureService = new PostureService({ ...deps, postures, postureWatch })
  return {
    routes: healthRoutes({ service: new HealthService({ ...deps, periods, suspensions, watch }), overviews: new OverviewService({ ...deps, periods }), postureService }),
    events: watch.events,
    start: async () => {
      await watch.start()
      await postureWatch.start()
    },
    stop: async () => {
      await postureWatch.stop()
      await watch.stop()
    },
    checkNow: (cameraId) => watch.checkNow(cameraId),
    sweepNow: () => watch.sweepNow(),
    proveSoon: (cameraId) => watch.proveSoon(cameraId),
    lastSweep: () => watch.lastSweep(),
  }
}
