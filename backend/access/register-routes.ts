// Owns the HTTP side of the register; thin.
import { stringify } from 'csv-stringify/sync'
import { beijingText } from '#base/beijing-time.ts'
import { guardFormula } from '#base/formula-guard.ts'
import { api } from '#contract/api.ts'
import type { RegisterEntryView } from '#contract/register.ts'
import { route, type Route } from '../http/index.ts'
import { fromInstant, toInstant } from '../storage/index.ts'
import type { RegisterEntry } from './register-entry.ts'
import type { RegisterFilter } from './register-store.ts'
import type { RegisterService } from './register-service.ts'
import type { UnitStore } from './unit-store.ts'

const mostRows = 10_000
const head = ['登记时间', '单位', '姓名', '警号', '事由', '方式', '案件编号', '警情编号', '说明', '摄像机', '国标编码', '起', '止', '第二调取人', '第二调取人警号', '登记编号']
const purposeWords = { case: '案件侦办', incident: '警情处置', security: '安保勤务', inspection: '督察检查', help: '群众求助查阅', release: '对外公开' } as const
const actWords = { live: '实时预览', playback: '录像回放', export: '视频导出', exhibit: '固定证据' } as const

type Query = Omit<RegisterFilter, 'unitIds' | 'fromMs' | 'toMs'> & { unitId?: Parameters<Awaited<ReturnType<UnitStore['tree']>>['subtree']>[0] | undefined; from?: string | undefined; to?: string | undefined }

export function registerRoutes(deps: { register: RegisterService; units: UnitStore }): Route[] {
  const { register, units } = deps
  const filterOf = async ({ unitId, from, to, ...rest }: Query): Promise<RegisterFilter> => ({
    ...rest,
    unitIds: unitId === undefined ? undefined : (await units.tree()).subtree(unitId),
    fromMs: from === undefined ? undefined : fromInstant(from),
    toMs: to === undefined ? undefined : fromInstant(to),
  })
  return [
    route(api.enterRegister, async ({ principal, body, request }) => {
      const { from, to, ...rest } = body
      return presentEntry(await register.enter(principal, { ...rest, fromMs: fromInstant(from), toMs: fromInstant(to) }, request))
    }),
    route(api.ownRegister, async ({ principal, query }) => {
      const { items, total } = await register.listOwn(principal, query)
      return { items: items.map(presentEntry), total }
    }),
    route(api.listRegister, async ({ principal, query, request }) => {
      const { page, pageSize, ...filter } = query
      const { items, total } = await register.list(principal, await filterOf(filter), { page, pageSize }, request)
      return { items: items.map(presentEntry), total }
    }),
    route(api.exportRegister, async ({ principal, query, request }) => {
      const { items } = await register.list(principal, await filterOf(query), { page: 1, pageSize: mostRows }, request, 'register.export')
      const rows = items.map((entry) => lineOf(entry).map(guardFormula))
      return {
        bytes: Buffer.from(`\ufeff${stringify([head, ...rows], { record_delimiter: 'windows' })}`),
        contentType: 'text/csv; charset=utf-8',
        headers: { 'Content-Disposition': 'attachment; filename="register.csv"', 'X-Content-Type-Options': 'nosniff' },
      }
    }),
  ]
}

function lineOf(entry: RegisterEntry): string[] {
  const { user, secondOfficer: second, cameras } = entry
  return [
    beijingText(entry.atMs), user.unitName, user.displayName, user.policeNumber, purposeWords[entry.purpose], actWords[entry.act], entry.caseNumber ?? '', entry.incidentNumber ?? '', entry.note,
    cameras.map(({ name }) => name).join('；'), cameras.map(({ gbCode }) => gbCode).join('；'), beijingText(entry.fromMs), beijingText(entry.toMs), second?.displayName ?? '', second?.policeNumber ?? '', entry.id,
  ]
}

function presentEntry({ atMs, fromMs, toMs, goodUntilMs, userId, unitId: _unitId, user, ...rest }: RegisterEntry): RegisterEntryView {
  return { ...rest, at: toInstant(atMs), from: toInstant(fromMs), to: toInstant(toMs), goodUntil: toInstant(goodUntilMs), user: { id: userId, ...user } }
}
