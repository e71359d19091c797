// Owns the columns of tags, their cameras and their exhibits, and reading such rows.
import { z } from 'zod'
import { tagCategorySchema } from '#contract/cases.ts'
import { errorCodes, type ErrorCode } from '#contract/errors.ts'
import { cameraIdSchema, caseIdSchema, exhibitIdSchema, tagIdSchema, unitIdSchema, userIdSchema } from '#contract/ids.ts'
import { column, rowInstantMs, rowJson, type Migration } from '../storage/index.ts'

export const tagColumns = {
  id: column.id(),
  case_id: column.ref(),
  category: column.text(16),
  note: column.longText(),
  from_ms: column.instantMs(),
  to_ms: column.instantMs(),
  exhibits_missing: column.json(),
  created_at_ms: column.instantMs(),
  created_by: column.ref(),
  created_by_name: column.text(40),
  created_by_number: column.text(16),
}
export const tagCameraColumns = {
  tag_id: { ...column.ref(), primaryKey: true },
  camera_id: { ...column.ref(), primaryKey: true },
  camera_name: column.text(50),
  unit_id: column.ref(),
  place: column.int(),
}
export const exhibitColumns = {
  id: column.id(),
  tag_id: column.ref(),
  camera_id: column.ref(),
  camera_name: column.text(50),
  picture_at_ms: column.instantMs(),
  captured_at_ms: column.instantMs(),
  sha256: column.text(64),
  bytes: column.int(),
  width: column.int(),
  height: column.int(),
  clock_offset_ms: column.bigint(true),
}

export const tagMigration: Migration = {
  name: '0071-cases-tags',
  async up(schema) {
    await schema.createTable('tags', tagColumns)
    await schema.addIndex('tags', ['case_id', 'from_ms'])
    await schema.addIndex('tags', ['from_ms'])
    await schema.addIndex('tags', ['created_at_ms'])
    await schema.createTable('tag_cameras', tagCameraColumns)
    await schema.addIndex('tag_cameras', ['camera_id'])
    await schema.addIndex('tag_cameras', ['unit_id'])
    await schema.createTable('exhibits', exhibitColumns)
    await schema.addIndex('exhibits', ['tag_id'])
  },
}

const reasonSchema = z.string().refine((code): code is ErrorCode => Object.hasOwn(errorCodes, code))

export const tagRowSchema = z
  .object({
    id: tagIdSchema,
    case_id: caseIdSchema,
    category: tagCategorySchema,
    note: z.string(),
    from_ms: rowInstantMs,
    to_ms: rowInstantMs,
    exhibits_missing: rowJson(z.array(z.object({ cameraId: cameraIdSchema, reason: reasonSchema }))),
    created_at_ms: rowInstantMs,
    created_by: userIdSchema,
    created_by_name: z.string(),
    created_by_number: z.string(),
  })
  .transform((row) => ({
    id: row.id,
    caseId: row.case_id,
    category: row.category,
    note: row.note,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    exhibitsMissing: row.exhibits_missing,
    createdAtMs: row.created_at_ms,
    createdBy: { id: row.created_by, displayName: row.created_by_name, policeNumber: row.created_by_number },
  }))

export const tagCameraRowSchema = z
  .object({ tag_id: tagIdSchema, camera_id: cameraIdSchema, camera_name: z.string(), unit_id: unitIdSchema })
  .transform((row) => ({ tagId: row.tag_id, camera: { id: row.camera_id, name: row.camera_name, unitId: row.unit_id } }))

export const exhibitRowSchema = z
  .object({
    id: exhibitIdSchema,
    tag_id: tagIdSchema,
    camera_id: cameraIdSchema,
    camera_name: z.string(),
    picture_at_ms: rowInstantMs,
    captured_at_ms: rowInstantMs,
    sha256: z.string(),
    bytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    clock_offset_ms: z.coerce.number().nullable(),
  })
  .transform((row) => ({
    tagId: row.tag_id,
    exhibit: {
      id: row.id,
      cameraId: row.camera_id,
      cameraName: row.camera_name,
      pictureAtMs: row.picture_at_ms,
      capturedAtMs: row.captured_at_ms,
      sha256: row.sha256,
      bytes: row.bytes,
      width: row.width,
      height: row.height,
      clockOffsetMs: row.clock_offset_ms,
    },
  }))
