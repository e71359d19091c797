// Owns the words for an irregularity: what stands out, by how much, and the colour of its state.
import { useI18n } from 'vue-i18n'
import type { IrregularityState, IrregularityView, Measure, OversightRule } from '#contract/oversight.ts'

const tags = { open: 'danger', asked: 'warning', explained: 'danger', answered: 'primary', closed: 'info' } as const

export function useIrregularityWords() {
  const { t } = useI18n()
  /** One sentence, e.g. 60 分钟内查看 14 路摄像机. */
  const saidOf = (rule: OversightRule, measure: Measure, camera: IrregularityView['camera']): string =>
    t(`oversight.says.${rule}`, { figure: measure.figure, hours: measure.hours ?? '', minutes: Math.round((measure.windowMs ?? 0) / 60_000), camera: camera?.name ?? '' })
  const tagOf = (state: IrregularityState) => tags[state]
  return { saidOf, tagOf }
}
