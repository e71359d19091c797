// Owns the windows over which uptime is looked at: 24 hours, 7 days, 30 days, ending now; and how much of one was watched.
import type { Uptime } from '#contract/health.ts'

export const timeWindows = ['day', 'week', 'month'] as const
export type TimeWindow = (typeof timeWindows)[number]

const lengthMs: Record<TimeWindow, number> = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 }

/** The window's ends as ISO instants. `nowMs` is by the server's clock. */
export function windowEnds(window: TimeWindow, nowMs: number): { from: string; to: string } {
  return { from: new Date(nowMs - lengthMs[window]).toISOString(), to: new Date(nowMs).toISOString() }
}

/** A pause of less than a hundredth of the window is not worth a word. */
const NEARLY_ALL = 0.99

/** Of a window that was not watched from its beginning: how long it was, per camera. Undefined when (nearly) all of it was. */
export function partlyRecordedMs(uptime: Uptime, cameras: number): number | undefined {
  const watchedMs = uptime.onlineMs + uptime.offlineMs + uptime.abnormalMs + uptime.unauthorizedMs + uptime.suspendedMs + uptime.unknownMs
  const windowMs = Date.parse(uptime.to) - Date.parse(uptime.from)
  const eachMs = cameras > 0 ? watchedMs / cameras : 0
  return cameras === 0 || eachMs >= windowMs * NEARLY_ALL ? undefined : eachMs
}
