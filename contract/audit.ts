// Owns the wire form of audit entries.
import { z } from 'zod'
import { auditIdSchema, sessionIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { endpoint, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

export const auditEntrySchema = z.object({
  /** Place in the chain, from 1 without a gap. */
  seq: z.number().int(),
  id: auditIdSchema,
  at: instantSchema,
  actorId: userIdSchema.nullable(),
  actorName: z.string(),
  unitId: unitIdSchema.nullable(),
  unitName: z.string(),
  sessionId: sessionIdSchema.nullable(),
  ip: z.string(),
  action: z.string(),
  targetKind: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  /** Empty when it is about none. */
  cameraId: z.string(),
  caseNumber: z.string(),
  outcome: z.enum(['done', 'refused']),
  purpose: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
})
export type AuditEntryView = z.infer<typeof auditEntrySchema>

export const listAudit = endpoint({
  method: 'get',
  path: '/api/audit',
  summary: 'Audit entries, newest first; reading them is itself recorded',
  access: 'audit:view',
  query: z.strictObject({
    ...pageQuery,
    action: z.string().max(60).optional(),
    q: lineOfText(100).optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
  }),
  result: pageOf(auditEntrySchema),
})

export const exportAudit = endpoint({
  method: 'get',
  path: '/api/audit/export',
  summary: 'The whole chain with its checkpoints as JSON lines, for `npm run audit:verify`; the export is itself recorded',
  access: 'audit:export',
  result: z.instanceof(Uint8Array),
  produces: 'application/x-ndjson',
})
