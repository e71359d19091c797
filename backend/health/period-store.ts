// Owns the table of status periods: one open period per camera, opened and closed in the caller's transaction.
// Refuses: reading without bounds; every query has a time range or a limit.
import { Op, literal, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { cameraStatusSchema, type CameraStatus } from '#contract/cameras.ts'
import { faultCodeSchema } from '#contract/faults.ts'
import { cameraIdSchema, periodIdSchema, type CameraId } from '#contract/ids.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import { noTime, type StatusPeriod, type StatusSums, type TimeRange } from './status-period.ts'

const columns = {
  id: column.id(),
  camera_id: column.ref(),
  status: column.text(12),
  cause: column.text(24, true),
  detail: column.text(300),
  from_ms: column.instantMs(),
  to_ms: column.instantMs(true),
}

export const periodMigration: Migration = {
  name: '0050-health-periods',
  async up(schema) {
    await schema.createTable('status_periods', columns)
    await schema.addIndex('status_periods', ['camera_id', 'from_ms'])
    await schema.addIndex('status_periods', ['to_ms', 'from_ms'])
  },
}

const rowSchema = z
  .object({
    id: periodIdSchema,
    camera_id: cameraIdSchema,
    status: cameraStatusSchema,
    cause: faultCodeSchema.nullable(),
    detail: z.string(),
    from_ms: rowInstantMs,
    to_ms: rowInstantMs.nullable(),
  })
  .transform(
    (row): StatusPeriod => ({ id: row.id, cameraId: row.camera_id, status: row.status, cause: row.cause, detail: row.detail, fromMs: row.from_ms, toMs: row.to_ms }),
  )
const sliceSchema = z
  .object({ status: cameraStatusSchema, from_ms: rowInstantMs, to_ms: rowInstantMs.nullable() })
  .transform((row) => ({ status: row.status, fromMs: row.from_ms, toMs: row.to_ms }))
const sumSchema = z.object({ camera_id: cameraIdSchema, status: cameraStatusSchema, total: z.coerce.number() })

const CHUNK = 500

export class PeriodStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('status_periods', columns)
  }

  async open(tx: Tx, periods: readonly StatusPeriod[]): Promise<void> {
    const rows = periods.map((period) => ({
      id: period.id,
      camera_id: period.cameraId,
      status: period.status,
      cause: period.cause,
      detail: period.detail.slice(0, 300),
      from_ms: period.fromMs,
      to_ms: period.toMs,
    }))
    if (rows.length > 0) await this.#table.bulkCreate(rows, { transaction: tx })
  }

  /** Ends the open period of each of these cameras at `toMs`. */
  async closeOpen(tx: Tx, cameraIds: readonly CameraId[], toMs: number): Promise<void> {
    for (const some of chunks(cameraIds)) {
      await this.#table.update({ to_ms: toMs }, { where: { camera_id: some, to_ms: null }, transaction: tx })
    }
  }

  /** The open period of each of these cameras. */
  async openOf(tx: Tx, cameraIds: readonly CameraId[]): Promise<Map<CameraId, StatusPeriod>> {
    const open = new Map<CameraId, StatusPeriod>()
    for (const some of chunks(cameraIds)) {
      const rows = await this.#table.findAll({ where: { camera_id: some, to_ms: null }, raw: true, transaction: tx })
      for (const period of z.array(rowSchema).parse(rows)) open.set(period.cameraId, period)
    }
    return open
  }

  /** Periods that touch the range, newest first. */
  async of(cameraIds: readonly CameraId[], range: TimeRange, limit: number): Promise<StatusPeriod[]> {
    const rows = await this.#table.findAll({
      where: { [Op.and]: [{ camera_id: [...cameraIds] }, touching(range)] },
      order: [['from_ms', 'DESC'], ['id', 'DESC']],
      limit,
      raw: true,
    })
    return z.array(rowSchema).parse(rows)
  }

  /** Status and times only, of all periods that touch the range. */
  async slices(cameraIds: readonly CameraId[], range: TimeRange): Promise<{ status: CameraStatus; fromMs: number; toMs: number | null }[]> {
    const found = []
    for (const some of chunks(cameraIds)) {
      const rows = await this.#table.findAll({
        attributes: ['status', 'from_ms', 'to_ms'],
        where: { [Op.and]: [{ camera_id: some }, touching(range)] },
        raw: true,
      })
      found.push(...z.array(sliceSchema).parse(rows))
    }
    return found
  }

  /** Exact milliseconds per camera and status inside the range; summed by the database. An open period lasts to its end. */
  async sums(cameraIds: readonly CameraId[], range: TimeRange): Promise<Map<CameraId, StatusSums>> {
    const { fromMs, toMs } = { fromMs: Math.round(range.fromMs), toMs: Math.round(range.toMs) }
    const end = `CASE WHEN to_ms IS NULL OR to_ms > ${toMs} THEN ${toMs} ELSE to_ms END`
    const start = `CASE WHEN from_ms < ${fromMs} THEN ${fromMs} ELSE from_ms END`
    const sums = new Map<CameraId, StatusSums>()
    for (const some of chunks(cameraIds)) {
      const rows = await this.#table.findAll({
        attributes: ['camera_id', 'status', [literal(`SUM((${end}) - (${start}))`), 'total']],
        where: { [Op.and]: [{ camera_id: some }, touching({ fromMs, toMs })] },
        group: ['camera_id', 'status'],
        raw: true,
      })
      for (const row of z.array(sumSchema).parse(rows)) {
        const of = sums.get(row.camera_id) ?? noTime()
        of[row.status] += row.total
        sums.set(row.camera_id, of)
      }
    }
    return sums
  }
}

function touching(range: TimeRange): WhereOptions {
  return { from_ms: { [Op.lt]: range.toMs }, [Op.or]: [{ to_ms: null }, { to_ms: { [Op.gt]: range.fromMs } }] }
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) => items.slice(index * CHUNK, (index + 1) * CHUNK))
}
