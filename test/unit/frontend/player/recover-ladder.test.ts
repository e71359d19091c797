// Proves the order and the pauses of recovery.
import assert from 'node:assert/strict'
import { RecoverLadder } from '../../../../frontend/src/player/recover-ladder.ts'

/** Every step over `seconds` of silence, as [second, step], asked twice a second as the console does. */
function stepsOver(ladder: RecoverLadder, seconds: number, hadPicture: boolean): [number, string][] {
  const steps: [number, string][] = []
  for (let ms = 0; ms <= seconds * 1000; ms += 500) {
    const step = ladder.due(ms, hadPicture)
    if (step !== undefined) steps.push([ms / 1000, step])
  }
  return steps
}

describe('the recover ladder', () => {
  it('seeks, rebuilds, reopens, leaves a still, then reopens with growing pauses', () => {
    const steps = stepsOver(new RecoverLadder(() => 0.5), 100, true)
    assert.deepEqual(steps.slice(0, 4), [[1.5, 'seek-edge'], [4, 'rebuild'], [10, 'reopen'], [20, 'still']])
    assert.deepEqual(steps.slice(4), [[25, 'reopen'], [35, 'reopen'], [65, 'reopen'], [95, 'reopen']])
  })
  it('waits three usual intervals of a slow camera before it calls it stalled', () => {
    const ladder = new RecoverLadder(() => 0.5)
    assert.deepEqual([1_500, 2_999, 3_000].map((ms) => ladder.due(ms, true, 1_000)), [undefined, undefined, 'seek-edge'])
  })
  it('never pauses as long as the server keeps an unwatched pull, even with the largest jitter', () => {
    const times = stepsOver(new RecoverLadder(() => 0.999), 600, true).map(([second]) => second)
    const pauses = times.slice(1).map((second, i) => second - (times[i] ?? 0))
    assert.ok(Math.max(...pauses) < 60, `longest pause ${Math.max(...pauses)} s`)
  })
  it('starts from below after a frame', () => {
    const ladder = new RecoverLadder(() => 0.5)
    stepsOver(ladder, 30, true)
    ladder.frame()
    assert.deepEqual(stepsOver(ladder, 4, true), [[1.5, 'seek-edge'], [4, 'rebuild']])
  })
  it('gives a first picture the time of a long GOP before it reopens', () => {
    assert.deepEqual(stepsOver(new RecoverLadder(() => 0.5), 20, false), [[12, 'reopen']])
  })
})
