// Owns the audit table: rows are added and read, never changed (triggers refuse it on SQLite and MySQL).
import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { auditIdSchema, userIdSchema } from '#contract/ids.ts'
import { column, contains, rowInstantMs, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = {
  id: column.id(),
  at_ms: column.instantMs(),
  actor_id: column.ref(true),
  actor_name: column.text(64),
  unit_name: column.text(64),
  ip: column.text(45),
  action: column.text(60),
  target_kind: column.text(30),
  target_id: column.text(64),
  target_name: column.text(100),
  outcome: column.text(10),
  purpose: column.text(200),
  detail: column.json(),
}

export const auditMigrations: readonly Migration[] = [
  {
    name: '0010-audit-entries',
    async up(schema) {
      await schema.createTable('audit_entries', columns)
      await schema.addIndex('audit_entries', ['at_ms'])
      await schema.addIndex('audit_entries', ['actor_id', 'at_ms'])
      for (const change of ['UPDATE', 'DELETE']) {
        await schema.raw(
          schema.dialect === 'sqlite'
            ? `CREATE TRIGGER audit_no_${change.toLowerCase()} BEFORE ${change} ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit entries are immutable'); END`
            : `CREATE TRIGGER audit_no_${change.toLowerCase()} BEFORE ${change} ON audit_entries FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries are immutable'`,
        )
      }
    },
  },
]

const rowSchema = z
  .object({
    id: auditIdSchema,
    at_ms: rowInstantMs,
    actor_id: userIdSchema.nullable(),
    actor_name: z.string(),
    unit_name: z.string(),
    ip: z.string(),
    action: z.string(),
    target_kind: z.string(),
    target_id: z.string(),
    target_name: z.string(),
    outcome: z.enum(['done', 'refused']),
    purpose: z.string(),
    detail: rowJson(z.record(z.string(), z.unknown())),
  })
  .transform((row) => ({
    id: row.id,
    atMs: row.at_ms,
    actorId: row.actor_id,
    actorName: row.actor_name,
    unitName: row.unit_name,
    ip: row.ip,
    action: row.action,
    targetKind: row.target_kind,
    targetId: row.target_id,
    targetName: row.target_name,
    outcome: row.outcome,
    purpose: row.purpose,
    detail: row.detail,
  }))
export type AuditEntry = z.infer<typeof rowSchema>

export interface AuditFilter {
  action?: string | undefined
  q?: string | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
  page: number
  pageSize: number
}

export class AuditStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('audit_entries', columns)
  }

  async add(tx: Tx, entry: AuditEntry): Promise<void> {
    await this.#table.create(
      {
        id: entry.id,
        at_ms: entry.atMs,
        actor_id: entry.actorId,
        actor_name: entry.actorName,
        unit_name: entry.unitName,
        ip: entry.ip,
        action: entry.action,
        target_kind: entry.targetKind,
        target_id: entry.targetId,
        target_name: entry.targetName,
        outcome: entry.outcome,
        purpose: entry.purpose,
        detail: JSON.stringify(entry.detail),
      },
      { transaction: tx },
    )
  }

  async list(filter: AuditFilter): Promise<{ items: AuditEntry[]; total: number }> {
    const terms: WhereOptions[] = []
    if (filter.action) terms.push({ action: filter.action })
    if (filter.fromMs !== undefined) terms.push({ at_ms: { [Op.gte]: filter.fromMs } })
    if (filter.toMs !== undefined) terms.push({ at_ms: { [Op.lt]: filter.toMs } })
    if (filter.q) terms.push({ [Op.or]: ['actor_name', 'target_name', 'target_id', 'purpose'].map((name) => contains(name, filter.q ?? '')) })
    const where = { [Op.and]: terms }
    const total = await this.#table.count({ where })
    const rows = await this.#table.findAll({
      where,
      order: [['id', 'DESC']],
      limit: filter.pageSize,
      offset: (filter.page - 1) * filter.pageSize,
      raw: true,
    })
    return { items: z.array(rowSchema).parse(rows), total }
  }
}
