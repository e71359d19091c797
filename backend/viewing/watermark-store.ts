// Owns the watermarks table: one row, how strong the viewer's watermark is.
import { z } from 'zod'
import { opacityPercentSchema } from '#contract/watermark.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

export interface StoredWatermark {
  opacityPercent: number
  changedAtMs: number
  changedBy: string
}

const columns = { id: column.id(), opacity_percent: column.int(), changed_at_ms: column.instantMs(), changed_by: column.text(64) }
export const watermarkMigration: Migration = {
  name: '0062-viewing-watermark',
  up: (schema) => schema.createTable('watermarks', columns),
}
const rowSchema = z
  .object({ opacity_percent: opacityPercentSchema, changed_at_ms: rowInstantMs, changed_by: z.string() })
  .transform((row): StoredWatermark => ({ opacityPercent: row.opacity_percent, changedAtMs: row.changed_at_ms, changedBy: row.changed_by }))
/** There is one for all. */
const id = 'all'

export class WatermarkStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('watermarks', columns)
  }

  /** Null: never changed. */
  async get(tx?: Tx): Promise<StoredWatermark | null> {
    const row = await this.#table.findOne({ where: { id }, raw: true, ...(tx && { transaction: tx }) })
    return row === null ? null : rowSchema.parse(row)
  }

  async put(tx: Tx, { opacityPercent, changedAtMs, changedBy }: StoredWatermark): Promise<void> {
    const row = { opacity_percent: opacityPercent, changed_at_ms: changedAtMs, changed_by: changedBy }
    const [changed] = await this.#table.update(row, { where: { id }, transaction: tx })
    if (changed === 0 && (await this.get(tx)) === null) await this.#table.create({ id, ...row }, { transaction: tx })
  }
}
