// Owns the windows over which uptime is looked at: 24 hours, 7 days, 30 days, ending now.
export const timeWindows = ['day', 'week', 'month'] as const
export type TimeWindow = (typeof timeWindows)[number]

const lengthMs: Record<TimeWindow, number> = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 }

/** The window's ends as ISO instants. `nowMs` is by the server's clock. */
export function windowEnds(window: TimeWindow, nowMs: number): { from: string; to: string } {
  return { from: new Date(nowMs - lengthMs[window]).toISOString(), to: new Date(nowMs).toISOString() }
}
