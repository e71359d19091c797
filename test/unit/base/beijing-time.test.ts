// Proof of where a day of 北京时间 begins.
import assert from 'node:assert/strict'
import { beijingDayStartMs } from '#base/beijing-time.ts'

describe('the day by 北京时间', () => {
  it('begins at 16:00 UTC of the day before', () => {
    const startMs = Date.UTC(2026, 10, 22, 16)
    for (const atMs of [startMs, startMs + 1, startMs + 24 * 3_600_000 - 1]) assert.equal(beijingDayStartMs(atMs), startMs)
    assert.equal(beijingDayStartMs(startMs - 1), startMs - 24 * 3_600_000)
  })
})
