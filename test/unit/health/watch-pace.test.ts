// Owns proof that the watch does less while our own loop is late or somebody waits for a picture, and never nothing.
import assert from 'node:assert/strict'
import type { StreamReport } from '#streams'
import { WatchPace } from '../../../backend/health/watch-pace.ts'
import { FakeClock } from '../base/fake-clock.ts'

const report = (state: StreamReport['state'], cameraId = 'a'): Pick<StreamReport, 'cameraId' | 'stream' | 'state'> => ({ cameraId, stream: 'sub', state })

describe('the pace of the watch', () => {
  const most = { sweep: 32, patrol: 6 }

  it('is as configured while the loop keeps its time and nobody waits', () => {
    const clock = new FakeClock()
    const pace = new WatchPace({ clock, most })
    clock.advance(2_000)
    assert.deepEqual([pace.sweepAtOnce, pace.patrolAtOnce, pace.deadlineMs(3_000), pace.lateTicks], [32, 6, 3_000, 0])
    pace.close()
    assert.equal(clock.pending, 0)
  })

  it('halves its looks at pictures while a stream starts, until that runs or fails', () => {
    const pace = new WatchPace({ clock: new FakeClock(), most })
    pace.streamReported(report('starting'))
    pace.streamReported(report('starting', 'b'))
    pace.streamReported(report('running'))
    assert.equal(pace.patrolAtOnce, 3)
    pace.streamReported(report('backing-off', 'b'))
    assert.equal(pace.patrolAtOnce, 6)
    pace.close()
  })

  it('asks fewer cameras and looks at fewer pictures while the loop is late, at least one, and comes back', () => {
    const clock = new FakeClock()
    const pace = new WatchPace({ clock, most })
    for (let late = 0; late < 10; late++) clock.stall(400)
    assert.deepEqual([pace.sweepAtOnce, pace.patrolAtOnce], [8, 1])
    assert.equal(pace.lateTicks, 10)
    clock.advance(10_000)
    assert.deepEqual([pace.sweepAtOnce, pace.patrolAtOnce], [32, 6])
    pace.close()
  })
})
