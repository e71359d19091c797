// Proves the numbers of the wall's health strip.
import assert from 'node:assert/strict'
import { nextRelief, type ReliefTile } from '../../../../frontend/src/features/viewing/relief.ts'
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
  it('waits ten seconds more after something was done', () => {
    const watch = new DropWatch()
    watch.heavy(0, 0.2)
    assert.equal(watch.heavy(10_000, 0.2), true)
    watch.reset()
    assert.deepEqual([watch.heavy(10_500, 0.2), watch.heavy(20_499, 0.2), watch.heavy(20_500, 0.2)], [false, false, true])
  })
})

describe('what is given up when a machine cannot decode the wall', () => {
  const tile = (key: number, area: number, more: Partial<ReliefTile> = {}): ReliefTile => ({ key, area, stream: 'sub', selected: false, paused: false, ...more })

  it('is first the main streams of the largest tiles, never of the selected one', () => {
    const tiles = [tile(0, 900, { stream: 'main', selected: true }), tile(1, 400, { stream: 'main' }), tile(2, 400, { stream: 'main' }), tile(3, 100, { stream: 'main' }), tile(4, 900)]
    assert.deepEqual(nextRelief(tiles), { to: 'sub', keys: [1, 2] })
    assert.deepEqual(nextRelief(tiles.map((one) => (one.area === 400 ? { ...one, stream: 'sub' as const } : one))), { to: 'sub', keys: [3] })
  })
  it('is then whole tiles, a quarter of those that play at a time, the largest first', () => {
    const wall = Array.from({ length: 16 }, (_, key) => tile(key, key === 3 ? 900 : 100, { selected: key === 0 }))
    assert.deepEqual(nextRelief(wall), { to: 'paused', keys: [3, 1, 2, 4] })
    assert.deepEqual(nextRelief([tile(0, 1, { selected: true }), tile(1, 1)]), { to: 'paused', keys: [1] })
  })
  it('is nothing when only the selected tile plays', () => {
    assert.equal(nextRelief([tile(0, 1, { selected: true, stream: 'main' }), tile(1, 1, { paused: true })]), null)
    assert.equal(nextRelief([]), null)
  })
})
