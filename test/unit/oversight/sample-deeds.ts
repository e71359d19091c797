// Owns made-up deeds of one person on one day for the tests of the rules.
import { beijingDayStartMs } from '#base/beijing-time.ts'
import { newId } from '#base/ids.ts'
import { configSchema } from '#config/schema.ts'
import type { UserId } from '#contract/ids.ts'
import type { Role } from '#contract/permissions.ts'
import type { Deed } from '../../../backend/oversight/deed.ts'
import { judge, type Limits, type PersonDay, type Suspicion } from '../../../backend/oversight/oversight-rules.ts'

export const midnightMs = beijingDayStartMs(1_795_500_000_000)
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const limits: Limits = configSchema.parse({}).oversight

/** A view of camera `one` at that time of the day, 北京时间. */
export const deed = (hour: number, change: Partial<Deed> = {}): Deed => ({
  seq: 0, atMs: midnightMs + Math.round(hour * hourMs), kind: 'view', cameraId: 'one', cameraName: '经一路口', beyond: false, forCase: false, pictures: 0, searched: '', unitId: null, ...change,
})
/** In order of time, numbered by it. */
export const inOrder = (deeds: readonly Deed[]): Deed[] => deeds.toSorted((a, b) => a.atMs - b.atMs).map((one, at) => ({ ...one, seq: at + 1 }))

export const samplePersonId = newId<UserId>(1)
export const dayOf = (deeds: readonly Deed[], roles: Role[] = ['operator']): PersonDay => ({
  person: { id: samplePersonId, displayName: '王小明', policeNumber: '014253', unitId: newId(1), roles },
  fromMs: midnightMs,
  toMs: midnightMs + dayMs,
  deeds: inOrder(deeds),
})
export const judged = (deeds: readonly Deed[], options: { roles?: Role[]; limits?: Partial<Limits> } = {}): Suspicion[] => judge(dayOf(deeds, options.roles), { ...limits, ...options.limits })
export const rulesOf = (found: readonly Suspicion[]): string[] => found.map(({ rule }) => rule)
