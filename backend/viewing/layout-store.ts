// Owns the layouts table: named layouts and tours, each of one user, shared with the user's unit or not.
import { Op } from 'sequelize'
import { z } from 'zod'
import { cameraIdSchema, layoutIdSchema, unitIdSchema, userIdSchema, type LayoutId, type UnitId, type UserId } from '#contract/ids.ts'
import { gridSizeSchema, tourSchema, type LayoutBody } from '#contract/layouts.ts'
import { column, rowBool, rowInstantMs, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

export interface StoredLayout extends LayoutBody {
  id: LayoutId
  ownerId: UserId
  ownerName: string
  /** Unit of the owner when it was saved; a shared layout is seen there. */
  unitId: UnitId
  savedAtMs: number
}

const columns = {
  id: column.id(),
  owner_id: column.ref(),
  owner_name: column.text(64),
  unit_id: column.ref(),
  name: column.text(64),
  shared: column.bool(),
  wall: column.json(),
  saved_at_ms: column.instantMs(),
}
export const layoutMigration: Migration = {
  name: '0061-viewing-layouts',
  up: async (schema) => {
    await schema.createTable('layouts', columns)
    await schema.addIndex('layouts', ['owner_id'])
    await schema.addIndex('layouts', ['unit_id'])
  },
}
/** Rows from before there were tours have none. */
const wallColumn = z.strictObject({ tiles: gridSizeSchema, cameraIds: z.array(cameraIdSchema.nullable()), tour: tourSchema.nullable().default(null) })
const rowSchema = z
  .object({ id: layoutIdSchema, owner_id: userIdSchema, owner_name: z.string(), unit_id: unitIdSchema, name: z.string(), shared: rowBool, wall: rowJson(wallColumn), saved_at_ms: rowInstantMs })
  .transform((row): StoredLayout => ({ id: row.id, ownerId: row.owner_id, ownerName: row.owner_name, unitId: row.unit_id, name: row.name, shared: row.shared, ...row.wall, savedAtMs: row.saved_at_ms }))

/** Whose layouts are seen: one's own, and those shared in one's unit. */
export interface LayoutSight {
  userId: UserId
  unitId: UnitId
}

export class LayoutStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('layouts', columns)
  }

  /** By name. */
  async seenBy(sight: LayoutSight): Promise<StoredLayout[]> {
    const rows = await this.#table.findAll({ where: seen(sight), order: [['name', 'ASC'], ['id', 'ASC']], raw: true })
    return rows.map((row) => rowSchema.parse(row))
  }

  async get(sight: LayoutSight, id: LayoutId): Promise<StoredLayout | null> {
    const row = await this.#table.findOne({ where: { [Op.and]: [{ id }, seen(sight)] }, raw: true })
    return row === null ? null : rowSchema.parse(row)
  }

  countOf(tx: Tx, ownerId: UserId): Promise<number> {
    return this.#table.count({ where: { owner_id: ownerId }, transaction: tx })
  }

  async add(tx: Tx, layout: StoredLayout): Promise<void> {
    await this.#table.create({ id: layout.id, ...rowOf(layout) }, { transaction: tx })
  }

  async update(tx: Tx, layout: StoredLayout): Promise<void> {
    await this.#table.update(rowOf(layout), { where: { id: layout.id }, transaction: tx })
  }

  async remove(tx: Tx, id: LayoutId): Promise<void> {
    await this.#table.destroy({ where: { id }, transaction: tx })
  }
}

const seen = ({ userId, unitId }: LayoutSight) => ({ [Op.or]: [{ owner_id: userId }, { shared: true, unit_id: unitId }] })

function rowOf({ ownerId, ownerName, unitId, name, shared, tiles, cameraIds, tour, savedAtMs }: StoredLayout) {
  return { owner_id: ownerId, owner_name: ownerName, unit_id: unitId, name, shared, wall: JSON.stringify({ tiles, cameraIds, tour }), saved_at_ms: savedAtMs }
}
