// Proves that the offset to the server's clock comes from the quickest exchange.
import assert from 'node:assert/strict'
import { ServerClock } from '../../../../frontend/src/api/server-clock.ts'

const at = (ms: number): string => new Date(ms).toISOString()

describe("the server's clock", () => {
  it('is our own until something was measured', () => assert.equal(new ServerClock(() => 5_000).now(), 5_000))
  it('takes half of the round trip into account', () => {
    const clock = new ServerClock(() => 10_000)
    clock.sample(1_000, 1_200, at(61_100))
    assert.equal(clock.offsetMs, 60_000)
    assert.equal(clock.now(), 70_000)
  })
  it('prefers the exchange with the shortest round trip over a later slow one', () => {
    const clock = new ServerClock(() => 0)
    clock.sample(1_000, 1_010, at(6_005))
    clock.sample(2_000, 6_000, at(7_100))
    assert.equal(clock.offsetMs, 5_000)
  })
  it('forgets an old quick exchange after eight newer ones, since clocks drift', () => {
    const clock = new ServerClock(() => 0)
    clock.sample(0, 1, at(9_000))
    for (let i = 0; i < 8; i++) clock.sample(0, 100, at(1_050))
    assert.equal(clock.offsetMs, 1_000)
  })
  it('ignores nonsense', () => {
    const clock = new ServerClock(() => 0)
    clock.sample(10, 5, at(100))
    clock.sample(0, 10, 'not a time')
    assert.equal(clock.offsetMs, 0)
  })
})
