// Owns proof of the pauses between tries, with the random part at both ends.
import assert from 'node:assert/strict'
import { Backoff } from '#base/backoff.ts'

describe('the pause between tries', () => {
  const pauses = (random: number, tries: number) => {
    const backoff = new Backoff({ firstMs: 1_000, capMs: 30_000, random: () => random })
    return Array.from({ length: tries }, () => backoff.nextMs())
  }

  it('doubles up to the cap', () => {
    assert.deepEqual(pauses(1, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('is never under half of that, so that nobody hammers a camera', () => {
    assert.deepEqual(pauses(0, 7), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  })

  it('starts over after a success', () => {
    const backoff = new Backoff({ firstMs: 1_000, capMs: 30_000, random: () => 1 })
    backoff.nextMs()
    backoff.nextMs()
    assert.equal(backoff.failures, 2)
    backoff.succeeded()
    assert.equal(backoff.nextMs(), 1_000)
  })

  it('stays at the cap after very many failures', () => {
    assert.equal(pauses(1, 2_000).at(-1), 30_000)
  })
})
