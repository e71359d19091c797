// Owns what people type as 北京时间 into date pickers, to and from UTC instants, whatever this computer's zone is.
import { beijingTime } from './instants.ts'

/** What `el-date-picker` hands over with this as `value-format`. */
export const pickerFormat = 'YYYY-MM-DD HH:mm:ss'

/** `2026-11-23 20:00:00` in 北京时间 as an ISO instant; undefined when it is none. */
export function instantOfBeijing(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const ms = Date.parse(`${text.replace(' ', 'T')}+08:00`)
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}

/** An instant as the picker takes it; `''` for none. */
export function pickerText(instant: string | number | null | undefined): string {
  return instant === null || instant === undefined ? '' : beijingTime(instant)
}
