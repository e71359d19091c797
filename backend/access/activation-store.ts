// Owns the activations table: the two halves of a person's activation code, as SHA-256, with who made each and until when.
import { z } from 'zod'
import { userIdSchema, type UserId } from '#contract/ids.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  user_id: column.id(),
  account_hash: column.text(64, true),
  account_by: column.ref(true),
  account_until_ms: column.instantMs(true),
  rights_hash: column.text(64, true),
  rights_by: column.ref(true),
  rights_until_ms: column.instantMs(true),
}
export const activationMigration: Migration = {
  name: '0023-access-activations',
  up: (schema) => schema.createTable('activations', columns),
}

/** The system administrator's half, and the security administrator's. */
export type Half = 'account' | 'rights'
export interface HalfCode {
  hash: string
  by: UserId
  untilMs: number
}
export type Activation = Record<Half, HalfCode | null>

const rowSchema = z
  .object({
    account_hash: z.string().nullable(),
    account_by: userIdSchema.nullable(),
    account_until_ms: rowInstantMs.nullable(),
    rights_hash: z.string().nullable(),
    rights_by: userIdSchema.nullable(),
    rights_until_ms: rowInstantMs.nullable(),
  })
  .transform((row): Activation => ({
    account: halfOf(row.account_hash, row.account_by, row.account_until_ms),
    rights: halfOf(row.rights_hash, row.rights_by, row.rights_until_ms),
  }))

function halfOf(hash: string | null, by: UserId | null, untilMs: number | null): HalfCode | null {
  return hash === null || by === null || untilMs === null ? null : { hash, by, untilMs }
}

export class ActivationStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('activations', columns)
  }

  async of(userId: UserId, tx?: Tx): Promise<Activation> {
    const row = await this.#table.findOne({ where: { user_id: userId }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? { account: null, rights: null } : rowSchema.parse(row)
  }

  async put(tx: Tx, userId: UserId, half: Half, code: HalfCode): Promise<void> {
    const row = { [`${half}_hash`]: code.hash, [`${half}_by`]: code.by, [`${half}_until_ms`]: code.untilMs }
    const [changed] = await this.#table.update(row, { where: { user_id: userId }, transaction: tx })
    if (changed === 0) await this.#table.create({ user_id: userId, ...row }, { transaction: tx })
  }

  /** Both halves are used up. False when somebody used them meanwhile. */
  async take(tx: Tx, userId: UserId, activation: { account: HalfCode; rights: HalfCode }): Promise<boolean> {
    const where = { user_id: userId, account_hash: activation.account.hash, rights_hash: activation.rights.hash }
    return (await this.#table.destroy({ where, transaction: tx })) === 1
  }
}
