// Owns the users table.
import { z } from 'zod'
import { unitIdSchema, userIdSchema, type UnitId, type UserId } from '#contract/ids.ts'
import { roleSchema } from '#contract/permissions.ts'
import { column, rowBool, rowInstantMs, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  id: column.id(),
  username: column.text(64),
  display_name: column.text(40),
  police_number: column.text(16),
  password_hash: column.text(200),
  roles: column.json(),
  unit_id: column.ref(),
  disabled: column.bool(),
  last_sign_in_at_ms: column.instantMs(true),
}
const columnsNow = { ...columns, password_at_ms: column.instantMs(true) }
export const userMigration: Migration = {
  name: '0021-access-users',
  async up(schema) {
    await schema.createTable('users', columns)
    await schema.addIndex('users', ['username'], { unique: true })
    await schema.addIndex('users', ['unit_id'])
  },
}
export const userPasswordMigration: Migration = {
  name: '0024-access-password-age',
  async up(schema) {
    await schema.query.addColumn('users', 'password_at_ms', column.instantMs(true))
    await schema.addIndex('users', ['police_number'])
  },
}
const rowSchema = z
  .object({
    id: userIdSchema,
    username: z.string(),
    display_name: z.string(),
    police_number: z.string(),
    password_hash: z.string(),
    roles: rowJson(z.array(roleSchema)),
    unit_id: unitIdSchema,
    disabled: rowBool,
    last_sign_in_at_ms: rowInstantMs.nullable(),
    password_at_ms: rowInstantMs.nullable(),
  })
  .transform((row) => ({
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    policeNumber: row.police_number,
    passwordHash: row.password_hash,
    roles: row.roles,
    unitId: row.unit_id,
    disabled: row.disabled,
    lastSignInAtMs: row.last_sign_in_at_ms,
    /** When the password was chosen; null: before that was kept. */
    passwordAtMs: row.password_at_ms,
  }))
export type User = z.infer<typeof rowSchema>

export class UserStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('users', columnsNow)
  }

  async add(tx: Tx, user: User): Promise<void> {
    await this.#table.create({ ...toRow(user), id: user.id }, { transaction: tx })
  }

  async update(tx: Tx, user: User): Promise<void> {
    await this.#table.update(toRow(user), { where: { id: user.id }, transaction: tx })
  }

  async byUsername(username: string): Promise<User | null> {
    const user = parse(await this.#table.findOne({ where: { username }, raw: true }))
    // MySQL compares without the blanks at the end; a name is what was written, and the throttle counts by it.
    return user?.username === username ? user : null
  }

  async byId(id: UserId, tx?: Tx): Promise<User | null> {
    return parse(await this.#table.findOne({ where: { id }, raw: true, ...(tx ? { transaction: tx } : {}) }))
  }

  async signedIn(tx: Tx, id: UserId, atMs: number): Promise<void> {
    await this.#table.update({ last_sign_in_at_ms: atMs }, { where: { id }, transaction: tx })
  }

  async setPassword(tx: Tx, id: UserId, passwordHash: string, atMs: number): Promise<void> {
    await this.#table.update({ password_hash: passwordHash, password_at_ms: atMs }, { where: { id }, transaction: tx })
  }

  /** Every account of one person. */
  async byPoliceNumber(policeNumber: string, tx: Tx): Promise<User[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ where: { police_number: policeNumber }, raw: true, transaction: tx }))
  }

  async inUnits(unitIds: readonly UnitId[]): Promise<User[]> {
    const rows = await this.#table.findAll({ where: { unit_id: [...unitIds] }, order: [['username', 'ASC']], raw: true })
    return z.array(rowSchema).parse(rows)
  }

  async all(): Promise<User[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ order: [['username', 'ASC']], raw: true }))
  }

  count(): Promise<number> {
    return this.#table.count()
  }
}

function parse(row: unknown): User | null {
  return row === null ? null : rowSchema.parse(row)
}

function toRow(user: User) {
  return {
    username: user.username,
    display_name: user.displayName,
    police_number: user.policeNumber,
    password_hash: user.passwordHash,
    roles: JSON.stringify(user.roles),
    unit_id: user.unitId,
    disabled: user.disabled,
    last_sign_in_at_ms: user.lastSignInAtMs,
    password_at_ms: user.passwordAtMs,
  }
}
