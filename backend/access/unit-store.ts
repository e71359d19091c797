// Owns the units table and the tree built from it.
import { z } from 'zod'
import { unitIdSchema } from '#contract/ids.ts'
import { tierSchema } from '#contract/units.ts'
import { column, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import { UnitTree, type Unit } from './unit.ts'

const columns = {
  id: column.id(),
  parent_id: column.ref(true),
  tier: column.text(10),
  code: column.text(20),
  name: column.text(60),
}
export const unitMigration: Migration = {
  name: '0020-access-units',
  async up(schema) {
    await schema.createTable('units', columns)
    await schema.addIndex('units', ['code'], { unique: true })
  },
}
const rowSchema = z
  .object({ id: unitIdSchema, parent_id: unitIdSchema.nullable(), tier: tierSchema, code: z.string(), name: z.string() })
  .transform(({ parent_id, ...rest }): Unit => ({ ...rest, parentId: parent_id }))

const freshMs = 3_000

export class UnitStore {
  readonly #table: Table
  readonly #monotonicMs: () => number
  #tree: { tree: UnitTree; readMs: number } | undefined

  constructor(deps: { storage: Storage; monotonicMs: () => number }) {
    this.#table = deps.storage.table('units', columns)
    this.#monotonicMs = deps.monotonicMs
  }

  async add(tx: Tx, unit: Unit): Promise<void> {
    await this.#table.create({ id: unit.id, parent_id: unit.parentId, tier: unit.tier, code: unit.code, name: unit.name }, { transaction: tx })
    tx.afterCommit(() => this.forget())
  }

  /** The tree, read again at most every few seconds or after a change here. */
  async tree(): Promise<UnitTree> {
    const now = this.#monotonicMs()
    if (this.#tree && now - this.#tree.readMs < freshMs) return this.#tree.tree
    const rows = await this.#table.findAll({ raw: true, order: [['code', 'ASC']] })
    const tree = new UnitTree(z.array(rowSchema).parse(rows))
    this.#tree = { tree, readMs: now }
    return tree
  }

  forget(): void {
    this.#tree = undefined
  }
}
