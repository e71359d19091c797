// Owns the HTTP side of live streams, snapshots, walls and their watermark; thin. Nothing of it may be kept by a cache: what one person
// may see, another may not.
import type { Clock } from '#base/clock.ts'
import { api } from '#contract/api.ts'
import { pictureAtHeader } from '#contract/live.ts'
import { route, type Route } from '../http/index.ts'
import { toInstant } from '../storage/index.ts'
import type { LayoutService } from './layout-service.ts'
import type { LiveService } from './live-service.ts'
import type { WallService } from './wall-service.ts'
import type { WatermarkService } from './watermark-service.ts'

export interface ViewingRoutesDeps {
  clock: Clock
  live: LiveService
  wallService: WallService
  layoutService: LayoutService
  watermarkService: WatermarkService
}

const bytesHeaders = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

export function viewingRoutes(deps: ViewingRoutesDeps): Route[] {
  const { clock, live, wallService, layoutService, watermarkService } = deps
  return [
    route(api.openLive, async ({ principal, body, request }) => {
      const { playlistUrl, segmentsUrl, expiresAtMs, report, cameraId, stream } = await live.open(principal, body, request)
      return {
        playlistUrl,
        segmentsUrl,
        expiresAt: toInstant(expiresAtMs),
        cameraId,
        stream,
        state: report.state,
        transcoded: report.transcoded,
        form: report.form,
        queue: report.queue,
        serverAt: toInstant(clock.now()),
      }
    }),
    route(api.openReplay, async ({ principal, body, request }) => {
      const { playlistUrl, expiresAtMs, fromMs, cameraId, stream } = await live.replay(principal, body, request)
      return { playlistUrl, expiresAt: toInstant(expiresAtMs), cameraId, stream, from: toInstant(fromMs), serverAt: toInstant(clock.now()) }
    }),
    route(api.mediaFile, async ({ principal, params, query, request }) => {
      const { bytes, contentType } = await live.file(principal, { cameraId: params.cameraId, folder: params.stream, file: params.file, msn: query._HLS_msn, part: query._HLS_part }, { ip: request.ip, ticket: query.ticket ?? null, signal: request.signal })
      return { bytes, contentType, headers: bytesHeaders }
    }),
    route(api.cameraSnapshot, async ({ principal, params, query, request }) => {
      const { jpeg, pictureMs } = await live.snapshot(principal, { cameraId: params.cameraId, stream: query.stream, atMs: query.at === undefined ? null : Date.parse(query.at) }, request)
      return { bytes: jpeg, contentType: 'image/jpeg', headers: { ...bytesHeaders, 'Content-Security-Policy': 'sandbox', [pictureAtHeader]: toInstant(pictureMs) } }
    }),
    route(api.getWall, ({ principal }) => wallService.get(principal)),
    route(api.putWall, async ({ principal, body, request }) => {
      await wallService.put(principal, body, request)
      return null
    }),
    route(api.getWatermark, () => watermarkService.get()),
    route(api.putWatermark, ({ principal, body, request }) => watermarkService.put(principal, body.opacityPercent, request)),
    route(api.listLayouts, async ({ principal }) => ({ items: await layoutService.list(principal) })),
    route(api.createLayout, ({ principal, body, request }) => layoutService.create(principal, body, request)),
    route(api.updateLayout, ({ principal, params, body, request }) => layoutService.update(principal, params.layoutId, body, request)),
    route(api.deleteLayout, async ({ principal, params, request }) => {
      await layoutService.remove(principal, params.layoutId, request)
      return null
    }),
  ]
}
