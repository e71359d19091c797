// Owns proof of sums over periods: the ratio leaves out what does not count, hours are exact.
import assert from 'node:assert/strict'
import { addSums, firstHourMs, hourlySums, noTime, presentUptime, ratioOf } from '../../../backend/health/status-period.ts'

const HOUR = 3_600_000

describe('uptime', () => {
  it('leaves suspended and unknown time out of the ratio', () => {
    assert.equal(ratioOf({ ...noTime(), online: 3, offline: 1, suspended: 100, unknown: 100 }), 0.75)
  })

  it('has no ratio when no time counts', () => {
    assert.equal(ratioOf({ ...noTime(), suspended: 5, unknown: 5 }), null)
    assert.equal(presentUptime(noTime(), { fromMs: 0, toMs: 1 }).ratio, null)
  })

  it('adds up every status', () => {
    const one = { online: 1, abnormal: 2, unauthorized: 3, offline: 4, suspended: 5, unknown: 6 }
    assert.deepEqual(addSums([one, one]), { online: 2, abnormal: 4, unauthorized: 6, offline: 8, suspended: 10, unknown: 12 })
  })
})

describe('the trend', () => {
  const now = 100 * HOUR + 1_800_000

  it('has 24 hours, the oldest first, the present one up to now', () => {
    const hours = hourlySums([{ status: 'online', fromMs: 0, toMs: null }], now)
    assert.equal(hours.length, 24)
    assert.equal(hours[0]?.atMs, firstHourMs(now))
    assert.equal(hours[23]?.atMs, 100 * HOUR)
    assert.equal(hours[0]?.sums.online, HOUR)
    assert.equal(hours[23]?.sums.online, 1_800_000)
  })

  it('cuts a period at the borders of hours to the millisecond', () => {
    const hours = hourlySums([{ status: 'offline', fromMs: 90 * HOUR - 7, toMs: 91 * HOUR + 5 }], now)
    const offline = hours.filter((hour) => hour.sums.offline > 0).map((hour) => [hour.atMs / HOUR, hour.sums.offline])
    assert.deepEqual(offline, [[89, 7], [90, HOUR], [91, 5]])
  })

  it('does not count what ended before it or begins after now', () => {
    const hours = hourlySums([{ status: 'online', fromMs: 0, toMs: 10 }, { status: 'online', fromMs: now + 5, toMs: null }], now)
    assert.equal(hours.reduce((sum, hour) => sum + hour.sums.online, 0), 0)
  })
})
