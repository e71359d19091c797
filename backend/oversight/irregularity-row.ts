// Owns the tables of oversight: what was found, by which audit rows, what was said about it, how far the record was read.
// Refuses: deleting any of it, changing what was said, and changing who or what it is about (triggers).
import { DataTypes } from 'sequelize'
import { z } from 'zod'
import { cameraIdSchema, irregularityIdSchema, unitIdSchema, userIdSchema } from '#contract/ids.ts'
import { conclusionSchema, irregularityStateSchema, irregularityStepSchema, measureSchema, oversightRuleSchema } from '#contract/oversight.ts'
import { column, rowInstantMs, rowJson, type Migration, type SchemaChange } from '../storage/index.ts'
import { identityOf, type Irregularity, type TakenStep } from './irregularity.ts'

export const irregularityColumns = {
  id: column.id(),
  identity: column.text(120),
  rule: column.text(20),
  user_id: column.ref(),
  person: column.json(),
  /** Beside `person`, to be searched. */
  name: column.text(40),
  police_number: column.text(16),
  unit_id: column.ref(),
  day_ms: column.instantMs(),
  camera_id: column.ref(true),
  camera_name: column.text(100),
  number: column.int(),
  from_ms: column.instantMs(),
  to_ms: column.instantMs(),
  measure: column.json(),
  deeds: column.int(),
  raised_at_ms: column.instantMs(),
  asked_at_ms: column.instantMs(true),
  state: column.text(12),
}
export const evidenceColumns = { irregularity_id: column.id(), seq: { type: DataTypes.BIGINT, primaryKey: true, allowNull: false } }
export const stepColumns = {
  id: column.id(),
  irregularity_id: column.ref(),
  step: column.text(12),
  at_ms: column.instantMs(),
  user_id: column.ref(),
  officer: column.json(),
  conclusion: column.text(12, true),
  text: column.text(500),
}
export const neverRead = -1
export const readToColumns = { id: { type: DataTypes.INTEGER, primaryKey: true, allowNull: false }, seq: column.bigint() }

async function refuse(schema: SchemaChange, table: string, change: 'UPDATE' | 'DELETE', condition?: string): Promise<void> {
  const name = `${table}_no_${change.toLowerCase()}`
  const message = 'what oversight has on record is immutable'
  await schema.raw(
    schema.dialect === 'sqlite'
      ? `CREATE TRIGGER ${name} BEFORE ${change} ON ${table} ${condition ? `WHEN ${condition} ` : ''}BEGIN SELECT RAISE(ABORT, '${message}'); END`
      : `CREATE TRIGGER ${name} BEFORE ${change} ON ${table} FOR EACH ROW ${condition ? `IF ${condition} THEN ` : ''}SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${message}'${condition ? '; END IF' : ''}`,
  )
}

export const oversightMigration: Migration = {
  name: '0080-oversight',
  async up(schema) {
    await schema.createTable('oversight_irregularities', irregularityColumns)
    await schema.addIndex('oversight_irregularities', ['identity'], { unique: true })
    await schema.addIndex('oversight_irregularities', ['user_id', 'day_ms'])
    await schema.addIndex('oversight_irregularities', ['unit_id', 'state'])
    await schema.createTable('oversight_evidence', evidenceColumns)
    await schema.createTable('oversight_steps', stepColumns)
    await schema.addIndex('oversight_steps', ['irregularity_id'])
    await schema.createTable('oversight_read_to', readToColumns)
    await schema.query.bulkInsert('oversight_read_to', [{ id: 1, seq: neverRead }])
    const fixed = ['id', 'identity', 'user_id', 'person', 'unit_id', 'raised_at_ms'].map((name) => `OLD.${name} <> NEW.${name}`).join(' OR ')
    await refuse(schema, 'oversight_irregularities', 'UPDATE', `${fixed} OR OLD.state = 'closed' OR NEW.deeds < OLD.deeds`)
    await refuse(schema, 'oversight_irregularities', 'DELETE')
    for (const table of ['oversight_evidence', 'oversight_steps']) {
      await refuse(schema, table, 'UPDATE')
      await refuse(schema, table, 'DELETE')
    }
  },
}

const officerSchema = z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() })
export const irregularityRowSchema = z
  .object({
    id: irregularityIdSchema,
    rule: oversightRuleSchema,
    user_id: userIdSchema,
    person: rowJson(officerSchema),
    unit_id: unitIdSchema,
    day_ms: rowInstantMs,
    camera_id: cameraIdSchema.nullable(),
    camera_name: z.string(),
    number: z.number().int(),
    from_ms: rowInstantMs,
    to_ms: rowInstantMs,
    measure: rowJson(measureSchema),
    deeds: z.number().int(),
    raised_at_ms: rowInstantMs,
    asked_at_ms: rowInstantMs.nullable(),
    state: irregularityStateSchema,
  })
  .transform((row): Irregularity => ({
    id: row.id,
    rule: row.rule,
    userId: row.user_id,
    person: row.person,
    unitId: row.unit_id,
    dayMs: row.day_ms,
    camera: row.camera_id === null ? null : { id: row.camera_id, name: row.camera_name },
    number: row.number,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    measure: row.measure,
    rows: row.deeds,
    raisedAtMs: row.raised_at_ms,
    askedAtMs: row.asked_at_ms,
    state: row.state,
  }))

export function irregularityRow(one: Irregularity) {
  return {
    id: one.id,
    identity: identityOf(one),
    rule: one.rule,
    user_id: one.userId,
    person: JSON.stringify(one.person),
    name: one.person.displayName,
    police_number: one.person.policeNumber,
    unit_id: one.unitId,
    day_ms: one.dayMs,
    camera_id: one.camera?.id ?? null,
    camera_name: one.camera?.name ?? '',
    number: one.number,
    raised_at_ms: one.raisedAtMs,
    ...grownRow(one),
    asked_at_ms: one.askedAtMs,
    state: one.state,
  }
}
/** What more deeds change, while it is open. */
export const grownRow = ({ fromMs, toMs, measure, rows }: Pick<Irregularity, 'fromMs' | 'toMs' | 'measure' | 'rows'>) => ({ from_ms: fromMs, to_ms: toMs, measure: JSON.stringify(measure), deeds: rows })

export const stepRowSchema = z
  .object({
    irregularity_id: irregularityIdSchema,
    step: irregularityStepSchema,
    at_ms: rowInstantMs,
    user_id: userIdSchema,
    officer: rowJson(officerSchema),
    conclusion: conclusionSchema.nullable(),
    text: z.string(),
  })
  .transform((row): TakenStep => ({ step: row.step, atMs: row.at_ms, userId: row.user_id, officer: row.officer, conclusion: row.conclusion, text: row.text }))
