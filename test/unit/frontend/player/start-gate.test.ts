// Proves that starts are admitted in order, a few at a time, and that giving up frees nothing twice.
import assert from 'node:assert/strict'
import { StartGate } from '../../../../frontend/src/player/start-gate.ts'

const never = () => new AbortController().signal
/** Whether a promise has settled by now, after every microtask ran. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('the start gate', () => {
  it('admits as many as there are places and the next when one leaves', async () => {
    const gate = new StartGate(2)
    const first = await gate.enter(never())
    await gate.enter(never())
    const third = gate.enter(never())
    assert.equal(await settled(third), false)
    first?.()
    assert.equal(await settled(third), true)
  })
  it('takes a place back once only, however often it is given', async () => {
    const gate = new StartGate(1)
    const leave = await gate.enter(never())
    leave?.()
    leave?.()
    await gate.enter(never())
    assert.equal(await settled(gate.enter(never())), false)
  })
  it('gives nothing to one that gave up while waiting, and its turn to the next', async () => {
    const gate = new StartGate(1)
    const leave = await gate.enter(never())
    const leaver = new AbortController()
    const gaveUp = gate.enter(leaver.signal)
    const next = gate.enter(never())
    leaver.abort()
    assert.equal(await gaveUp, undefined)
    leave?.()
    assert.equal(typeof (await next), 'function')
  })
  it('gives the turn on when its owner gave up in the moment that it came', async () => {
    const gate = new StartGate(1)
    const leave = await gate.enter(never())
    const leaver = new AbortController()
    const gaveUp = gate.enter(leaver.signal)
    const next = gate.enter(never())
    leave?.()
    leaver.abort()
    assert.equal(await gaveUp, undefined)
    assert.equal(typeof (await next), 'function')
  })
  it('refuses one that gave up before it came', async () => {
    assert.equal(await new StartGate(1).enter(AbortSignal.abort()), undefined)
  })
})
