// Owns proof that work slows down when our own loop is late and comes back when it is not.
import assert from 'node:assert/strict'
import { LoopPace } from '#base/loop-pace.ts'
import { FakeClock } from './fake-clock.ts'

describe('the pace of work beside the event loop', () => {
  it('keeps its full width and plain deadlines while the loop keeps its time', () => {
    const clock = new FakeClock()
    const pace = new LoopPace({ clock, most: 64 })
    clock.advance(5_000)
    assert.deepEqual([pace.atOnce, pace.deadlineMs(1_000), pace.lateTicks], [64, 1_000, 0])
    pace.close()
    assert.equal(clock.pending, 0)
  })

  it('halves its width and stretches deadlines at each late tick, within bounds, and recovers', () => {
    const clock = new FakeClock()
    const pace = new LoopPace({ clock, most: 64 })
    clock.stall(400)
    assert.deepEqual([pace.atOnce, pace.deadlineMs(1_000), pace.lateTicks], [32, 1_500, 1])
    for (let late = 0; late < 10; late++) clock.stall(400)
    assert.deepEqual([pace.atOnce, pace.deadlineMs(1_000)], [8, 4_000])
    clock.advance(10_000)
    assert.deepEqual([pace.atOnce, pace.deadlineMs(1_000)], [64, 1_000])
    pace.close()
  })
})
