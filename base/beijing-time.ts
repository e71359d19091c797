// Owns 北京时间 on the server: UTC+8 without summer time. A day of duty, of figures and of oversight is one of these days.
// Refuses: storing it. Inside, a time is a UTC instant in milliseconds.

const hourMs = 3_600_000
export const dayMs = 24 * hourMs
const offsetMs = 8 * hourMs

/** UTC ms of the last midnight by 北京时间. */
export function beijingDayStartMs(atMs: number): number {
  return Math.floor((atMs + offsetMs) / dayMs) * dayMs - offsetMs
}

/** Minutes since midnight by 北京时间, 0 to 1439. */
export function beijingMinuteOfDay(atMs: number): number {
  return Math.floor((atMs - beijingDayStartMs(atMs)) / 60_000)
}

/** `YYYY-MM-DD HH:mm:ss`, as people read and file it. */
export function beijingText(atMs: number): string {
  return new Date(atMs + offsetMs).toISOString().slice(0, 19).replace('T', ' ')
}
