// Proves when a refused stream is asked for again.
import assert from 'node:assert/strict'
import { isBarred, retryPauseMs } from '../../../../frontend/src/player/retry-pause.ts'

const pauses = (refusal: { status: number; retryAfterSeconds?: number }, random: number) => [1, 2, 3, 4, 5].map((refusals) => retryPauseMs({ retryAfterSeconds: undefined, ...refusal }, refusals, () => random))

describe('the pause after a refusal', () => {
  it('is what the server asks for, never shorter, and not the same for all', () => {
    assert.deepEqual([0, 0.5].map((random) => retryPauseMs({ status: 503, retryAfterSeconds: 5 }, 1, () => random)), [5_000, 5_500])
    assert.equal(retryPauseMs({ status: 429, retryAfterSeconds: 90 }, 1, () => 0), 90_000)
  })
  it('does not let a server send a tile away for hours', () => {
    assert.equal(retryPauseMs({ status: 503, retryAfterSeconds: 86_400 }, 1, () => 0), 600_000)
  })
  it('grows without such a word, up to a quarter of a minute', () => {
    assert.deepEqual(pauses({ status: 503 }, 0.5), [5_000, 7_500, 11_250, 15_000, 15_000])
    assert.equal(pauses({ status: 0 }, 0)[0], 4_500)
  })
  it('is long for who has no right, but there is an end to it', () => {
    assert.deepEqual([401, 403, 404].map((status) => pauses({ status }, 0.5)[0]), [30_000, 30_000, 30_000])
  })
})

describe('a refusal', () => {
  it('bars whoever has no right, and nobody who may come back later', () => {
    assert.deepEqual([401, 403, 404, 0, 409, 429, 500, 503].map((status) => isBarred({ status })), [true, true, true, false, false, false, false, false])
  })
})
