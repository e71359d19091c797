// Owns the sessions table. The cookie's value is never stored, only its SHA-256.
import { Op } from 'sequelize'
import { z } from 'zod'
import { sessionIdSchema, userIdSchema, type SessionId, type UserId } from '#contract/ids.ts'
import { column, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  id: column.id(),
  token_hash: column.text(64),
  user_id: column.ref(),
  csrf_token: column.text(64),
  created_at_ms: column.instantMs(),
  seen_at_ms: column.instantMs(),
  ip: column.text(45),
}
export const sessionMigration: Migration = {
  name: '0022-access-sessions',
  async up(schema) {
    await schema.createTable('sessions', columns)
    await schema.addIndex('sessions', ['token_hash'], { unique: true })
    await schema.addIndex('sessions', ['user_id'])
  },
}
const rowSchema = z
  .object({
    id: sessionIdSchema,
    token_hash: z.string(),
    user_id: userIdSchema,
    csrf_token: z.string(),
    created_at_ms: rowInstantMs,
    seen_at_ms: rowInstantMs,
    ip: z.string(),
  })
  .transform((row) => ({
    id: row.id,
    tokenHash: row.token_hash,
    userId: row.user_id,
    csrfToken: row.csrf_token,
    createdAtMs: row.created_at_ms,
    seenAtMs: row.seen_at_ms,
    ip: row.ip,
  }))
export type Session = z.infer<typeof rowSchema>

export class SessionStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('sessions', columns)
  }

  async add(tx: Tx, session: Session): Promise<void> {
    await this.#table.create(
      {
        id: session.id,
        token_hash: session.tokenHash,
        user_id: session.userId,
        csrf_token: session.csrfToken,
        created_at_ms: session.createdAtMs,
        seen_at_ms: session.seenAtMs,
        ip: session.ip,
      },
      { transaction: tx },
    )
  }

  async byTokenHash(tokenHash: string): Promise<Session | null> {
    return parse(await this.#table.findOne({ where: { token_hash: tokenHash }, raw: true }))
  }

  async byId(id: SessionId, tx?: Tx): Promise<Session | null> {
    return parse(await this.#table.findOne({ where: { id }, raw: true, ...(tx ? { transaction: tx } : {}) }))
  }

  async seen(tx: Tx, id: SessionId, atMs: number): Promise<void> {
    await this.#table.update({ seen_at_ms: atMs }, { where: { id }, transaction: tx })
  }

  /** Newest first. */
  async ofUser(userId: UserId, tx?: Tx): Promise<Session[]> {
    const rows = await this.#table.findAll({ where: { user_id: userId }, order: [['id', 'DESC']], raw: true, ...(tx ? { transaction: tx } : {}) })
    return z.array(rowSchema).parse(rows)
  }

  /** How many of them were there. */
  async remove(tx: Tx, ids: readonly SessionId[]): Promise<number> {
    let removed = 0
    // Each by its key and in one order: a DELETE that looks through the table waits for rows that other sign-ins have just
    // put in, and they for its own.
    for (const id of [...ids].sort()) removed += await this.#table.destroy({ where: { id }, transaction: tx })
    return removed
  }

  /** Without locks; some hundred at most. */
  async olderThan(limits: { createdBeforeMs: number; seenBeforeMs: number }): Promise<SessionId[]> {
    const where = { [Op.or]: [{ created_at_ms: { [Op.lt]: limits.createdBeforeMs } }, { seen_at_ms: { [Op.lt]: limits.seenBeforeMs } }] }
    const rows = await this.#table.findAll({ attributes: ['id'], where, order: [['id', 'ASC']], limit: 200, raw: true })
    return z.array(z.object({ id: sessionIdSchema })).parse(rows).map(({ id }) => id)
  }
}

function parse(row: unknown): Session | null {
  return row === null ? null : rowSchema.parse(row)
}
