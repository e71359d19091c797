// Owns the report on watching (督察): irregularities 疑点 that rules found in the record, and how people answer for them.
// Refuses: changing or deleting one; every step is a row of its own with who, when and what was said.
import { z } from 'zod'
import { cameraIdSchema, irregularityIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { endpoint, instantSchema, lineOfText, linesOfText, pageOf, pageQuery } from './wire.ts'

/** What the rules look for. Thresholds are `oversight` in the configuration. */
export const oversightRules = [
  /** Video beyond the own units without a case or an incident. */
  'without-case',
  /** Video outside of the role's hours without a case or an incident. */
  'unusual-hours',
  /** One camera gone back to again and again. */
  'one-camera',
  /** Many different cameras in a short time. */
  'many-cameras',
  /** Many single pictures or evidence pictures in a short time. */
  'many-pictures',
  /** Many exports. */
  'bulk-export',
  /** Searches for oneself. */
  'own-name',
] as const
export const oversightRuleSchema = z.enum(oversightRules)
export type OversightRule = (typeof oversightRules)[number]

export const irregularityStates = ['open', 'asked', 'explained', 'answered', 'closed'] as const
export const irregularityStateSchema = z.enum(irregularityStates)
export type IrregularityState = (typeof irregularityStates)[number]

/** `explain` is the person's own; the others are a reviewer's, who is never that person. */
export const irregularitySteps = ['ask', 'explain', 'answer', 'close'] as const
export const irregularityStepSchema = z.enum(irregularitySteps)
export type IrregularityStep = (typeof irregularitySteps)[number]

/** Which step leads where; what is not here is not possible. */
export const nextState: Readonly<Record<IrregularityState, Partial<Record<IrregularityStep, IrregularityState>>>> = {
  open: { ask: 'asked', answer: 'answered' },
  asked: { explain: 'explained', answer: 'answered' },
  explained: { ask: 'asked', answer: 'answered' },
  answered: { close: 'closed' },
  closed: {},
}

/** What an answer comes to: the duty asked for it · the person was reminded of the rules · handed on for an inquiry. */
export const conclusions = ['duty', 'reminded', 'referred'] as const
export const conclusionSchema = z.enum(conclusions)
export type Conclusion = (typeof conclusions)[number]

/** What was counted, and the number at which the rule speaks. */
export const measureSchema = z.object({
  figure: z.number().int(),
  limit: z.number().int(),
  /** The stretch in which it was counted, in milliseconds; a day when left out. */
  windowMs: z.number().int().optional(),
  /** Hours of the person's duty, `HH:mm-HH:mm` by 北京时间, where they matter. */
  hours: z.string().optional(),
})
export type Measure = z.infer<typeof measureSchema>

export const irregularitySchema = z.object({
  id: irregularityIdSchema,
  rule: oversightRuleSchema,
  state: irregularityStateSchema,
  person: z.object({ id: userIdSchema, displayName: z.string(), policeNumber: z.string(), unitName: z.string() }),
  unitId: unitIdSchema,
  /** The one camera that it is about; null when it is about several. */
  camera: z.object({ id: cameraIdSchema, name: z.string() }).nullable(),
  /** First and last act. */
  from: instantSchema,
  to: instantSchema,
  measure: measureSchema,
  /** Audit rows that gave rise to it. */
  rows: z.number().int(),
  raisedAt: instantSchema,
})
export type IrregularityView = z.infer<typeof irregularitySchema>

export const evidenceSchema = z.object({
  /** Place in the audit chain. */
  seq: z.number().int(),
  at: instantSchema,
  action: z.string(),
  targetName: z.string(),
  purpose: z.string(),
  caseNumber: z.string(),
  ip: z.string(),
  /** What was searched for, where it was a search. */
  searched: z.string(),
})
export type EvidenceView = z.infer<typeof evidenceSchema>

export const stepSchema = z.object({
  step: irregularityStepSchema,
  at: instantSchema,
  officer: z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() }),
  conclusion: conclusionSchema.nullable(),
  text: z.string(),
})
export type StepView = z.infer<typeof stepSchema>

export const mostEvidence = 200
export const irregularityDetailSchema = irregularitySchema.extend({
  /** In order of time, 200 at most; `rows` says how many there are. Rows that a signed cut removed are missing. */
  evidence: z.array(evidenceSchema),
  steps: z.array(stepSchema),
  /** What the caller may do now. */
  maySteps: z.array(irregularityStepSchema),
})
export type IrregularityDetail = z.infer<typeof irregularityDetailSchema>

const filter = {
  rule: oversightRuleSchema.optional(),
  state: irregularityStateSchema.optional(),
  userId: userIdSchema.optional(),
  /** Part of a name, or a whole police number. */
  q: lineOfText(64).optional(),
  /** With everything below it. */
  unitId: unitIdSchema.optional(),
  /** Those whose acts reach into this time. */
  from: instantSchema.optional(),
  to: instantSchema.optional(),
}
const params = z.strictObject({ irregularityId: irregularityIdSchema })
/** An answer that says nothing is none. */
const said = linesOfText(500).min(4)

export const listIrregularities = endpoint({
  method: 'get',
  path: '/api/oversight/irregularities',
  summary: 'Irregularities of people of the caller’s subtree, newest first, never the caller’s own; reading them is itself recorded',
  access: 'oversight:view',
  query: z.strictObject({ ...pageQuery, ...filter }),
  result: pageOf(irregularitySchema),
})
export const getIrregularity = endpoint({
  method: 'get',
  path: '/api/oversight/irregularities/:irregularityId',
  summary: 'One irregularity with the acts that gave rise to it and what was said; itself recorded',
  access: 'oversight:view',
  params,
  result: irregularityDetailSchema,
})
export const exportIrregularities = endpoint({
  method: 'get',
  path: '/api/oversight.csv',
  summary: 'The list as CSV, at most 10,000 rows, disarmed against formulas; itself recorded',
  access: 'oversight:view',
  query: z.strictObject(filter),
  result: z.instanceof(Uint8Array),
  produces: 'text/csv; charset=utf-8',
})
export const stepIrregularity = endpoint({
  method: 'post',
  path: '/api/oversight/irregularities/:irregularityId/steps',
  summary: 'Ask the person for an explanation, answer, or close what another person has answered',
  access: 'oversight:answer',
  params,
  body: z.discriminatedUnion('step', [
    z.strictObject({ step: z.literal('ask'), text: linesOfText(500).default('') }),
    z.strictObject({ step: z.literal('answer'), conclusion: conclusionSchema, text: said }),
    z.strictObject({ step: z.literal('close'), text: linesOfText(500).default('') }),
  ]),
  result: irregularityDetailSchema,
})
export const judgeWatching = endpoint({
  method: 'post',
  path: '/api/oversight/judgement',
  summary: 'Hold the record of a time, 31 days at most, of the caller’s subtree against the rules now; itself recorded',
  access: 'oversight:view',
  body: z.strictObject({ from: instantSchema, to: instantSchema }),
  result: z.object({ people: z.number().int(), raised: z.number().int() }),
})
export const oversightCounts = endpoint({
  method: 'get',
  path: '/api/oversight/counts',
  summary: 'How many irregularities wait for the caller: as a reviewer, and to be explained',
  access: 'oversight:explain',
  result: z.object({ toReview: z.number().int(), toExplain: z.number().int() }),
})
export const ownIrregularities = endpoint({
  method: 'get',
  path: '/api/oversight/own',
  summary: 'What the caller has been asked to explain, newest first',
  access: 'oversight:explain',
  query: z.strictObject(pageQuery),
  result: pageOf(irregularitySchema),
})
export const ownIrregularity = endpoint({
  method: 'get',
  path: '/api/oversight/own/:irregularityId',
  summary: 'One of them with the acts that it is about and what was said',
  access: 'oversight:explain',
  params,
  result: irregularityDetailSchema,
})
export const explainIrregularity = endpoint({
  method: 'post',
  path: '/api/oversight/own/:irregularityId/explanation',
  summary: 'Explain what one has been asked about; it answers nothing, a reviewer does',
  access: 'oversight:explain',
  params,
  body: z.strictObject({ text: said }),
  result: irregularityDetailSchema,
})
