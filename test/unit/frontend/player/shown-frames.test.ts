// Proves which frames are news: later than all that was seen, whatever the server's clock does, and never what is seen again.
import assert from 'node:assert/strict'
import { ShownFrames } from '../../../../frontend/src/player/shown-frames.ts'

const AT = Date.parse('2026-11-23T12:00:00.000Z')
/** Frames as [place on the timeline, its moment after AT or null], shown at local ms with their age by the server's clock. */
function asker(seen = new ShownFrames()) {
  return {
    seen,
    isNew: (place: number, momentMs: number | null, nowMs: number, delayMs: number | null = momentMs === null ? null : Math.max(0, nowMs - momentMs)) =>
      seen.isNew({ mediaTimeSeconds: place, pictureMs: momentMs === null ? null : AT + momentMs }, nowMs, delayMs),
  }
}

describe('a frame on screen', () => {
  it('is new as long as each lies later than the one before', () => {
    const { isNew } = asker()
    assert.deepEqual([isNew(10, 0, 500), isNew(10.04, 40, 540), isNew(10.08, 80, 580)], [true, true, true])
  })
  it('is not new when the player jumped back, or reports the same frame twice, however recent it is', () => {
    const { isNew } = asker()
    isNew(10, 0, 500)
    isNew(11, 1_000, 1_500)
    assert.deepEqual([isNew(10.75, 750, 3_000), isNew(10.9, 900, 3_150), isNew(11, 1_000, 3_250), isNew(11.004, 1_004, 3_250)], [false, false, false, false])
    assert.equal(isNew(11.04, 1_040, 3_300), true, 'the next one')
  })
  it('is not new in a rebuilt player until that comes to what was not seen', () => {
    const { seen, isNew } = asker()
    isNew(10, 0, 500)
    isNew(11, 1_000, 1_500)
    seen.playerBegins()
    assert.deepEqual([isNew(0, 0, 5_500), isNew(0.5, 500, 6_000), isNew(1, 1_000, 6_500), isNew(1.28, 1_280, 6_780)], [false, false, false, true])
  })
  it('is not new when a rebuilt player shows the last one, which it dates a little later, or one that was left out at the end', () => {
    const { seen, isNew } = asker()
    isNew(10, 0, 500)
    seen.playerBegins()
    assert.deepEqual([isNew(0, 0.04, 5_000), isNew(0.067, 67, 5_067)], [false, false])
    assert.equal(isNew(0.268, 268, 5_268), true, 'the line flows again')
  })
  it('is not new in a stream that takes the place of another until it is later than what was seen there', () => {
    const { seen, isNew } = asker()
    isNew(10, 1_000, 1_500)
    const next = asker(seen.successor())
    assert.deepEqual([next.isNew(0, 400, 2_000), next.isNew(0.4, 800, 2_400), next.isNew(0.9, 1_300, 2_900)], [false, false, true])
    assert.equal(isNew(10.04, 1_040, 2_940), true, 'the first stream has its own measure')
  })
  it('is new in a player that goes on, though its date steps back: the clock was corrected, or a new epoch is dated anew', () => {
    const { isNew } = asker()
    isNew(10, 60_000, 60_500)
    assert.deepEqual([isNew(10.04, 30_000, 60_540, 500), isNew(10.08, 30_040, 60_580, 500)], [true, true])
    assert.equal(isNew(10.04, 30_000, 62_000, 500), false, 'and is seen again all the same when it is')
  })
  it('is new in another player when it was taken after the newest one had been shown, by a clock that was set back', () => {
    const { seen, isNew } = asker()
    isNew(10, 60_000, 60_500)
    seen.playerBegins()
    // Set back by 20 s: taken now, and dated before what was seen.
    assert.equal(isNew(0, 42_500, 63_000, 500), true)
    assert.equal(isNew(0.04, 42_540, 63_040, 500), true)
  })
  it('is new in another player when nobody can have kept it, though the console has not heard of the other clock', () => {
    const { seen, isNew } = asker()
    isNew(10, 7_200_000, 7_200_500)
    seen.playerBegins()
    assert.equal(isNew(0, 3_600_000, 7_203_000), true)
  })
  it('is new after a small step back as soon as the dates pass what was seen, at the latest', () => {
    const { seen, isNew } = asker()
    isNew(10, 10_000, 10_500)
    seen.playerBegins()
    assert.equal(isNew(0, 9_000, 11_500), false)
    assert.equal(isNew(1.3, 10_300, 12_800), true)
  })
  it('is told by its place alone when nothing dates it, and of a new player it is believed', () => {
    const { seen, isNew } = asker()
    assert.deepEqual([isNew(10, null, 0), isNew(10.04, null, 40), isNew(9.8, null, 1_500), isNew(10.04, null, 1_740)], [true, true, false, false])
    seen.playerBegins()
    assert.equal(isNew(0, null, 4_500), true)
  })
})
