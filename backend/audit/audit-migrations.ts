// Owns the audit tables' making: the entries, their chaining, and the triggers that refuse changes.
// Refuses: changing an entry. Rows from before the chain are chained in order of their ids, which is their order in time.
import { z } from 'zod'
import { column, rowInstantMs, type Migration, type SchemaChange } from '../storage/index.ts'
import { canonicalJson, wellFormed } from '#base/canonical-json.ts'
import { chainOnto, genesisHash, type AuditEntry } from './audit-chain.ts'
import { cutColumns, entryColumns, headColumns, rowOf } from './audit-row.ts'

const firstColumns = {
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
const firstRowSchema = z
  .object({
    id: z.string(),
    at_ms: rowInstantMs,
    actor_id: z.string().nullable(),
    actor_name: z.string(),
    unit_name: z.string(),
    ip: z.string(),
    action: z.string(),
    target_kind: z.string(),
    target_id: z.string(),
    target_name: z.string(),
    outcome: z.string(),
    purpose: z.string(),
    detail: z.string(),
  })
  .transform(
    (row): AuditEntry => ({
      id: row.id,
      atMs: row.at_ms,
      actorId: row.actor_id,
      actorName: row.actor_name,
      unitId: null,
      unitName: row.unit_name,
      sessionId: null,
      ip: row.ip,
      action: row.action,
      targetKind: row.target_kind,
      targetId: row.target_id,
      targetName: row.target_name,
      cameraId: row.target_kind === 'camera' ? row.target_id : '',
      caseNumber: row.target_kind === 'case' ? row.target_name.slice(0, 64) : '',
      outcome: row.outcome,
      purpose: row.purpose,
      detail: wellFormed(canonicalJson(JSON.parse(row.detail))),
    }),
  )

const unchained = 'audit_entries_unchained'
const rowsAtOnce = 500

async function refuseChanges(schema: SchemaChange, prefix: string): Promise<void> {
  for (const change of ['UPDATE', 'DELETE']) {
    const name = `${prefix}_${change.toLowerCase()}`
    await schema.raw(
      schema.dialect === 'sqlite'
        ? `CREATE TRIGGER ${name} BEFORE ${change} ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit entries are immutable'); END`
        : `CREATE TRIGGER ${name} BEFORE ${change} ON audit_entries FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries are immutable'`,
    )
  }
}

/** Can be run again after it was cut off at any step: the old table goes last. */
async function chainWhatIsThere(schema: SchemaChange): Promise<void> {
  const { query } = schema
  if (!(await query.tableExists(unchained))) {
    if ('seq' in (await query.describeTable('audit_entries'))) return
    await query.renameTable('audit_entries', unchained)
  }
  for (const left of ['audit_entries', 'audit_head']) await query.dropTable(left)
  await schema.createTable('audit_entries', entryColumns)
  await schema.createTable('audit_head', headColumns)
  let end = { seq: 0, hash: genesisHash }
  for (let after = ''; ; ) {
    const found = await schema.select(`SELECT * FROM ${unchained} WHERE id > ? ORDER BY id LIMIT ${rowsAtOnce}`, [after])
    const rows = chainOnto(end, z.array(firstRowSchema).parse(found))
    const last = rows.at(-1)
    if (last === undefined) break
    await query.bulkInsert('audit_entries', rows.map(rowOf))
    end = last
    after = last.id
  }
  await query.bulkInsert('audit_head', [{ id: 1, seq: end.seq, hash: end.hash }])
  await schema.addIndex('audit_entries', ['id'], { unique: true })
  await schema.addIndex('audit_entries', ['at_ms', 'seq'])
  await schema.addIndex('audit_entries', ['actor_id', 'seq'])
  await schema.addIndex('audit_entries', ['action', 'seq'])
  await schema.addIndex('audit_entries', ['camera_id', 'seq'])
  await schema.addIndex('audit_entries', ['case_number', 'seq'])
  await refuseChanges(schema, 'audit_chain_no')
  await query.dropTable(unchained)
}

/**
 * A row may go when a cut that covers it was recorded and it is older than 180 days. Whether the cut was signed is the
 * verifier's question; the server's own database user may delete nothing at all (deploy/mysql-grants.sql).
 */
async function allowSignedCuts(schema: SchemaChange): Promise<void> {
  const stays = (nowSeconds: string) => `OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM audit_cuts) OR OLD.at_ms > (${nowSeconds} - 15552000) * 1000`
  const refuse = (name: string, what: string, condition?: { sqlite: string; mysql: string }) =>
    schema.raw(
      schema.dialect === 'sqlite'
        ? `CREATE TRIGGER ${name} BEFORE ${what} ${condition ? `WHEN ${condition.sqlite} ` : ''}BEGIN SELECT RAISE(ABORT, 'audit entries are immutable'); END`
        : `CREATE TRIGGER ${name} BEFORE ${what} FOR EACH ROW ${condition ? `IF ${condition.mysql} THEN ` : ''}SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries are immutable'${condition ? '; END IF' : ''}`,
    )
  if (!(await schema.query.tableExists('audit_cuts'))) await schema.createTable('audit_cuts', cutColumns)
  for (const name of ['audit_chain_no_delete', 'audit_cuts_no_update', 'audit_cuts_no_delete']) await schema.raw(`DROP TRIGGER IF EXISTS ${name}`)
  await refuse('audit_chain_no_delete', 'DELETE ON audit_entries', { sqlite: stays(`CAST(strftime('%s', 'now') AS INTEGER)`), mysql: stays('UNIX_TIMESTAMP()') })
  await refuse('audit_cuts_no_update', 'UPDATE ON audit_cuts')
  await refuse('audit_cuts_no_delete', 'DELETE ON audit_cuts')
}

export const auditMigrations: readonly Migration[] = [
  {
    name: '0010-audit-entries',
    async up(schema) {
      await schema.createTable('audit_entries', firstColumns)
      await schema.addIndex('audit_entries', ['at_ms'])
      await schema.addIndex('audit_entries', ['actor_id', 'at_ms'])
      await refuseChanges(schema, 'audit_no')
    },
  },
  { name: '0011-audit-chain', up: chainWhatIsThere },
  { name: '0012-audit-cuts', up: allowSignedCuts },
  { name: '0013-audit-by-person', up: (schema) => schema.addIndex('audit_entries', ['actor_id', 'at_ms']) },
]
