// Owns the proof that a loop filled to a constant rate has that rate in every group of pictures, and still is the same loop.
import assert from 'node:assert/strict'
import { atConstantRate } from '../../fleet/loops/filler.ts'
import type { Loop } from '../../fleet/loops/loop-file.ts'

const unit = (type: number, length: number) => Buffer.concat([Buffer.from([type]), Buffer.alloc(length - 1, 7)])
const bytesIn = (units: readonly Buffer[]) => units.reduce((sum, { length }) => sum + length, 0)
/** A key frame and nine others, so much larger each time. */
const loop: Loop = {
  codec: 'h264', width: 640, height: 360, framesPerSecond: 10, parameterSets: [unit(0x67, 12), unit(0x68, 4)],
  frames: [1, 2, 40].flatMap((times) => Array.from({ length: 10 }, (_, at) => ({ key: at === 0, units: [unit(at === 0 ? 0x65 : 0x41, (at === 0 ? 3_000 : 500) * times)] }))),
}

describe('a loop of constant rate', () => {
  const { frames } = atConstantRate(loop, 1_000_000)
  const group = (number: number) => frames.slice(10 * number, 10 * number + 10)

  it('has that rate in every group of pictures, parameter sets counted, and leaves a larger one alone', () => {
    for (const number of [0, 1]) assert.equal(16 + bytesIn(group(number).flatMap(({ units }) => units)), 125_000)
    assert.deepEqual(group(2), loop.frames.slice(20))
  })

  it('has its own frames, with at most one filler data unit behind each', () => {
    for (const [at, { key, units }] of frames.entries()) {
      const [own, filler, ...more] = units
      assert.deepEqual({ key, units: [own] }, loop.frames[at])
      assert.deepEqual(more, [])
      if (filler) assert.deepEqual([(filler[0] ?? 0) & 31, filler.subarray(1, -1).every((byte) => byte === 0xff), filler.at(-1)], [12, true, 0x80])
    }
  })

  it('fills every frame of a group alike', () => {
    const sizes = group(0).map(({ units }) => units[1]?.length ?? 0)
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, String(sizes))
  })
})
