// Owns how instants and durations read: 北京时间 (UTC+8, no summer time), `YYYY-MM-DD HH:mm:ss`, whatever this computer's zone is.
const BEIJING_MS = 8 * 3_600_000

/** `2026-11-23 20:00:00` of an instant (ISO text or ms since the epoch); `''` when it is none. */
export function beijingTime(instant: string | number): string {
  const ms = typeof instant === 'number' ? instant : Date.parse(instant)
  return Number.isFinite(ms) ? new Date(ms + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ') : ''
}

/** `20:00:00` of an instant. */
export function beijingClock(instant: string | number): string {
  return beijingTime(instant).slice(11)
}

/** As short as it stays true: `20:00:00` of today, `11-23 20:00:00` of this year, with the year of another. */
export function beijingSince(instant: string | number, nowMs: number): string {
  const [text, now] = [beijingTime(instant), beijingTime(nowMs)]
  return text.slice(0, 10) === now.slice(0, 10) ? text.slice(11) : text.slice(0, 4) === now.slice(0, 4) ? text.slice(5) : text
}

/** Start of the Beijing day of an instant, ms since the epoch. */
export function beijingDayStart(ms: number): number {
  return Math.floor((ms + BEIJING_MS) / 86_400_000) * 86_400_000 - BEIJING_MS
}

export interface DurationParts {
  days: number
  hours: number
  minutes: number
  seconds: number
}

/** Whole days, hours, minutes and seconds of a duration; a negative one counts as 0. */
export function durationParts(durationMs: number): DurationParts {
  const all = Math.max(0, Math.floor(durationMs / 1000))
  return { days: Math.floor(all / 86_400), hours: Math.floor(all / 3600) % 24, minutes: Math.floor(all / 60) % 60, seconds: all % 60 }
}

/** `98.38%`; `–` for null (nothing to divide by). */
export function percent(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? '–' : `${(ratio * 100).toFixed(2)}%`
}
