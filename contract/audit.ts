// Owns the wire form of audit entries.
import { z } from 'zod'
import { auditIdSchema, userIdSchema } from './ids.ts'
import { endpoint, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

export const auditEntrySchema = z.object({
  id: auditIdSchema,
  at: instantSchema,
  actorId: userIdSchema.nullable(),
  actorName: z.string(),
  unitName: z.string(),
  ip: z.string(),
  action: z.string(),
  targetKind: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  outcome: z.enum(['done', 'refused']),
  purpose: z.string(),
  detail: z.record(z.string(), z.unknown()),
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
