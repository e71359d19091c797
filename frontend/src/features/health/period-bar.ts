// Owns where periods of a camera's state lie on a bar over a window, as percentages.
import type { Period } from '#contract/health.ts'
import { beijingDayStart } from '../../ui/instants.ts'

export interface Stretch {
  period: Period
  /** Percent of the bar from its left end. */
  left: number
  width: number
  fromMs: number
  toMs: number
}
export interface Tick {
  atMs: number
  left: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The parts of the periods inside the window, oldest first; what lies outside is cut off. Times in ms. */
export function stretchesOf(periods: readonly Period[], fromMs: number, toMs: number): Stretch[] {
  const span = toMs - fromMs
  return periods
    .map((period) => ({ period, fromMs: Math.max(fromMs, Date.parse(period.from)), toMs: Math.min(toMs, period.to === null ? toMs : Date.parse(period.to)) }))
    .filter((part) => part.toMs > part.fromMs)
    .map((part) => ({ ...part, left: ((part.fromMs - fromMs) / span) * 100, width: ((part.toMs - part.fromMs) / span) * 100 }))
    .toSorted((a, b) => a.fromMs - b.fromMs)
}

/** Marks under the bar at whole Beijing hours (every fourth) up to two days, beyond that at Beijing midnights, at most ten. */
export function ticksOf(fromMs: number, toMs: number): Tick[] {
  const days = Math.ceil((toMs - fromMs) / DAY_MS)
  const stepMs = days <= 2 ? 4 * HOUR_MS : DAY_MS * Math.ceil(days / 10)
  const ticks: Tick[] = []
  for (let atMs = beijingDayStart(fromMs); atMs < toMs; atMs += stepMs) {
    if (atMs > fromMs) ticks.push({ atMs, left: ((atMs - fromMs) / (toMs - fromMs)) * 100 })
  }
  return ticks
}
