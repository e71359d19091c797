// Owns the earlier password hashes of a person, as far back as the profile looks.
import { z } from 'zod'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { UserId } from '#contract/ids.ts'
import { column, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = { id: column.id(), user_id: column.ref(), password_hash: column.text(200) }
export const passwordHistoryMigration: Migration = {
  name: '0028-access-password-history',
  async up(schema) {
    await schema.createTable('password_history', columns)
    await schema.addIndex('password_history', ['user_id'])
  },
}

export class PasswordHistory {
  readonly #table: Table
  readonly #random: RandomBytes

  constructor(deps: { storage: Storage; random: RandomBytes }) {
    this.#table = deps.storage.table('password_history', columns)
    this.#random = deps.random
  }

  /** Newest first. */
  async of(userId: UserId, most: number): Promise<string[]> {
    if (most === 0) return []
    const rows = await this.#table.findAll({ where: { user_id: userId }, order: [['id', 'DESC']], limit: most, raw: true })
    return z.array(z.object({ password_hash: z.string() })).parse(rows).map((row) => row.password_hash)
  }

  async add(tx: Tx, userId: UserId, passwordHash: string, atMs: number): Promise<void> {
    await this.#table.create({ id: newId(atMs, this.#random), user_id: userId, password_hash: passwordHash }, { transaction: tx })
  }
}
