// Owns the cameras table's columns and the way between a row and a Camera.
import { z } from 'zod'
import { archiveSchema } from '#contract/archive.ts'
import { cameraStatusSchema } from '#contract/cameras.ts'
import { faultCodeSchema } from '#contract/faults.ts'
import { cameraIdSchema, credentialSetIdSchema, unitIdSchema } from '#contract/ids.ts'
import { postureSchema } from '#contract/posture.ts'
import { column, rowInstantMs, rowJson, type Migration } from '../storage/index.ts'
import { searchTextOf, type Camera } from './camera.ts'
import { deviceColumns, deviceFields, deviceOfRow, deviceToRow } from './device-row.ts'

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
  ...deviceColumns,
  credential_set_id: column.ref(true),
  own_username: column.text(64, true),
  own_sealed: column.longText(true),
  version: column.int(),
  created_at_ms: column.instantMs(),
}

/** With what came later; nobody was asked before. */
export const cameraColumnsNow = { ...cameraColumns, posture: { ...column.text(8), defaultValue: 'unknown' } }

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

/** The list is paged by name; without it every page sorts the whole district. */
export const cameraNameMigration: Migration = {
  name: '0032-registry-camera-names',
  up: (schema) => schema.addIndex('cameras', ['name', 'id']),
}

/** With the unit in it, a page far down the list is found in the index alone. */
export const cameraListMigration: Migration = {
  name: '0033-registry-camera-list',
  async up(schema) {
    await schema.addIndex('cameras', ['name', 'id', 'unit_id'])
    await schema.query.removeIndex('cameras', 'cameras_name_id')
  },
}

/** What the health room found is in the rows that lists and counts read. */
export const cameraPostureMigration: Migration = {
  name: '0034-registry-camera-posture',
  up: async (schema) => schema.query.addColumn('cameras', 'posture', cameraColumnsNow.posture),
}

/** A row as this program writes it, strictly; `CameraRows` reads the others. */
export const cameraRowSchema = z
  .object({
    id: cameraIdSchema,
    unit_id: unitIdSchema,
    archive: rowJson(archiveSchema),
    status: cameraStatusSchema,
    cause: faultCodeSchema.nullable(),
    status_since_ms: rowInstantMs,
    picture_proven_ms: rowInstantMs.nullable(),
    posture: postureSchema,
    ...deviceFields,
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
      archiveUnread: [],
      health: { status: row.status, cause: row.cause, sinceMs: row.status_since_ms, pictureProvenMs: row.picture_proven_ms },
      posture: row.posture,
      ...deviceOfRow(row),
      credentialSetId: row.credential_set_id,
      ownCredential: row.own_username === null || row.own_sealed === null ? null : { username: row.own_username, sealed: row.own_sealed },
      version: row.version,
      createdAtMs: row.created_at_ms,
    }),
  )

/** Everything but status and posture, which only `setHealth` and `setPosture` write. */
export function toRow(camera: Camera) {
  return {
    gb_code: camera.archive.gbCode,
    name: camera.archive.name,
    unit_id: camera.unitId,
    archive: JSON.stringify(camera.archive),
    search_text: searchTextOf(camera).slice(0, 500),
    device_status: camera.archive.deviceStatus,
    ...deviceToRow(camera),
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
