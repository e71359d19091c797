// Owns the tables of suspensions 报备停机 and of the watch's heartbeat.
import { z } from 'zod'
import { cameraIdSchema, type CameraId, type UserId } from '#contract/ids.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  id: column.id(),
  camera_id: column.ref(),
  reason: column.text(200),
  from_ms: column.instantMs(),
  until_ms: column.instantMs(),
  by_user_id: column.ref(),
  by_name: column.text(64),
  /** When it ended, by a person or by itself; null = it holds. */
  ended_ms: column.instantMs(true),
}
const heartbeatColumns = { id: column.id(), at_ms: column.instantMs() }

export const suspensionMigration: Migration = {
  name: '0051-health-suspensions',
  async up(schema) {
    await schema.createTable('suspensions', columns)
    await schema.addIndex('suspensions', ['camera_id', 'from_ms'])
    await schema.addIndex('suspensions', ['ended_ms'])
    await schema.createTable('health_heartbeat', heartbeatColumns)
  },
}

export interface Suspension {
  id: string
  cameraId: CameraId
  reason: string
  fromMs: number
  untilMs: number
  by: { userId: UserId; displayName: string }
}
const openSchema = z
  .object({ camera_id: cameraIdSchema, until_ms: rowInstantMs })
  .transform((row) => ({ cameraId: row.camera_id, untilMs: row.until_ms }))
const holdingSchema = z
  .object({ reason: z.string(), from_ms: rowInstantMs, until_ms: rowInstantMs, by_name: z.string() })
  .transform((row) => ({ reason: row.reason, fromMs: row.from_ms, untilMs: row.until_ms, byName: row.by_name }))
export type HoldingSuspension = z.infer<typeof holdingSchema>

export class SuspensionStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('suspensions', columns)
  }

  async add(tx: Tx, suspension: Suspension): Promise<void> {
    await this.#table.create(
      {
        id: suspension.id,
        camera_id: suspension.cameraId,
        reason: suspension.reason,
        from_ms: suspension.fromMs,
        until_ms: suspension.untilMs,
        by_user_id: suspension.by.userId,
        by_name: suspension.by.displayName,
        ended_ms: null,
      },
      { transaction: tx },
    )
  }

  /** Ends the camera's suspension if it has one. Returns whether it had. */
  async end(tx: Tx, cameraId: CameraId, endedMs: number): Promise<boolean> {
    const [changed] = await this.#table.update({ ended_ms: endedMs }, { where: { camera_id: cameraId, ended_ms: null }, transaction: tx })
    return changed > 0
  }

  /** The suspension that holds for a camera; null when none does. */
  async holding(cameraId: CameraId): Promise<HoldingSuspension | null> {
    const row = await this.#table.findOne({ where: { camera_id: cameraId, ended_ms: null }, order: [['from_ms', 'DESC']], raw: true })
    return row === null ? null : holdingSchema.parse(row)
  }

  /** The suspensions that hold, by camera: UTC ms until when. */
  async open(tx?: Tx): Promise<Map<CameraId, number>> {
    const rows = await this.#table.findAll({ attributes: ['camera_id', 'until_ms'], where: { ended_ms: null }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return new Map(z.array(openSchema).parse(rows).map((row) => [row.cameraId, row.untilMs]))
  }
}

const ROW = 'watch'.padEnd(26, '0')

/** When the watch last wrote: what lies between it and the next start was not watched by anybody. */
export class HeartbeatStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('health_heartbeat', heartbeatColumns)
  }

  async beat(tx: Tx, atMs: number): Promise<void> {
    const [changed] = await this.#table.update({ at_ms: atMs }, { where: { id: ROW }, transaction: tx })
    if (changed === 0 && (await this.last(tx)) === null) await this.#table.create({ id: ROW, at_ms: atMs }, { transaction: tx })
  }

  async last(tx?: Tx): Promise<number | null> {
    const row = await this.#table.findOne({ where: { id: ROW }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : z.object({ at_ms: rowInstantMs }).parse(row).at_ms
  }
}
