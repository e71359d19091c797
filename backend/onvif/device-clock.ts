// Owns reading a device's clock out of GetSystemDateAndTimeResponse (ONVIF Core §8.3.5).
// Refuses: local time; without UTC the offset stays unknown.
import type { XmlElement } from './xml-element.ts'

/** UTC ms in the middle of the second that the device named; null when it names no valid UTC time. */
export function readDeviceClock(response: XmlElement): number | null {
  const utc = response.at('SystemDateAndTime', 'UTCDateTime')
  if (!utc) return null
  const [year, month, day, hour, minute, second] = [
    ['Date', 'Year'],
    ['Date', 'Month'],
    ['Date', 'Day'],
    ['Time', 'Hour'],
    ['Time', 'Minute'],
    ['Time', 'Second'],
  ].map((path) => (/^\d{1,4}$/.test(utc.textAt(...path)) ? Number(utc.textAt(...path)) : Number.NaN))
  if (year === undefined || month === undefined || day === undefined) return null
  if (hour === undefined || minute === undefined || second === undefined) return null
  // 60 and 61 are leap seconds; months and days out of range would roll over silently.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 61) return null
  const instantMs = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Number.isNaN(instantMs)) return null
  // The device cuts its time to whole seconds; the middle of that second is the best guess.
  return instantMs + 500
}
