// Owns the cameras table's columns and the way between a row and a Camera.
import { z } from 'zod'
import { archiveSchema } from '#contract/archive.ts'
import { cameraStatusSchema, profileSchema } from '#contract/cameras.ts'
import { faultCodeSchema } from '#contract/faults.ts'
import { cameraIdSchema, credentialSetIdSchema, unitIdSchema } from '#contract/ids.ts'
import { streamKindSchema } from '#contract/live.ts'
import { column, rowBool, rowInstantMs, rowJson, type Migration } from '../storage/index.ts'
import { searchTextOf, type Camera } from './camera.ts'

export const cameraColumns = {
  id: column.id(),
  gb_code: column.text(20),
  name: column.text(50),
  unit_id: column.ref(),
  archive: column.json(),
  search_text: column.text(500),
  device_status: column.int(),
  status: column.text(12),
  cause: column.text(24, true),
  status_since_ms: column.instantMs(),
  picture_proven_ms: column.instantMs(true),
  address: column.text(45),
  onvif_port: column.int(true),
  manufacturer: column.text(128),
  model: column.text(128),
  firmware: column.text(128),
  serial: column.text(128),
  mac: column.text(17),
  has_ptz: column.bool(),
  clock_offset_ms: column.bigint(true),
  profiles: column.json(),
  stream_paths: column.json(),
  credential_set_id: column.ref(true),
  own_username: column.text(64, true),
  own_sealed: column.longText(true),
  version: column.int(),
  created_at_ms: column.instantMs(),
}

export const cameraMigration: Migration = {
  name: '0030-registry-cameras',
  async up(schema) {
    await schema.createTable('cameras', cameraColumns)
    await schema.addIndex('cameras', ['gb_code'], { unique: true })
    await schema.addIndex('cameras', ['unit_id', 'status'])
    await schema.addIndex('cameras', ['serial'])
    await schema.addIndex('cameras', ['mac'])
  },
}

export const streamPathSchema = z.object({
  stream: streamKindSchema,
  tls: z.boolean(),
  port: z.number().int(),
  path: z.string(),
})

export const cameraRowSchema = z
  .object({
    id: cameraIdSchema,
    unit_id: unitIdSchema,
    archive: rowJson(archiveSchema),
    status: cameraStatusSchema,
    cause: faultCodeSchema.nullable(),
    status_since_ms: rowInstantMs,
    picture_proven_ms: rowInstantMs.nullable(),
    address: z.string(),
    onvif_port: z.number().int().nullable(),
    manufacturer: z.string(),
    model: z.string(),
    firmware: z.string(),
    serial: z.string(),
    mac: z.string(),
    has_ptz: rowBool,
    clock_offset_ms: z.coerce.number().nullable(),
    profiles: rowJson(z.array(profileSchema)),
    stream_paths: rowJson(z.array(streamPathSchema)),
    credential_set_id: credentialSetIdSchema.nullable(),
    own_username: z.string().nullable(),
    own_sealed: z.string().nullable(),
    version: z.number().int(),
    created_at_ms: rowInstantMs,
  })
  .transform(
    (row): Camera => ({
      id: row.id,
      unitId: row.unit_id,
      archive: row.archive,
      health: { status: row.status, cause: row.cause, sinceMs: row.status_since_ms, pictureProvenMs: row.picture_proven_ms },
      address: row.address,
      onvifPort: row.onvif_port,
      manufacturer: row.manufacturer,
      model: row.model,
      firmware: row.firmware,
      serial: row.serial,
      mac: row.mac,
      hasPtz: row.has_ptz,
      clockOffsetMs: row.clock_offset_ms,
      profiles: row.profiles,
      streamPaths: row.stream_paths,
      credentialSetId: row.credential_set_id,
      ownCredential: row.own_username === null || row.own_sealed === null ? null : { username: row.own_username, sealed: row.own_sealed },
      version: row.version,
      createdAtMs: row.created_at_ms,
    }),
  )

/** Everything but the status columns, which only `setHealth` writes. */
export function toRow(camera: Camera) {
  return {
    gb_code: camera.archive.gbCode,
    name: camera.archive.name,
    unit_id: camera.unitId,
    archive: JSON.stringify(camera.archive),
    search_text: searchTextOf(camera).slice(0, 500),
    device_status: camera.archive.deviceStatus,
    address: camera.address,
    onvif_port: camera.onvifPort,
    manufacturer: camera.manufacturer,
    model: camera.model,
    firmware: camera.firmware,
    serial: camera.serial,
    mac: camera.mac,
    has_ptz: camera.hasPtz,
    clock_offset_ms: camera.clockOffsetMs === null ? null : Math.round(camera.clockOffsetMs),
    profiles: JSON.stringify(camera.profiles),
    stream_paths: JSON.stringify(camera.streamPaths),
    credential_set_id: camera.credentialSetId,
    own_username: camera.ownCredential?.username ?? null,
    own_sealed: camera.ownCredential?.sealed ?? null,
    version: camera.version,
    created_at_ms: camera.createdAtMs,
  }
}

export function healthToRow(health: Camera['health']) {
  return { status: health.status, cause: health.cause, status_since_ms: health.sinceMs, picture_proven_ms: health.pictureProvenMs }
}
