// Owns the table of what each door of each camera last said to a stranger.
// Refuses: what was said at another place than the camera's present one; it is as if it had not been asked.
import { z } from 'zod'
import { faultCodeSchema } from '#contract/faults.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'
import { doorAnswerSchema, doorSchema } from '#contract/posture.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { DoorRecord } from './posture.ts'

const columns = {
  camera_id: { ...column.ref(), primaryKey: true },
  door: { ...column.text(8), primaryKey: true },
  /** `askedPlace` of what was asked. */
  place: column.text(32),
  answer: column.text(12, true),
  since_ms: column.instantMs(true),
  answered_ms: column.instantMs(true),
  asked_ms: column.instantMs(),
  fault: column.text(24, true),
}

export const postureMigration: Migration = {
  name: '0052-health-postures',
  up: (schema) => schema.createTable('camera_doors', columns),
}

const rowSchema = z
  .object({
    camera_id: cameraIdSchema,
    door: doorSchema,
    place: z.string(),
    answer: doorAnswerSchema.nullable(),
    since_ms: rowInstantMs.nullable(),
    answered_ms: rowInstantMs.nullable(),
    asked_ms: rowInstantMs,
    fault: faultCodeSchema.nullable(),
  })
  .transform((row) => ({
    cameraId: row.camera_id,
    place: row.place,
    record: { door: row.door, answer: row.answer, sinceMs: row.since_ms, answeredMs: row.answered_ms, askedMs: row.asked_ms, fault: row.fault } satisfies DoorRecord,
  }))
export type StoredDoor = z.infer<typeof rowSchema>

export class PostureStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('camera_doors', columns)
  }

  /** What the camera's doors said at this place. */
  async of(cameraId: CameraId, place: string, tx?: Tx): Promise<DoorRecord[]> {
    const rows = await this.#table.findAll({ where: { camera_id: cameraId, place }, order: [['door', 'DESC']], raw: true, ...(tx ? { transaction: tx } : {}) })
    return z.array(rowSchema).parse(rows).map(({ record }) => record)
  }

  /** Of every camera, for the watch's start. */
  async all(): Promise<StoredDoor[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ raw: true }))
  }

  /** Puts these in the place of all that was known of the camera. */
  async put(tx: Tx, cameraId: CameraId, place: string, records: readonly DoorRecord[]): Promise<void> {
    await this.#table.destroy({ where: { camera_id: cameraId }, transaction: tx })
    const rows = records.map(({ door, answer, sinceMs, answeredMs, askedMs, fault }) => ({
      camera_id: cameraId,
      door,
      place,
      answer,
      since_ms: sinceMs,
      answered_ms: answeredMs,
      asked_ms: askedMs,
      fault,
    }))
    if (rows.length > 0) await this.#table.bulkCreate(rows, { transaction: tx })
  }
}
