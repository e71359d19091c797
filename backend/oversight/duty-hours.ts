// Owns the usual hours of a person's roles: whether a moment lies in them. Pure.
import { beijingMinuteOfDay } from '#base/beijing-time.ts'
import type { Role } from '#contract/permissions.ts'

/** `HH:mm-HH:mm` by role; the second may be earlier than the first: over midnight. */
export type DutyHours = Readonly<Partial<Record<Role, string | undefined>>>

/** The hours of all roles together; null when one of them keeps watch round the clock. */
export function hoursOf(roles: readonly Role[], duty: DutyHours): string[] | null {
  const hours = roles.map((role) => duty[role])
  const listed = hours.filter((one) => one !== undefined)
  return listed.length < hours.length || listed.length === 0 ? null : [...new Set(listed)]
}

/** Whether the moment lies in one of the parts of the day. */
export function isWithin(hours: readonly string[], atMs: number): boolean {
  const minute = beijingMinuteOfDay(atMs)
  return hours.some((part) => {
    const [from = 0, to = 0] = part.split('-').map(minuteOf)
    return from <= to ? from <= minute && minute < to : minute >= from || minute < to
  })
}

function minuteOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number)
  return hour * 60 + minute
}
