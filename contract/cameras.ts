// Owns cameras on the wire: list, one camera with archive and profiles, editing, CSV, device replacement.
import { z } from 'zod'
import { archiveSchema } from './archive.ts'
import { faultCodeSchema } from './faults.ts'
import { cameraIdSchema, credentialSetIdSchema, findingIdSchema, unitIdSchema } from './ids.ts'
import { streamKindSchema } from './live.ts'
import { postureSchema } from './posture.ts'
import { endpoint, exactText, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

export const cameraStatuses = ['online', 'abnormal', 'unauthorized', 'offline', 'suspended', 'unknown'] as const
export const cameraStatusSchema = z.enum(cameraStatuses)
export type CameraStatus = z.infer<typeof cameraStatusSchema>

export const codecSchema = z.enum(['h264', 'h265', 'mjpeg', 'other'])
export type Codec = z.infer<typeof codecSchema>

/** One ONVIF MediaProfile that we use as stream main or sub. */
export const profileSchema = z.object({
  stream: streamKindSchema,
  token: z.string(),
  name: z.string(),
  codec: codecSchema,
  width: z.number().int(),
  height: z.number().int(),
  fps: z.number(),
  hasAudio: z.boolean(),
})
export type Profile = z.infer<typeof profileSchema>

export const cameraSummarySchema = z.object({
  id: cameraIdSchema,
  gbCode: z.string(),
  name: z.string(),
  /** Pinyin initials of the name, lower case, for the tree's search. */
  initials: z.string(),
  unitId: unitIdSchema,
  unitName: z.string(),
  status: cameraStatusSchema,
  cause: faultCodeSchema.nullable(),
  statusSince: instantSchema,
  /** When a decoded, changing picture was last proven; null = never. */
  pictureProvenAt: instantSchema.nullable(),
  cameraType: z.number().int(),
  hasPtz: z.boolean(),
  codec: codecSchema.nullable(),
  ipv4: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  deviceStatus: z.number().int(),
  longitude: z.number().nullable(),
  latitude: z.number().nullable(),
  /** Whether the device answers strangers; null = the caller may not know. */
  posture: postureSchema.nullable(),
})
export type CameraSummary = z.infer<typeof cameraSummarySchema>

export const deviceSchema = z.object({
  address: z.string(),
  onvifPort: z.number().int(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  serial: z.string(),
  mac: z.string(),
  /** Camera clock minus server clock, ms; null = never measured. */
  clockOffsetMs: z.number().nullable(),
  hasPassword: z.boolean(),
  credentialSetId: credentialSetIdSchema.nullable(),
})
export const cameraDetailSchema = cameraSummarySchema.extend({
  archive: archiveSchema,
  /** Required archive fields that are still empty, and any whose stored value could not be read. */
  archiveMissing: z.array(z.string()),
  device: deviceSchema,
  profiles: z.array(profileSchema),
  version: z.number().int(),
})
export type CameraDetail = z.infer<typeof cameraDetailSchema>

const cameraParams = z.strictObject({ cameraId: cameraIdSchema })
const cameraFilter = {
  unitId: unitIdSchema.optional(),
  status: cameraStatusSchema.optional(),
  /** Only for `posture:view`, and of the own units. */
  posture: postureSchema.optional(),
  /** Name, 国标编码, address or pinyin initials. */
  q: lineOfText(100).optional(),
}

export const listCameras = endpoint({
  method: 'get',
  path: '/api/cameras',
  summary: 'Cameras of the caller’s scope',
  access: 'camera:view',
  query: z.strictObject({
    ...cameraFilter,
    ...pageQuery,
    pageSize: z.coerce.number().int().min(1).max(1000).default(50),
    sort: z.enum(['name', 'gbCode', 'status', 'statusSince']).default('name'),
  }),
  result: pageOf(cameraSummarySchema),
})
export const getCamera = endpoint({
  method: 'get',
  path: '/api/cameras/:cameraId',
  summary: 'One camera with its 一机一档 and its stream profiles',
  access: 'camera:view',
  params: cameraParams,
  result: cameraDetailSchema,
})
export const updateCamera = endpoint({
  method: 'patch',
  path: '/api/cameras/:cameraId',
  summary: 'Change the archive or the unit; `version` must be the one that was read',
  access: 'camera:edit',
  params: cameraParams,
  body: z.strictObject({
    version: z.number().int(),
    archive: archiveSchema.partial().optional(),
    unitId: unitIdSchema.optional(),
  }),
  result: cameraDetailSchema,
})
export const setCameraCredential = endpoint({
  method: 'put',
  path: '/api/cameras/:cameraId/credential',
  summary: 'Set the camera’s login; it is never given back',
  access: 'credential:edit',
  params: cameraParams,
  body: z.strictObject({ username: exactText(64).min(1), password: z.string().min(1).max(128) }),
  result: z.null(),
})
/** Registers a camera by hand: ONVIF by address, or RTSP addresses without ONVIF. */
export const createCamera = endpoint({
  method: 'post',
  path: '/api/cameras',
  summary: 'Register a camera by hand',
  access: 'camera:adopt',
  body: z.strictObject({
    unitId: unitIdSchema,
    archive: archiveSchema,
    address: z.string().min(1).max(64),
    onvifPort: z.number().int().min(1).max(65535).nullable(),
    username: exactText(64).min(1).optional(),
    password: z.string().min(1).max(128).optional(),
    streams: z
      .array(z.strictObject({ stream: streamKindSchema, url: z.string().max(1024) }))
      .max(2)
      .default([]),
  }),
  result: cameraDetailSchema,
})
export const exportArchive = endpoint({
  method: 'get',
  path: '/api/cameras.csv',
  summary: 'The 一机一档 of the caller’s scope as CSV (UTF-8 with BOM)',
  access: 'camera:view',
  query: z.strictObject(cameraFilter),
  result: z.instanceof(Uint8Array),
  produces: 'text/csv',
})
/** Why a row of an imported file was refused; `bad_value`: the cell breaks its column's rule, which `message` says in English. */
export const rowErrorCodeSchema = z.enum(['bad_value', 'wrong_cell_count', 'duplicate_row', 'unknown_camera', 'unknown_unit', 'changed_meanwhile'])
export type RowErrorCode = z.infer<typeof rowErrorCodeSchema>
export const rowErrorSchema = z.object({
  /** As a spreadsheet counts: the headings are row 1. */
  row: z.number().int(),
  /** A heading of the file; empty when the fault is the whole row's. */
  column: z.string(),
  code: rowErrorCodeSchema,
  message: z.string(),
})
export type RowError = z.infer<typeof rowErrorSchema>
export const importArchive = endpoint({
  method: 'post',
  path: '/api/cameras.csv',
  summary: 'Update archives from CSV by 设备编码; good rows are kept, every bad row is reported',
  access: 'camera:edit',
  query: z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') }),
  body: z.string(),
  consumes: 'text/csv',
  maxBodyBytes: 8 * 1024 * 1024,
  result: z.object({ rows: z.number().int(), updated: z.number().int(), unchanged: z.number().int(), errors: z.array(rowErrorSchema) }),
})
export const replaceDevice = endpoint({
  method: 'post',
  path: '/api/cameras/:cameraId/replace-device',
  summary: 'Put a newly found device in the place of this camera; id, archive and history stay',
  access: 'camera:adopt',
  params: cameraParams,
  body: z.strictObject({ findingId: findingIdSchema, version: z.number().int() }),
  result: cameraDetailSchema,
})
