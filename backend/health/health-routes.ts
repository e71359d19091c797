// Owns the HTTP side of the watch; thin.
import { api } from '#contract/api.ts'
import { route, type Route } from '../http/index.ts'
import type { HealthService } from './health-service.ts'
import type { OverviewService } from './overview-service.ts'
import type { PostureService } from './posture-service.ts'

export function healthRoutes(deps: { service: HealthService; overviews: OverviewService; postureService: PostureService }): Route[] {
  const { service, overviews, postureService } = deps
  return [
    route(api.cameraHealth, async ({ principal, params, query }) => service.camera(principal, params.cameraId, query)),
    route(api.suspendCamera, async ({ principal, params, body, request }) => {
      await service.suspend(principal, params.cameraId, body, request)
      return null
    }),
    route(api.resumeCamera, async ({ principal, params, request }) => {
      await service.resume(principal, params.cameraId, request)
      return null
    }),
    route(api.cameraPosture, async ({ principal, params }) => postureService.camera(principal, params.cameraId)),
    route(api.checkPosture, async ({ principal, params, request }) => postureService.check(principal, params.cameraId, request)),
    route(api.unitHealth, async ({ principal, params, query }) => service.unit(principal, params.unitId, query)),
    route(api.overview, async ({ principal }) => overviews.overview(principal)),
  ]
}
