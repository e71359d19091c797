// Owns proof of sleeping on an injected clock.
import assert from 'node:assert/strict'
import { sleep } from '#base/clock.ts'
import { FakeClock } from './fake-clock.ts'

describe('sleeping on a clock', () => {
  it('ends when the time has come and not before', async () => {
    const clock = new FakeClock()
    let awake = false
    const sleeping = sleep(clock, 100).then(() => (awake = true))
    clock.advance(99)
    await Promise.resolve()
    assert.equal(awake, false)
    clock.advance(1)
    await sleeping
    assert.equal(awake, true)
  })

  it('ends at once when aborted, and leaves no timer behind', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const sleeping = sleep(clock, 100, controller.signal)
    assert.equal(clock.pending, 1)
    controller.abort()
    await sleeping
    assert.equal(clock.pending, 0)
  })

  it('does not begin when it was aborted before', async () => {
    const clock = new FakeClock()
    await sleep(clock, 100, AbortSignal.abort())
    assert.equal(clock.pending, 0)
  })
})
