// Owns the second_factors table: the sealed secret of a person's code generator, the last step used, recovery code hashes.
import { z } from 'zod'
import { type UserId } from '#contract/ids.ts'
import { column, rowBool, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  user_id: column.id(),
  sealed: column.text(200),
  confirmed: column.bool(),
  last_step: column.bigint(),
  recovery: column.json(),
}
export const secondFactorMigration: Migration = {
  name: '0027-access-second-factors',
  up: (schema) => schema.createTable('second_factors', columns),
}
const rowSchema = z
  .object({ sealed: z.string(), confirmed: rowBool, last_step: z.coerce.number(), recovery: rowJson(z.array(z.string())) })
  .transform(({ last_step, ...row }) => ({ ...row, lastStep: last_step }))
export type SecondFactor = z.infer<typeof rowSchema>

export class SecondFactorStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('second_factors', columns)
  }

  async of(userId: UserId): Promise<SecondFactor | null> {
    const row = await this.#table.findOne({ where: { user_id: userId }, raw: true })
    return row === null ? null : rowSchema.parse(row)
  }

  async put(tx: Tx, userId: UserId, factor: SecondFactor): Promise<void> {
    await this.#table.destroy({ where: { user_id: userId }, transaction: tx })
    await this.#table.create({ user_id: userId, sealed: factor.sealed, confirmed: factor.confirmed, last_step: factor.lastStep, recovery: JSON.stringify(factor.recovery) }, { transaction: tx })
  }

  async remove(tx: Tx, userId: UserId): Promise<void> {
    await this.#table.destroy({ where: { user_id: userId }, transaction: tx })
  }

  /** Uses up what came before; false when somebody used it in the meantime: one statement, so a code counts once. */
  async use(tx: Tx, userId: UserId, before: SecondFactor, after: SecondFactor): Promise<boolean> {
    const [changed] = await this.#table.update(
      { last_step: after.lastStep, recovery: JSON.stringify(after.recovery) },
      { where: { user_id: userId, last_step: before.lastStep, recovery: JSON.stringify(before.recovery) }, transaction: tx },
    )
    return changed === 1
  }
}
