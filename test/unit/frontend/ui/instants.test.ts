// Proves that people read Beijing time, whatever the zone of this computer.
import assert from 'node:assert/strict'
import { beijingClock, beijingDayStart, beijingSince, beijingTime, durationParts, percent } from '../../../../frontend/src/ui/instants.ts'

describe('an instant', () => {
  it('reads as 北京时间', () => assert.equal(beijingTime('2026-11-23T16:00:05.900Z'), '2026-11-24 00:00:05'))
  it('has no summer time', () => assert.equal(beijingTime('2026-07-01T00:00:00.000Z'), '2026-07-01 08:00:00'))
  it('reads as a clock', () => assert.equal(beijingClock(Date.parse('2026-11-23T01:02:03.000Z')), '09:02:03'))
  it('reads with its date as soon as the clock alone would be taken for today’s', () => {
    const nowMs = Date.parse('2026-11-23T16:30:00.000Z') // half past midnight in Beijing
    const since = (instant: string) => beijingSince(Date.parse(instant), nowMs)
    assert.equal(since('2026-11-23T16:00:05.000Z'), '00:00:05')
    assert.equal(since('2026-11-23T15:59:59.000Z'), '11-23 23:59:59')
    assert.equal(since('2025-12-01T00:00:00.000Z'), '2025-12-01 08:00:00')
  })
  it('reads as nothing when it is none', () => assert.equal(beijingTime('soon'), ''))
  it('belongs to the Beijing day', () => assert.equal(beijingDayStart(Date.parse('2026-11-23T15:59:59.999Z')), Date.parse('2026-11-22T16:00:00.000Z')))
})

describe('a figure', () => {
  it('is a percentage with two decimals', () => assert.equal(percent(0.98378), '98.38%'))
  it('is a dash when there was nothing to divide by', () => assert.equal(percent(null), '–'))
  it('splits a duration, and takes a negative one as none', () => {
    assert.deepEqual(durationParts(93_784_000), { days: 1, hours: 2, minutes: 3, seconds: 4 })
    assert.deepEqual(durationParts(-5), { days: 0, hours: 0, minutes: 0, seconds: 0 })
  })
})
