// Owns the case 案件 as the server knows it, and pure rules about it: accepted numbers, order of times, what is ended.
// Refuses: who may; that is case-policy.ts.
import { AppError } from '#base/app-error.ts'
import type { caseStatuses } from '#contract/cases.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CaseId, UnitId, UserId } from '#contract/ids.ts'

export type CaseStatus = (typeof caseStatuses)[number]
export type Duty = 'lead' | 'member'

export interface CaseFields {
  /** 案件编号; null while there is only a 警情编号. */
  caseNumber: string | null
  /** 警情编号 (接警单编号). */
  incidentNumber: string | null
  title: string
  category: string
  status: CaseStatus
  summary: string
  place: string
  occurredFromMs: number | null
  occurredToMs: number | null
}

export interface Case extends CaseFields {
  id: CaseId
  /** The unit that opened it; its supervisors and those above see it. */
  unitId: UnitId
  createdAtMs: number
  createdById: UserId
  createdByName: string
  version: number
}

export interface CaseMember {
  userId: UserId
  duty: Duty
}

/** Statuses in which nobody works on the case any more: it went to the procuratorate, was dropped, or was closed. */
export const endedStatuses: readonly CaseStatus[] = ['prosecuted', 'withdrawn', 'not_filed', 'closed']

export interface NumberPatterns {
  caseNumberPatterns: readonly string[]
  incidentNumberPatterns: readonly string[]
}

/** The accepted forms of 案件编号 and 警情编号; they differ from province to province, so they are configuration. */
export class CaseNumbers {
  readonly #case: readonly RegExp[]
  readonly #incident: readonly RegExp[]

  /** @throws SyntaxError on a broken pattern, at start-up */
  constructor(patterns: NumberPatterns) {
    this.#case = patterns.caseNumberPatterns.map((pattern) => new RegExp(pattern, 'u'))
    this.#incident = patterns.incidentNumberPatterns.map((pattern) => new RegExp(pattern, 'u'))
  }

  /**
   * A number that `before` already had stays accepted, so that a change of the patterns locks no old case.
   * @throws AppError case_number_refused when neither is given or one has no accepted form
   */
  assertAccepted(numbers: Pick<CaseFields, 'caseNumber' | 'incidentNumber'>, before?: Pick<CaseFields, 'caseNumber' | 'incidentNumber'>): void {
    const { caseNumber, incidentNumber } = numbers
    if (caseNumber === null && incidentNumber === null) throw refused('caseNumber', 'A case needs a 案件编号 or a 警情编号.')
    if (caseNumber !== null && caseNumber !== before?.caseNumber && !this.#case.some((form) => form.test(caseNumber))) {
      throw refused('caseNumber', 'This 案件编号 has no accepted form.')
    }
    if (incidentNumber !== null && incidentNumber !== before?.incidentNumber && !this.#incident.some((form) => form.test(incidentNumber))) {
      throw refused('incidentNumber', 'This 警情编号 has no accepted form.')
    }
  }
}

/** @throws AppError invalid_request when the case ended before it began */
export function assertTimesInOrder(fields: Pick<CaseFields, 'occurredFromMs' | 'occurredToMs'>): void {
  if (fields.occurredFromMs !== null && fields.occurredToMs !== null && fields.occurredFromMs > fields.occurredToMs) {
    throw invalid('occurredTo', 'is before occurredFrom')
  }
}

export function invalid(path: string, message: string): AppError {
  return new AppError('invalid', 'invalid_request', errorCodes.invalid_request, { issues: [{ path: `body.${path}`, message }] })
}

function refused(path: string, message: string): AppError {
  return new AppError('invalid', 'case_number_refused', message, { issues: [{ path: `body.${path}`, message }] })
}
