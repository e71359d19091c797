// Owns the columns of cases and case members, and the way between rows and objects.
import { z } from 'zod'
import { caseStatusSchema } from '#contract/cases.ts'
import { caseIdSchema, unitIdSchema, userIdSchema } from '#contract/ids.ts'
import { column, rowInstantMs, type Migration } from '../storage/index.ts'
import type { Case, CaseMember } from './case.ts'

export const caseColumns = {
  id: column.id(),
  case_number: column.text(40, true),
  incident_number: column.text(32, true),
  title: column.text(80),
  category: column.text(10),
  status: column.text(16),
  summary: column.longText(),
  place: column.text(100),
  occurred_from_ms: column.instantMs(true),
  occurred_to_ms: column.instantMs(true),
  unit_id: column.ref(),
  created_at_ms: column.instantMs(),
  created_by: column.ref(),
  created_by_name: column.text(40),
  version: column.int(),
}
export const memberColumns = {
  case_id: { ...column.ref(), primaryKey: true },
  user_id: { ...column.ref(), primaryKey: true },
  duty: column.text(8),
}

export const caseMigration: Migration = {
  name: '0070-cases-cases',
  async up(schema) {
    await schema.createTable('cases', caseColumns)
    await schema.addIndex('cases', ['case_number'], { unique: true })
    await schema.addIndex('cases', ['incident_number'], { unique: true })
    await schema.addIndex('cases', ['unit_id', 'status'])
    await schema.createTable('case_members', memberColumns)
    await schema.addIndex('case_members', ['user_id', 'case_id'])
  },
}

export const caseRowSchema = z
  .object({
    id: caseIdSchema,
    case_number: z.string().nullable(),
    incident_number: z.string().nullable(),
    title: z.string(),
    category: z.string(),
    status: caseStatusSchema,
    summary: z.string(),
    place: z.string(),
    occurred_from_ms: rowInstantMs.nullable(),
    occurred_to_ms: rowInstantMs.nullable(),
    unit_id: unitIdSchema,
    created_at_ms: rowInstantMs,
    created_by: userIdSchema,
    created_by_name: z.string(),
    version: z.number().int(),
  })
  .transform(
    (row): Case => ({
      id: row.id,
      caseNumber: row.case_number,
      incidentNumber: row.incident_number,
      title: row.title,
      category: row.category,
      status: row.status,
      summary: row.summary,
      place: row.place,
      occurredFromMs: row.occurred_from_ms,
      occurredToMs: row.occurred_to_ms,
      unitId: row.unit_id,
      createdAtMs: row.created_at_ms,
      createdById: row.created_by,
      createdByName: row.created_by_name,
      version: row.version,
    }),
  )

/** What may change; id, unit and author stay. */
export function toCaseRow(found: Case) {
  return {
    case_number: found.caseNumber,
    incident_number: found.incidentNumber,
    title: found.title,
    category: found.category,
    status: found.status,
    summary: found.summary,
    place: found.place,
    occurred_from_ms: found.occurredFromMs,
    occurred_to_ms: found.occurredToMs,
  }
}

export const memberRowSchema = z
  .object({ user_id: userIdSchema, duty: z.enum(['lead', 'member']) })
  .transform((row): CaseMember => ({ userId: row.user_id, duty: row.duty }))
