// Owns the report as CSV for people: what was found and what was said about it, disarmed against formulas.
import { stringify } from 'csv-stringify/sync'
import { beijingText } from '#base/beijing-time.ts'
import { guardFormula } from '#base/formula-guard.ts'
import type { IrregularityId } from '#contract/ids.ts'
import type { Conclusion, IrregularityState, IrregularityStep, OversightRule } from '#contract/oversight.ts'
import type { Irregularity, TakenStep } from './irregularity.ts'

const head = ['疑点类型', '状态', '单位', '姓名', '警号', '摄像机', '起', '止', '数量', '阈值', '审计记录数', '发现时间', '处理经过', '编号']
const ruleWords: Record<OversightRule, string> = {
  'without-case': '跨辖区无案件查看',
  'unusual-hours': '非常规时段查看',
  'one-camera': '反复查看同一摄像机',
  'many-cameras': '短时间查看大量摄像机',
  'many-pictures': '短时间大量抓图取证',
  'bulk-export': '批量导出',
  'own-name': '检索本人信息',
}
const stateWords: Record<IrregularityState, string> = { open: '待处理', asked: '待本人说明', explained: '已说明待处理', answered: '已答复', closed: '已复核' }
const stepWords: Record<IrregularityStep, string> = { ask: '要求说明', explain: '本人说明', answer: '答复', close: '复核' }
const conclusionWords: Record<Conclusion, string> = { duty: '履职需要', reminded: '已提醒教育', referred: '移送核查' }

export function irregularityCsv(items: readonly Irregularity[], steps: ReadonlyMap<IrregularityId, readonly TakenStep[]>): Uint8Array {
  const rows = items.map((one) =>
    [
      ruleWords[one.rule], stateWords[one.state], one.person.unitName, one.person.displayName, one.person.policeNumber, one.camera?.name ?? '', beijingText(one.fromMs), beijingText(one.toMs),
      String(one.measure.figure), String(one.measure.limit), String(one.rows), beijingText(one.raisedAtMs), (steps.get(one.id) ?? []).map(said).join('；'), one.id,
    ].map(guardFormula),
  )
  return Buffer.from(`\ufeff${stringify([head, ...rows], { record_delimiter: 'windows' })}`)
}

const said = ({ step, atMs, officer, conclusion, text }: TakenStep): string =>
  `${beijingText(atMs)} ${officer.displayName} ${stepWords[step]}${conclusion === null ? '' : `（${conclusionWords[conclusion]}）`}${text === '' ? '' : `：${text}`}`
