// Owns 临时授权: rights on single cameras beyond the own unit, asked for by one person, approved by another, for a time.
// Refuses: telling whether a 20-digit code exists. An asker learns names only when somebody with the scope has approved.
import { z } from 'zod'
import { grantIdSchema } from './ids.ts'
import type { Permission } from './permissions.ts'
import { endpoint, exactText, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

/** What a grant may allow, and which permissions it carries; a role that lacks them gets nothing by a grant. */
export const grantActions = {
  live: ['camera:view', 'camera:live'],
  snapshot: ['camera:view', 'camera:snapshot'],
  tag: ['camera:view', 'tag:create'],
} as const satisfies Record<string, readonly Permission[]>
export type GrantAction = keyof typeof grantActions
export const grantActionSchema = z.enum(Object.keys(grantActions) as [GrantAction, ...GrantAction[]])

/** asked → approved → ended or revoked; asked → refused or withdrawn. */
export const grantStates = ['asked', 'approved', 'refused', 'withdrawn', 'revoked', 'ended'] as const
export const grantStateSchema = z.enum(grantStates)
export type GrantState = (typeof grantStates)[number]

export const longestGrantDays = 30
export const gbCodeSchema = z.string().regex(/^\d{20}$/)

export const grantSchema = z.object({
  id: grantIdSchema,
  state: grantStateSchema,
  askedAt: instantSchema,
  asker: z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() }),
  /** `name` is empty for the asker until the grant was approved, and for a code that no camera has. */
  cameras: z.array(z.object({ gbCode: z.string(), name: z.string() })),
  actions: z.array(grantActionSchema),
  from: instantSchema,
  to: instantSchema,
  reason: z.string(),
  caseNumber: z.string().nullable(),
  incidentNumber: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: instantSchema.nullable(),
  note: z.string(),
})
export type GrantView = z.infer<typeof grantSchema>

const params = z.strictObject({ grantId: grantIdSchema })
export const askGrant = endpoint({
  method: 'post',
  path: '/api/grants',
  summary: 'Ask for rights on cameras by their 20-digit codes; the answer is the same whether or not a code exists',
  access: 'grant:request',
  body: z.strictObject({
    gbCodes: z.array(gbCodeSchema).min(1).max(36),
    actions: z.array(grantActionSchema).min(1),
    from: instantSchema,
    to: instantSchema,
    reason: lineOfText(200).min(4),
    caseNumber: exactText(40).nullable().default(null),
    incidentNumber: exactText(40).nullable().default(null),
  }),
  result: grantSchema,
})
export const ownGrants = endpoint({
  method: 'get',
  path: '/api/grants/own',
  summary: 'What the caller has asked for, newest first',
  access: 'grant:request',
  query: z.strictObject(pageQuery),
  result: pageOf(grantSchema),
})
export const listGrants = endpoint({
  method: 'get',
  path: '/api/grants',
  summary: 'Grants on cameras of the caller’s subtree, newest first',
  access: 'grant:decide',
  query: z.strictObject({ ...pageQuery, state: grantStateSchema.optional() }),
  result: pageOf(grantSchema),
})
export const decideGrant = endpoint({
  method: 'post',
  path: '/api/grants/:grantId/decision',
  summary: 'Approve or refuse; never one’s own',
  access: 'grant:decide',
  params,
  body: z.strictObject({ approve: z.boolean(), note: lineOfText(200).default('') }),
  result: grantSchema,
})
export const revokeGrant = endpoint({
  method: 'post',
  path: '/api/grants/:grantId/revocation',
  summary: 'End an approved grant at once; what it plays ends within 5 s',
  access: 'grant:decide',
  params,
  body: z.strictObject({ note: lineOfText(200).default('') }),
  result: grantSchema,
})
export const withdrawGrant = endpoint({
  method: 'delete',
  path: '/api/grants/:grantId',
  summary: 'Take back what one has asked for, or give back what one was granted',
  access: 'grant:request',
  params,
  result: grantSchema,
})
