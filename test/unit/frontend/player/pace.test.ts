// Proves how the pace of a live picture follows its reserve.
import assert from 'node:assert/strict'
import { PaceKeeper } from '../../../../frontend/src/player/pace.ts'

const keeper = () => new PaceKeeper({ targetSeconds: 0.25, minRate: 0.95, maxRate: 1.25, jumpBeyondSeconds: 1.2, windowMs: 500 })

describe('the pace of a live picture', () => {
  it('is that of the world while the reserve is right', () => {
    assert.deepEqual([0.2, 0.25, 0.3].map((ahead) => keeper().next(0, ahead)), [1, 1, 1].map((rate) => ({ kind: 'rate', rate })))
  })
  it('is faster when late, in proportion, up to the limit', () => {
    assert.deepEqual([0.5, 0.75, 1.4].map((ahead) => keeper().next(0, ahead)), [1.1, 1.2, 1.25].map((rate) => ({ kind: 'rate', rate })))
  })
  it('is slower, but hardly, when the reserve runs out', () => {
    assert.deepEqual(keeper().next(0, 0), { kind: 'rate', rate: 0.95 })
  })
  it('counts the largest reserve of the last moments, since media comes in pieces', () => {
    const pace = keeper()
    pace.next(0, 0.25)
    assert.deepEqual(pace.next(300, 0.02), { kind: 'rate', rate: 1 })
    assert.deepEqual(pace.next(600, 0.02), { kind: 'rate', rate: 0.95 })
  })
  it('jumps when far behind, and not again at once', () => {
    const pace = keeper()
    assert.deepEqual(pace.next(0, 2), { kind: 'jump', toAheadSeconds: 0.25 })
    assert.deepEqual(pace.next(100, 2), { kind: 'rate', rate: 1.25 })
    assert.deepEqual(pace.next(3_200, 2), { kind: 'jump', toAheadSeconds: 0.25 })
  })
  it('keeps more in reserve after a stall, and forgets it when all went well', () => {
    const pace = keeper()
    pace.stalled(0)
    assert.equal(pace.targetSeconds, 0.4)
    for (let ms = 0; ms <= 31_000; ms += 500) pace.next(ms, 0.4)
    assert.equal(pace.targetSeconds, 0.25)
  })
  it('never keeps more than a second of reserve more, however often it stalls', () => {
    const pace = keeper()
    for (let i = 0; i < 100; i++) pace.stalled(i)
    assert.ok(pace.targetSeconds <= 1.25)
  })
})
