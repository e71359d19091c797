// Owns putting the viewing room together from what app.ts hands in.
import type { Clock } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { Logger } from '#base/logger.ts'
import type { CameraId, SessionId, UserId } from '#contract/ids.ts'
import type { MediaPlane } from '#streams'
import type { StreamTickets } from '../access/index.ts'
import type { AuditTrail, LiveTrail } from '../audit/index.ts'
import type { Principal, Route, UpgradeSource } from '../http/index.ts'
import type { CameraService, CameraStore } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
import { CameraPlaces } from './camera-places.ts'
import { LayoutService } from './layout-service.ts'
import { LayoutStore } from './layout-store.ts'
import { LiveService } from './live-service.ts'
import { MediaSockets, type MediaSocketDeps } from './media-socket.ts'
import { StreamStates, type StreamStateEvents } from './stream-states.ts'
import { viewingRoutes } from './viewing-routes.ts'
import { WallService } from './wall-service.ts'
import { WallStore } from './wall-store.ts'
import { WatermarkService, type WatermarkEvents } from './watermark-service.ts'
import { WatermarkStore } from './watermark-store.ts'
import { WatchLedger, type PurposePort, type RightEnd, type WatchLimits } from './watch-ledger.ts'

export interface ViewingRoomDeps {
  storage: Storage
  clock: Clock
  logger: Logger
  trail: AuditTrail
  liveTrail?: Pick<LiveTrail, 'record'>
  cameraService: CameraService
  cameras: CameraStore
  tickets: StreamTickets
  /** 调用登记, for what is not standing duty; left out, nothing beyond the own subtree opens. */
  purposes?: PurposePort
  /** The principal with the rights of now; null when the session is over. */
  again: (principal: Principal) => Promise<Principal | null>
  mediaPlane: MediaPlane
  ticketMs: number
  watchLimits?: Partial<WatchLimits>
  onListenerError: (error: unknown) => void
}

/** What the media socket needs besides; a room without a server has none. */
export type PushDeps = Pick<MediaSocketDeps, 'gate' | 'rights' | 'clientAddress' | 'ownOrigins' | 'requireTls'> & { server: UpgradeSource }

export interface ViewingRoom {
  routes: Route[]
  events: TypedEmitter<StreamStateEvents & WatermarkEvents>
  /** How many streams of the caller's scope are being watched now; two watchers of one stream count twice. */
  watchingNow(principal: Principal): number
  /** To be called when a session has ended; its watching then ends on record at once instead of after the silence. */
  sessionEnded(sessionId: SessionId, why?: RightEnd): Promise<void>
  /** To be called when a grant has ended. */
  grantEnded(userId: UserId, cameraIds: readonly CameraId[], why: RightEnd): Promise<void>
  /** Answers the media socket of this server. */
  servePush(deps: PushDeps): MediaSockets
  close(): Promise<void>
}

export function createViewingRoom(deps: ViewingRoomDeps): ViewingRoom {
  const events = new TypedEmitter<StreamStateEvents & WatermarkEvents>((error) => deps.onListenerError(error))
  const places = new CameraPlaces(deps)
  const watches = new WatchLedger({ ...deps, limits: deps.watchLimits ?? {} })
  const live = new LiveService({ ...deps, places, watches })
  const states = new StreamStates({ ...deps, places, events })
  const offPush: (() => void)[] = []
  const wallService = new WallService({ ...deps, walls: new WallStore(deps.storage) })
  const layoutService = new LayoutService({ ...deps, layouts: new LayoutStore(deps.storage), wallService })
  const watermarkService = new WatermarkService({ ...deps, watermarks: new WatermarkStore(deps.storage), events })
  return {
    routes: viewingRoutes({ clock: deps.clock, live, wallService, layoutService, watermarkService }),
    events,
    watchingNow: (principal) => watches.count(principal.scope),
    sessionEnded: (sessionId, why) => watches.endSession(sessionId, why),
    grantEnded: (userId, cameraIds, why) => watches.endOf(userId, cameraIds, why),
    servePush({ server, ...rest }) {
      const sockets = new MediaSockets({ ...deps, ...rest, live, places, watches })
      sockets.attach(server)
      // Where the camera is now decides at once, not with the next round of the rights.
      offPush.push(deps.cameraService.events.on('changed', () => void rest.rights.recheck().catch(deps.onListenerError)), () => sockets.close())
      return sockets
    },
    async close() {
      for (const off of offPush) off()
      states.close()
      live.close()
      await watches.close()
    },
  }
}
