// Owns the HTTP side of oversight; thin.
import { AppError } from '#base/app-error.ts'
import { dayMs } from '#base/beijing-time.ts'
import { api } from '#contract/api.ts'
import type { IrregularityDetail, IrregularityView, StepView } from '#contract/oversight.ts'
import type { z } from 'zod'
import type { UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import { route, type Route } from '../http/index.ts'
import { fromInstant, toInstant, type Storage } from '../storage/index.ts'
import { searchedIn } from './deed.ts'
import type { Irregularity, TakenStep } from './irregularity.ts'
import { irregularityCsv } from './irregularity-csv.ts'
import { ownSight, reviewerSight, type IrregularityService, type WholeIrregularity } from './irregularity-service.ts'
import type { IrregularityFilter } from './irregularity-store.ts'
import type { OversightWatch } from './oversight-watch.ts'

export interface OversightRoutesDeps {
  storage: Storage
  trail: AuditTrail
  units: UnitStore
  service: IrregularityService
  watch: OversightWatch
}

const mostRows = 10_000
const longestMs = 31 * dayMs

export function oversightRoutes({ storage, trail, units, service, watch }: OversightRoutesDeps): Route[] {
  const filterOf = async ({ unitId, state, from, to, ...rest }: z.output<typeof api.exportIrregularities.query>): Promise<IrregularityFilter> => ({
    ...rest,
    states: state === undefined ? undefined : [state],
    unitIds: unitId === undefined ? undefined : (await units.tree()).subtree(unitId),
    fromMs: from === undefined ? undefined : fromInstant(from),
    toMs: to === undefined ? undefined : fromInstant(to),
  })
  return [
    route(api.listIrregularities, async ({ principal, query, request }) => {
      const { page, pageSize, ...filter } = query
      const { items, total } = await service.list(principal, await filterOf(filter), { page, pageSize }, request, query)
      return { items: items.map(viewOf), total }
    }),
    route(api.getIrregularity, async ({ principal, params, request }) => detailOf(await service.read(principal, reviewerSight(principal), params.irregularityId, request))),
    route(api.exportIrregularities, async ({ principal, query, request }) => {
      const { items } = await service.list(principal, await filterOf(query), { page: 1, pageSize: mostRows }, request, query, 'oversight.export')
      return {
        bytes: irregularityCsv(items, await service.stepsOf(items)),
        contentType: 'text/csv; charset=utf-8',
        headers: { 'Content-Disposition': 'attachment; filename="oversight.csv"', 'X-Content-Type-Options': 'nosniff' },
      }
    }),
    route(api.stepIrregularity, async ({ principal, params, body, request }) => {
      const conclusion = body.step === 'answer' ? body.conclusion : null
      return detailOf(await service.take(principal, reviewerSight(principal), params.irregularityId, { step: body.step, text: body.text, conclusion }, request))
    }),
    route(api.judgeWatching, async ({ principal, body, request }) => {
      const [fromMs, toMs] = [fromInstant(body.from), fromInstant(body.to)]
      if (toMs <= fromMs || toMs - fromMs > longestMs) throw new AppError('invalid', 'invalid_request', 'The time is empty or longer than 31 days.')
      await storage.transaction((tx) => trail.record(tx, { ...principal, ip: request.ip }, { action: 'oversight.judge', targetKind: 'irregularity', targetId: '', detail: { ...body } }))
      return watch.judge([...principal.scope.unitIds], fromMs, toMs)
    }),
    route(api.oversightCounts, async ({ principal }) => service.counts(principal)),
    route(api.ownIrregularities, async ({ principal, query }) => {
      const { items, total } = await service.listOwn(principal, query)
      return { items: items.map(viewOf), total }
    }),
    route(api.ownIrregularity, async ({ principal, params, request }) => detailOf(await service.read(principal, ownSight(principal), params.irregularityId, request))),
    route(api.explainIrregularity, async ({ principal, params, body, request }) =>
      detailOf(await service.take(principal, ownSight(principal), params.irregularityId, { step: 'explain', text: body.text, conclusion: null }, request)),
    ),
  ]
}

function viewOf(one: Irregularity): IrregularityView {
  const { id, rule, state, userId, person, unitId, camera, fromMs, toMs, measure, rows, raisedAtMs } = one
  return { id, rule, state, person: { id: userId, ...person }, unitId, camera, from: toInstant(fromMs), to: toInstant(toMs), measure, rows, raisedAt: toInstant(raisedAtMs) }
}

function detailOf({ one, evidence, steps, maySteps }: WholeIrregularity): IrregularityDetail {
  return {
    ...viewOf(one),
    evidence: evidence.map(({ seq, atMs, action, targetName, purpose, caseNumber, ip, detail }) => ({ seq, at: toInstant(atMs), action, targetName, purpose, caseNumber, ip, searched: searchedIn(detail) })),
    steps: steps.map(stepOf),
    maySteps,
  }
}

const stepOf = ({ step, atMs, officer, conclusion, text }: TakenStep): StepView => ({ step, at: toInstant(atMs), officer, conclusion, text })
