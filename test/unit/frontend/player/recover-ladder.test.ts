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
  it('seeks, rebuilds, reopens, then reopens with growing pauses', () => {
    const steps = stepsOver(new RecoverLadder(() => 0.5), 90, true)
    assert.deepEqual(steps.slice(0, 5), [[2, 'seek-edge'], [4, 'rebuild'], [10, 'reopen'], [15, 'reopen'], [25, 'reopen']])
    assert.deepEqual(steps.slice(5), [[55, 'reopen'], [85, 'reopen']])
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
    assert.deepEqual(stepsOver(ladder, 4, true), [[2, 'seek-edge'], [4, 'rebuild']])
  })
  it('gives a first picture the time of a long GOP before it reopens', () => {
    assert.deepEqual(stepsOver(new RecoverLadder(() => 0.5), 20, false), [[12, 'reopen']])
  })
})
