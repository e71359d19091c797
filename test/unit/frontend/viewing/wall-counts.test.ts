// Proves the numbers of the wall's health strip.
import assert from 'node:assert/strict'
import { countViews, DropWatch, loadBetween, sumOf } from '../../../../frontend/src/features/viewing/wall-counts.ts'

describe('the health of the wall', () => {
  it('counts live, behind, waiting and down, and leaves empty tiles out', () => {
    const live = (delayMs: number | null) => ({ kind: 'live', delayMs, warning: null, picture: 'kept' }) as const
    const counts = countViews([undefined, live(900), live(null), live(1_500), live(9_000), { kind: 'connecting', waitedMs: 1, picture: 'none' }, { kind: 'no-right', picture: 'none' }])
    assert.deepEqual(counts, { live: 2, behind: 2, waiting: 1, down: 1 })
  })
  it('gives megabits, frames and the share of dropped frames over a time', () => {
    const before = sumOf([{ bytes: 0, decoded: 10, dropped: 0 }, { bytes: 1_000, decoded: 10, dropped: 0 }])
    const after = sumOf([{ bytes: 250_000, decoded: 50, dropped: 2 }, { bytes: 1_000, decoded: 50, dropped: 2 }])
    assert.deepEqual(loadBetween(before, after, 2_000), { megabitsPerSecond: 1, framesPerSecond: 40, droppedShare: 0.05 })
  })
  it('never counts backwards when a tile has left', () => {
    assert.deepEqual(loadBetween({ bytes: 9, decoded: 9, dropped: 9 }, { bytes: 0, decoded: 0, dropped: 0 }, 1_000), { megabitsPerSecond: 0, framesPerSecond: 0, droppedShare: 0 })
  })
  it('advises lower quality only after ten seconds of many drops', () => {
    const watch = new DropWatch()
    assert.deepEqual([watch.heavy(0, 0.06), watch.heavy(9_999, 0.06), watch.heavy(10_000, 0.06), watch.heavy(10_500, 0.05), watch.heavy(11_000, 0.06)], [false, false, true, false, false])
  })
})
