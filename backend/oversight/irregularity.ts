// Owns what an irregularity 疑点 is, which steps lead where, and who may take them. Pure.
// Refuses: anybody's judging about themselves, under whichever of their accounts.
import { beijingDayStartMs } from '#base/beijing-time.ts'
import type { CameraId, IrregularityId, UnitId, UserId } from '#contract/ids.ts'
import { irregularitySteps, nextState, type Conclusion, type IrregularityState, type IrregularityStep, type Measure, type OversightRule } from '#contract/oversight.ts'
import type { Principal } from '../http/index.ts'

export interface Officer {
  displayName: string
  policeNumber: string
  unitName: string
}
export interface Irregularity {
  id: IrregularityId
  rule: OversightRule
  userId: UserId
  person: Officer
  /** The person's unit at the time of the first deed. */
  unitId: UnitId
  /** Start of the day that was judged, UTC ms. */
  dayMs: number
  camera: { id: CameraId; name: string } | null
  /** Which of this kind, person, day and camera: from 1. */
  number: number
  fromMs: number
  toMs: number
  measure: Measure
  rows: number
  raisedAtMs: number
  /** When an explanation was asked for; null: the person has not been told. */
  askedAtMs: number | null
  state: IrregularityState
}
export interface TakenStep {
  step: IrregularityStep
  atMs: number
  userId: UserId
  officer: Officer
  conclusion: Conclusion | null
  text: string
}

/** What makes it the same one when it is found again: unique in the store, on whichever machine it was found. */
export function identityOf(one: Pick<Irregularity, 'rule' | 'userId' | 'dayMs' | 'camera' | 'number'>): string {
  return [one.rule, one.userId, beijingDayStartMs(one.dayMs), one.camera?.id ?? '', one.number].join('|')
}

/** Whether it is about the caller; a second account of one person has the same police number. */
export function isAbout(principal: Pick<Principal, 'userId' | 'policeNumber'>, one: Pick<Irregularity, 'userId' | 'person'>): boolean {
  return one.userId === principal.userId || (principal.policeNumber !== '' && one.person.policeNumber === principal.policeNumber)
}

/** Steps that the caller may take now. Whoever answered does not also close. */
export function maySteps(principal: Principal, one: Irregularity, taken: readonly TakenStep[]): IrregularityStep[] {
  const own = isAbout(principal, one)
  const reviews = !own && principal.permissions.has('oversight:answer') && principal.scope.unitIds.has(one.unitId)
  const answeredBy = taken.findLast(({ step }) => step === 'answer')?.userId
  return irregularitySteps.filter((step) => {
    if (nextState[one.state][step] === undefined) return false
    if (step === 'explain') return one.userId === principal.userId
    return reviews && !(step === 'close' && answeredBy === principal.userId)
  })
}
