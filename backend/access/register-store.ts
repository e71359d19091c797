// Owns the register table: entries are added and read, never changed (triggers refuse it on SQLite and MySQL).
import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { cameraIdSchema, registerIdSchema, unitIdSchema, userIdSchema, type CameraId, type UnitId, type UserId } from '#contract/ids.ts'
import { purposeSchema, registerActSchema, type Purpose, type RegisterAct } from '#contract/register.ts'
import { column, contains, rowInstantMs, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { RegisterEntry } from './register-entry.ts'

const officerSchema = z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() })
const columns = {
  id: column.id(),
  at_ms: column.instantMs(),
  purpose: column.text(20),
  act: column.text(20),
  note: column.text(200),
  case_number: column.text(40, true),
  incident_number: column.text(40, true),
  cameras: column.json(),
  from_ms: column.instantMs(),
  to_ms: column.instantMs(),
  good_until_ms: column.instantMs(),
  user_id: column.ref(),
  user_name: column.text(40),
  officer: column.json(),
  unit_id: column.ref(),
  second_officer: column.longText(true),
}
export const registerMigration: Migration = {
  name: '0025-access-register',
  async up(schema) {
    await schema.createTable('register_entries', columns)
    await schema.addIndex('register_entries', ['user_id', 'good_until_ms'])
    await schema.addIndex('register_entries', ['unit_id', 'at_ms'])
    for (const change of ['UPDATE', 'DELETE']) {
      await schema.raw(
        schema.dialect === 'sqlite'
          ? `CREATE TRIGGER register_no_${change.toLowerCase()} BEFORE ${change} ON register_entries BEGIN SELECT RAISE(ABORT, 'register entries are immutable'); END`
          : `CREATE TRIGGER register_no_${change.toLowerCase()} BEFORE ${change} ON register_entries FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'register entries are immutable'`,
      )
    }
  },
}
const rowSchema = z
  .object({
    id: registerIdSchema,
    at_ms: rowInstantMs,
    purpose: purposeSchema,
    act: registerActSchema,
    note: z.string(),
    case_number: z.string().nullable(),
    incident_number: z.string().nullable(),
    cameras: rowJson(z.array(z.object({ id: cameraIdSchema, name: z.string(), gbCode: z.string() }))),
    from_ms: rowInstantMs,
    to_ms: rowInstantMs,
    good_until_ms: rowInstantMs,
    user_id: userIdSchema,
    officer: rowJson(officerSchema),
    unit_id: unitIdSchema,
    second_officer: rowJson(officerSchema).nullable(),
  })
  .transform((row): RegisterEntry => ({
    id: row.id,
    atMs: row.at_ms,
    purpose: row.purpose,
    act: row.act,
    note: row.note,
    caseNumber: row.case_number,
    incidentNumber: row.incident_number,
    cameras: row.cameras,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    goodUntilMs: row.good_until_ms,
    userId: row.user_id,
    user: row.officer,
    unitId: row.unit_id,
    secondOfficer: row.second_officer,
  }))

export interface RegisterFilter {
  /** Whose people's entries; the caller's own when a user is named instead. */
  unitIds?: readonly UnitId[] | undefined
  userId?: UserId | undefined
  q?: string | undefined
  purpose?: Purpose | undefined
  act?: RegisterAct | undefined
  cameraId?: CameraId | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
}

export class RegisterStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('register_entries', columns)
  }

  async add(tx: Tx, entry: RegisterEntry): Promise<void> {
    await this.#table.create(
      {
        id: entry.id,
        at_ms: entry.atMs,
        purpose: entry.purpose,
        act: entry.act,
        note: entry.note,
        case_number: entry.caseNumber,
        incident_number: entry.incidentNumber,
        cameras: JSON.stringify(entry.cameras),
        from_ms: entry.fromMs,
        to_ms: entry.toMs,
        good_until_ms: entry.goodUntilMs,
        user_id: entry.userId,
        user_name: entry.user.displayName,
        officer: JSON.stringify(entry.user),
        unit_id: entry.unitId,
        second_officer: entry.secondOfficer === null ? null : JSON.stringify(entry.secondOfficer),
      },
      { transaction: tx },
    )
  }

  /** Entries of a person that still open something. */
  async goodOf(userId: UserId, nowMs: number): Promise<RegisterEntry[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ where: { user_id: userId, good_until_ms: { [Op.gt]: nowMs } }, order: [['id', 'DESC']], limit: 500, raw: true }))
  }

  /** As many as `list` has. */
  count(filter: RegisterFilter): Promise<number> {
    return this.#table.count({ where: whereOf(filter) })
  }

  /** Newest first. */
  async list(filter: RegisterFilter, page: { page: number; pageSize: number }): Promise<{ items: RegisterEntry[]; total: number }> {
    const where = whereOf(filter)
    const total = await this.#table.count({ where })
    const rows = await this.#table.findAll({ where, order: [['id', 'DESC']], limit: page.pageSize, offset: (page.page - 1) * page.pageSize, raw: true })
    return { items: z.array(rowSchema).parse(rows), total }
  }
}

function whereOf(filter: RegisterFilter): WhereOptions {
  const { unitIds, userId, q, purpose, act, cameraId, fromMs, toMs } = filter
  const terms: WhereOptions[] = []
  if (unitIds !== undefined) terms.push({ unit_id: [...unitIds] })
  if (userId !== undefined) terms.push({ user_id: userId })
  if (purpose !== undefined) terms.push({ purpose })
  if (act !== undefined) terms.push({ act })
  if (cameraId !== undefined) terms.push(contains('cameras', cameraId))
  if (fromMs !== undefined) terms.push({ at_ms: { [Op.gte]: fromMs } })
  if (toMs !== undefined) terms.push({ at_ms: { [Op.lt]: toMs } })
  if (q) terms.push({ [Op.or]: ['note', 'case_number', 'incident_number', 'cameras', 'officer', 'second_officer'].map((name) => contains(name, q)) })
  return { [Op.and]: terms }
}
