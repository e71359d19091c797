// Owns the wire form of audit entries.
import { z } from 'zod'
import { auditIdSchema, sessionIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { endpoint, exactText, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

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

const auditFilter = {
  action: exactText(60).optional(),
  q: lineOfText(100).optional(),
  /** Part of the actor's name. */
  actor: lineOfText(64).optional(),
  /** Part of the name of the actor's unit, as it was. */
  unit: lineOfText(64).optional(),
  /** The actor's unit, with everything below it. */
  unitId: unitIdSchema.optional(),
  /** A camera's id, or part of its name. */
  camera: lineOfText(100).optional(),
  /** 案件编号 or 警情编号, whole. */
  caseNumber: lineOfText(64).optional(),
  outcome: z.enum(['done', 'refused']).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
}

export const listAudit = endpoint({
  method: 'get',
  path: '/api/audit',
  summary: 'Audit entries, newest first; reading them is itself recorded',
  access: 'audit:view',
  query: z.strictObject({
    ...pageQuery,
    ...auditFilter,
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

export const exportAuditCsv = endpoint({
  method: 'get',
  path: '/api/audit.csv',
  summary: 'What a search of the audit finds as CSV (UTF-8 with BOM), disarmed against formulas; itself recorded',
  access: 'audit:export',
  query: z.strictObject(auditFilter),
  result: z.instanceof(Uint8Array),
  produces: 'text/csv',
})

export const tamperingSchema = z.enum(['edit', 'delete', 'insert', 'reorder', 'cut', 'fork', 'rewrite', 'forged-checkpoint'])
export const auditChainSchema = z.object({
  /** Rows in the chain, and the hash of the last. */
  rows: z.number().int(),
  hash: z.string(),
  /** Rows up to here were checked as they came. */
  followedTo: z.number().int(),
  checkpoints: z.number().int(),
  newest: z.object({ size: z.number().int(), root: z.string(), at: instantSchema }).nullable(),
  /** Why no more checkpoints are signed. */
  stop: z.object({ seq: z.number().int(), reason: z.enum(['row-altered', 'row-missing', 'rolled-back']) }).nullable(),
  keyId: z.string(),
  verifying: z.boolean(),
  /** The newest whole verification since the server's start. */
  verified: z
    .object({ at: instantSchema, seq: z.number().int(), rows: z.number().int(), agreeing: z.number().int(), finding: z.object({ tampering: tamperingSchema, seq: z.number().int() }).nullable() })
    .nullable(),
})
export type AuditChain = z.infer<typeof auditChainSchema>

export const auditChain = endpoint({ method: 'get', path: '/api/audit/chain', summary: 'State of the audit chain and its checkpoints', access: 'audit:view', result: auditChainSchema })
export const verifyAudit = endpoint({ method: 'post', path: '/api/audit/chain/verification', summary: 'Verify the whole chain; itself recorded. The state tells when it is over', access: 'audit:view', result: z.null() })
