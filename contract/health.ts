// Owns what the watch over cameras tells: periods, uptime, suspension (报备停机), the district's figures.
import { z } from 'zod'
import { cameraStatusSchema } from './cameras.ts'
import { faultCodeSchema } from './faults.ts'
import { cameraIdSchema, periodIdSchema, unitIdSchema } from './ids.ts'
import { cameraCountsSchema } from './units.ts'
import { endpoint, instantSchema, lineOfText } from './wire.ts'

/** A camera had one status from `from` until `to`; null = still has. */
export const periodSchema = z.object({
  id: periodIdSchema,
  cameraId: cameraIdSchema,
  status: cameraStatusSchema,
  cause: faultCodeSchema.nullable(),
  detail: z.string(),
  from: instantSchema,
  to: instantSchema.nullable(),
})
export type Period = z.infer<typeof periodSchema>

export const rungSchema = z.enum(['reachable', 'onvif', 'rtsp', 'picture', 'changing'])
export type Rung = z.infer<typeof rungSchema>
export const rungResultSchema = z.object({
  rung: rungSchema,
  /** passed, failed, or not tried because a lower rung failed or there is none. */
  outcome: z.enum(['passed', 'failed', 'not-tried']),
  fault: faultCodeSchema.nullable(),
  at: instantSchema.nullable(),
  tookMs: z.number().nullable(),
})
export const uptimeSchema = z.object({
  from: instantSchema,
  to: instantSchema,
  onlineMs: z.number(),
  offlineMs: z.number(),
  abnormalMs: z.number(),
  unauthorizedMs: z.number(),
  suspendedMs: z.number(),
  unknownMs: z.number(),
  /** onlineMs ÷ (all − suspended − unknown); null when that is 0. */
  ratio: z.number().nullable(),
})
export type Uptime = z.infer<typeof uptimeSchema>

/** 报备停机 while it holds: why, until when it stands, and who filed it. */
export const suspensionSchema = z.object({ reason: z.string(), from: instantSchema, until: instantSchema, by: z.string() })
export type SuspensionView = z.infer<typeof suspensionSchema>

export const cameraHealth = endpoint({
  method: 'get',
  path: '/api/cameras/:cameraId/health',
  summary: 'The ladder’s last results, periods and uptime of one camera',
  access: 'health:view',
  params: z.strictObject({ cameraId: cameraIdSchema }),
  query: z.strictObject({ from: instantSchema.optional(), to: instantSchema.optional() }),
  result: z.object({ rungs: z.array(rungResultSchema), periods: z.array(periodSchema), uptime: uptimeSchema, suspension: suspensionSchema.nullable() }),
})
export const suspendCamera = endpoint({
  method: 'post',
  path: '/api/cameras/:cameraId/suspend',
  summary: '报备停机: take a camera out of the watch until a time, with a reason',
  access: 'health:suspend',
  params: z.strictObject({ cameraId: cameraIdSchema }),
  body: z.strictObject({ reason: lineOfText(200).min(2), until: instantSchema }),
  result: z.null(),
})
export const resumeCamera = endpoint({
  method: 'delete',
  path: '/api/cameras/:cameraId/suspend',
  summary: 'End a suspension',
  access: 'health:suspend',
  params: z.strictObject({ cameraId: cameraIdSchema }),
  result: z.null(),
})
export const unitHealth = endpoint({
  method: 'get',
  path: '/api/units/:unitId/health',
  summary: 'Status page of a unit: counts, uptime per direct child, cameras that are not online, last changes',
  access: 'health:view',
  params: z.strictObject({ unitId: unitIdSchema }),
  query: z.strictObject({ from: instantSchema.optional(), to: instantSchema.optional() }),
  result: z.object({
    counts: cameraCountsSchema,
    uptime: uptimeSchema,
    children: z.array(z.object({ unitId: unitIdSchema, name: z.string(), counts: cameraCountsSchema, uptime: uptimeSchema })),
    changes: z.array(periodSchema.extend({ cameraName: z.string() })),
    lastSweep: z.object({ at: instantSchema.nullable(), tookMs: z.number().nullable(), cameras: z.number().int() }),
  }),
})
export const overview = endpoint({
  method: 'get',
  path: '/api/overview',
  summary: 'The home page’s figures for the caller’s scope',
  access: 'health:view',
  result: z.object({
    at: instantSchema,
    counts: cameraCountsSchema,
    /** Cameras whose device answers without a login, or asks for one in clear text; null = the caller may not know. */
    weakCameras: z.number().int().nullable(),
    /** online ÷ (total − suspended − not in use); null when that is 0. */
    onlineRatio: z.number().nullable(),
    archiveCompleteRatio: z.number().nullable(),
    clockAccurateRatio: z.number().nullable(),
    /** null = the caller's roles see no cases; 0 would claim that there are none. */
    openCases: z.number().int().nullable(),
    tagsToday: z.number().int().nullable(),
    /** 今日调用: register entries since midnight by 北京时间, of the people whose register the caller may read; else the caller's own. */
    accessesToday: z.number().int(),
    watchingNow: z.number().int(),
    /** Online ratio per hour of the last 24 h, oldest first. */
    trend: z.array(z.object({ at: instantSchema, ratio: z.number().nullable() })),
    ranking: z.array(z.object({ unitId: unitIdSchema, name: z.string(), counts: cameraCountsSchema, ratio: z.number().nullable() })),
    longestOffline: z.array(
      z.object({ cameraId: cameraIdSchema, name: z.string(), unitName: z.string(), status: cameraStatusSchema, cause: faultCodeSchema.nullable(), since: instantSchema }),
    ),
    causes: z.array(z.object({ cause: faultCodeSchema, cameras: z.number().int() })),
  }),
})
