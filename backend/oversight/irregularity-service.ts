// Owns reading irregularities and answering for them: each reading and each step is an audit row, steps in their transaction.
// Refuses: what is out of sight as if it were not there, judging oneself, and changing what was said.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { IrregularityId } from '#contract/ids.ts'
import { mostEvidence, nextState, type Conclusion, type IrregularityState, type IrregularityStep } from '#contract/oversight.ts'
import type { AuditStore, AuditTrail, ReadableRow } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Storage } from '../storage/index.ts'
import { maySteps, type Irregularity, type TakenStep } from './irregularity.ts'
import type { IrregularityFilter, IrregularityStore, Sight } from './irregularity-store.ts'

export interface IrregularityServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  entries: Pick<AuditStore, 'bySeqs'>
  irregularities: IrregularityStore
}

export interface WholeIrregularity {
  one: Irregularity
  evidence: ReadableRow[]
  steps: TakenStep[]
  maySteps: IrregularityStep[]
}
export interface NewStep {
  step: IrregularityStep
  text: string
  conclusion: Conclusion | null
}
interface Page {
  page: number
  pageSize: number
}

/** What waits for a reviewer; one that was asked about waits for the person. */
const waiting: readonly IrregularityState[] = ['open', 'explained']

export const reviewerSight = (principal: Principal): Sight => ({ kind: 'reviewer', unitIds: [...principal.scope.unitIds], userId: principal.userId, policeNumber: principal.policeNumber })
export const ownSight = (principal: Principal): Sight => ({ kind: 'own', userId: principal.userId })

export class IrregularityService {
  readonly #deps: IrregularityServiceDeps

  constructor(deps: IrregularityServiceDeps) {
    this.#deps = deps
  }

  /** @param asked the filter as it was asked, for the record */
  async list(principal: Principal, filter: IrregularityFilter, page: Page, from: { ip: string }, asked: Record<string, unknown>, action: 'oversight.read' | 'oversight.export' = 'oversight.read'): Promise<{ items: Irregularity[]; total: number }> {
    await this.#record(principal, from, { action, targetKind: 'irregularity', targetId: '', detail: { ...asked } })
    return this.#deps.irregularities.list(reviewerSight(principal), filter, page)
  }

  stepsOf(items: readonly Irregularity[]): Promise<Map<IrregularityId, TakenStep[]>> {
    return this.#deps.irregularities.stepsOf(items.map(({ id }) => id))
  }

  /** What the caller was asked about. */
  async listOwn(principal: Principal, page: Page): Promise<{ items: Irregularity[]; total: number }> {
    return this.#deps.irregularities.list(ownSight(principal), {}, page)
  }

  /** @throws AppError not_found */
  async read(principal: Principal, sight: Sight, id: IrregularityId, from: { ip: string }): Promise<WholeIrregularity> {
    const one = await this.#deps.irregularities.get(sight, id)
    if (one === null) throw missing()
    await this.#record(principal, from, { action: 'oversight.read', targetKind: 'irregularity', targetId: id, targetName: one.person.displayName })
    return this.#whole(principal, one)
  }

  /**
   * @throws AppError not_found (out of sight, and one's own for a reviewer), no_permission (closing what one answered),
   * conflict (its state has no such step, or somebody was faster)
   */
  async take(principal: Principal, sight: Sight, id: IrregularityId, wanted: NewStep, from: { ip: string }): Promise<WholeIrregularity> {
    const { storage, clock, random, trail, irregularities } = this.#deps
    const one = await irregularities.get(sight, id)
    if (one === null) throw missing()
    const to = nextState[one.state][wanted.step]
    if (to === undefined) throw new AppError('conflict', 'conflict', errorCodes.conflict)
    const steps = (await irregularities.stepsOf([id])).get(id) ?? []
    if (!maySteps(principal, one, steps).includes(wanted.step)) throw new AppError('forbidden', 'no_permission', 'Whoever answered does not close; another person does.')
    const taken = {
      ...wanted,
      id: newId<string>(clock.now(), random),
      atMs: clock.now(),
      userId: principal.userId,
      officer: { displayName: principal.displayName, policeNumber: principal.policeNumber, unitName: principal.unitName },
    }
    await storage.transaction(async (tx) => {
      if (!(await irregularities.move(tx, one, to, taken))) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      await trail.record(tx, { ...principal, ip: from.ip }, {
        action: `oversight.${wanted.step}`,
        targetKind: 'irregularity',
        targetId: id,
        targetName: one.person.displayName,
        detail: { rule: one.rule, userId: one.userId, from: one.state, to, conclusion: wanted.conclusion, text: wanted.text },
      })
    })
    return this.#whole(principal, { ...one, state: to })
  }

  /** Numbers for the menu. They name nobody and nothing, and are not a reading of the report. */
  async counts(principal: Principal): Promise<{ toReview: number; toExplain: number }> {
    const { irregularities } = this.#deps
    return {
      toReview: principal.permissions.has('oversight:view') ? await irregularities.count(reviewerSight(principal), waiting) : 0,
      toExplain: await irregularities.count(ownSight(principal), ['asked']),
    }
  }

  async #whole(principal: Principal, one: Irregularity): Promise<WholeIrregularity> {
    const { entries, irregularities } = this.#deps
    const steps = (await irregularities.stepsOf([one.id])).get(one.id) ?? []
    const evidence = await entries.bySeqs(await irregularities.evidenceOf(one.id, mostEvidence))
    return { one, evidence, steps, maySteps: maySteps(principal, one, steps) }
  }

  async #record(principal: Principal, from: { ip: string }, act: Parameters<AuditTrail['record']>[2]): Promise<void> {
    const { storage, trail } = this.#deps
    await storage.transaction((tx) => trail.record(tx, { ...principal, ip: from.ip }, act))
  }
}
