// Owns 调用登记: the register of accesses to video beyond standing duty (国务院令第799号 art. 16: 事由、内容、单位、姓名).
// Refuses: changing or deleting an entry; there is no endpoint for it.
import { z } from 'zod'
import { cameraIdSchema, registerIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { endpoint, exactText, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

/** What is done with the video. */
export const registerActs = ['live', 'playback', 'export', 'exhibit'] as const
export const registerActSchema = z.enum(registerActs)
export type RegisterAct = (typeof registerActs)[number]

export interface PurposeRule {
  /** What must be given besides: a case number, an incident number, words. */
  needs: 'caseNumber' | 'incidentNumber' | 'note'
  /** Two officers, whatever the act. */
  secondOfficer: boolean
}
/** 事由 and what each asks for. No purpose goes without a number or words (个保法 art. 26). */
export const purposes = {
  case: { needs: 'caseNumber', secondOfficer: false },
  incident: { needs: 'incidentNumber', secondOfficer: false },
  security: { needs: 'note', secondOfficer: false },
  inspection: { needs: 'note', secondOfficer: false },
  /** 群众求助查阅 (799号 art. 21): the words name who agreed. */
  help: { needs: 'note', secondOfficer: true },
  /** 对外公开 (799号 art. 22). */
  release: { needs: 'note', secondOfficer: true },
} as const satisfies Record<string, PurposeRule>
export const purposeSchema = z.enum(Object.keys(purposes) as [keyof typeof purposes, ...(keyof typeof purposes)[]])
export type Purpose = keyof typeof purposes

/** Evidence leaves by two officers (电子数据取证规则 art. 6). */
export const needsSecondOfficer = (purpose: Purpose, act: RegisterAct): boolean => purposes[purpose].secondOfficer || act === 'export'

const policeNumber = lineOfText(16).min(1)
export const registerEntrySchema = z.object({
  id: registerIdSchema,
  at: instantSchema,
  purpose: purposeSchema,
  act: registerActSchema,
  note: z.string(),
  caseNumber: z.string().nullable(),
  incidentNumber: z.string().nullable(),
  cameras: z.array(z.object({ id: cameraIdSchema, name: z.string(), gbCode: z.string() })),
  /** The stretch of video. */
  from: instantSchema,
  to: instantSchema,
  /** Until when the entry opens what it names. */
  goodUntil: instantSchema,
  user: z.object({ id: userIdSchema, displayName: z.string(), policeNumber: z.string(), unitName: z.string() }),
  secondOfficer: z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() }).nullable(),
})
export type RegisterEntryView = z.infer<typeof registerEntrySchema>

const filter = {
  q: lineOfText(100).optional(),
  purpose: purposeSchema.optional(),
  act: registerActSchema.optional(),
  cameraId: cameraIdSchema.optional(),
  unitId: unitIdSchema.optional(),
  userId: userIdSchema.optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
}

export const enterRegister = endpoint({
  method: 'post',
  path: '/api/register',
  summary: 'Write a register entry; what it names opens for the caller until `goodUntil`',
  access: 'register:create',
  body: z.strictObject({
    purpose: purposeSchema,
    act: registerActSchema,
    note: lineOfText(200).default(''),
    caseNumber: exactText(40).nullable().default(null),
    incidentNumber: exactText(40).nullable().default(null),
    cameraIds: z.array(cameraIdSchema).min(1).max(36),
    from: instantSchema,
    to: instantSchema,
    secondPoliceNumber: policeNumber.nullable().default(null),
  }),
  result: registerEntrySchema,
})
export const ownRegister = endpoint({
  method: 'get',
  path: '/api/register/own',
  summary: 'The caller’s own entries, newest first',
  access: 'register:create',
  query: z.strictObject(pageQuery),
  result: pageOf(registerEntrySchema),
})
export const listRegister = endpoint({
  method: 'get',
  path: '/api/register',
  summary: 'Entries of people of the caller’s subtree, newest first; reading them is itself recorded',
  access: 'register:view',
  query: z.strictObject({ ...pageQuery, ...filter }),
  result: pageOf(registerEntrySchema),
})
export const exportRegister = endpoint({
  method: 'get',
  path: '/api/register.csv',
  summary: 'The same as CSV, at most 10,000 rows',
  access: 'register:view',
  query: z.strictObject(filter),
  result: z.instanceof(Uint8Array),
  produces: 'text/csv; charset=utf-8',
})
