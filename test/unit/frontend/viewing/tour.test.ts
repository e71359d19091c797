// Proves the course of a tour: dwell, getting ready, waiting for pictures, pausing, and what is left out.
import assert from 'node:assert/strict'
import { cameraIdSchema } from '#contract/ids.ts'
import { withCameras, without, withNew } from '../../../../frontend/src/features/viewing/tour-draft.ts'
import { pageBefore, TourClock, tourPage } from '../../../../frontend/src/features/viewing/tour.ts'

const times = { dwellMs: 10_000, warmMs: 4_000, graceMs: 6_000, restMs: 10_000 }
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
    assert.equal(clock.next(12_000, { ...ready, paused: true }), 'warm')
  })
  it('gives the next page back when somebody looks closely for long, and changes when it has its pictures again', () => {
    const clock = new TourClock(times, 0)
    clock.next(7_000, ready)
    const looked = { paused: true, nextReady: true }
    assert.deepEqual([17_000, 17_500, 60_000].map((ms) => clock.next(ms, looked)), ['warm', 'stay', 'stay'])
    assert.deepEqual([clock.next(60_500, notReady), clock.next(64_500, notReady), clock.next(65_000, ready)], ['warm', 'warm', 'change'])
  })
  it('does not count the time when nobody could see the page', () => {
    const clock = new TourClock(times, 0)
    clock.next(5_000, ready)
    clock.unseen(65_000)
    assert.deepEqual([65_500, 69_999, 70_000].map((ms) => clock.next(ms, ready)), ['stay', 'warm', 'change'])
  })
  it('changes by hand as soon as the next pictures are there, also under the pointer, and then pauses again', () => {
    const clock = new TourClock(times, 0)
    clock.next(1_000, { ...ready, paused: true })
    clock.hurry()
    assert.equal(clock.next(1_500, { paused: true, nextReady: false }), 'warm', 'no black between')
    assert.equal(clock.next(2_000, { paused: true, nextReady: true }), 'change')
    assert.equal(clock.next(30_000, { paused: true, nextReady: true }), 'stay')
  })
  it('says how long its page stays', () => {
    const clock = new TourClock(times, 0)
    clock.next(4_000, ready)
    assert.equal(clock.leftMs, 6_000)
    clock.next(12_000, notReady)
    assert.equal(clock.leftMs, 0)
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
  it('is found again backwards, over cameras without a picture', () => {
    assert.equal(pageBefore(ids, 2, 2, () => true), 0)
    assert.equal(pageBefore(ids, 0, 2, () => true), 3)
    assert.equal(pageBefore(ids, 3, 2, (id) => !id.startsWith('b')), 0)
    assert.equal(pageBefore([], 0, 4, () => true), 0)
  })
})

describe('the list of a tour', () => {
  const [a, b, c, d] = ids.slice(0, 4).map((id) => [id] as const)
  const text = (list: readonly string[]) => list.map((id) => id[0]).join('')
  it('takes cameras once, keeps those that are in where they are, and no more than a tour may have', () => {
    assert.equal(text(withNew(ids.slice(0, 2), [...(b ?? []), ...(c ?? []), ...(c ?? [])])), 'abc')
    const many = Array.from({ length: 300 }, (_, at) => cameraIdSchema.parse(String(at).padStart(26, '0')))
    assert.equal(withNew([], many).length, 200)
  })
  it('moves a camera before another, or to the end', () => {
    assert.equal(text(withCameras(ids.slice(0, 4), d ?? [], 1)), 'adbc')
    assert.equal(text(withCameras(ids.slice(0, 4), a ?? [], 3)), 'bcad')
    assert.equal(text(withCameras(ids.slice(0, 4), a ?? [])), 'bcda')
  })
  it('gives a camera up', () => assert.equal(text(without(ids.slice(0, 3), ids[1] ?? cameraIdSchema.parse('x'.repeat(26)))), 'ac'))
})
