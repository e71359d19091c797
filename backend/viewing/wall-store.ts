// Owns the walls table: one wall per user, as it was left.
import { z } from 'zod'
import type { UserId } from '#contract/ids.ts'
import { wallSchema, type Wall } from '#contract/layouts.ts'
import { column, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = { user_id: column.id(), wall: column.json() }
export const wallMigration: Migration = {
  name: '0060-viewing-walls',
  up: (schema) => schema.createTable('walls', columns),
}
const rowSchema = z.object({ wall: rowJson(wallSchema) })

export class WallStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('walls', columns)
  }

  async get(userId: UserId): Promise<Wall | null> {
    const row = await this.#table.findOne({ where: { user_id: userId }, raw: true })
    return row === null ? null : rowSchema.parse(row).wall
  }

  async put(tx: Tx, userId: UserId, wall: Wall): Promise<void> {
    const row = { wall: JSON.stringify(wall) }
    const [changed] = await this.#table.update(row, { where: { user_id: userId }, transaction: tx })
    if (changed === 0) await this.#table.create({ user_id: userId, ...row }, { transaction: tx })
  }
}
