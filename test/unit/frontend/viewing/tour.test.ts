// Proves the course of a tour: dwell, getting ready, waiting for pictures, pausing, and what is left out.
import assert from 'node:assert/strict'
import { cameraIdSchema } from '#contract/ids.ts'
import { TourClock, tourPage } from '../../../../frontend/src/features/viewing/tour.ts'

const times = { dwellMs: 10_000, warmMs: 4_000, graceMs: 6_000 }
const ready = { paused: false, nextReady: true }
const notReady = { paused: false, nextReady: false }
const ids = [...'abcde'].map((letter) => cameraIdSchema.parse(letter.repeat(26)))
const letters = (found: { cameraIds: string[]; next: number }) => [found.cameraIds.map((id) => id[0]).join(''), found.next]

describe('a tour', () => {
  it('shows a page for its time, gets the next one ready before, then changes and begins anew', () => {
    const clock = new TourClock(times, 0)
    assert.deepEqual([5_999, 6_000, 9_999, 10_000, 12_000].map((ms) => clock.next(ms, ready)), ['stay', 'warm', 'warm', 'change', 'stay'])
  })
  it('waits for the pictures of the next page, but not for ever', () => {
    const clock = new TourClock(times, 0)
    assert.deepEqual([10_000, 15_999, 16_000].map((ms) => clock.next(ms, notReady)), ['warm', 'warm', 'change'])
  })
  it('stands still while somebody looks closely', () => {
    const clock = new TourClock(times, 0)
    clock.next(5_000, ready)
    assert.equal(clock.next(60_000, { ...ready, paused: true }), 'stay')
    assert.deepEqual([64_999, 65_000].map((ms) => clock.next(ms, ready)), ['warm', 'change'])
  })
  it('never changes under the pointer, even when its time is over', () => {
    const clock = new TourClock(times, 0)
    clock.next(9_999, ready)
    assert.equal(clock.next(30_000, { ...ready, paused: true }), 'warm')
  })
})

describe('a page of a tour', () => {
  it('takes the next cameras, going round', () => {
    assert.deepEqual(letters(tourPage(ids, 0, 2, () => true)), ['ab', 2])
    assert.deepEqual(letters(tourPage(ids, 4, 2, () => true)), ['ea', 1])
  })
  it('leaves out cameras without a picture', () => {
    assert.deepEqual(letters(tourPage(ids, 0, 2, (id) => !id.startsWith('b'))), ['ac', 3])
  })
  it('is shorter when there are not enough, and never shows one twice', () => {
    assert.deepEqual(letters(tourPage(ids, 3, 9, () => true)), ['deabc', 3])
    assert.deepEqual(letters(tourPage([], 0, 4, () => true)), ['', 0])
    assert.deepEqual(letters(tourPage(ids, 0, 4, () => false)), ['', 0])
  })
})
