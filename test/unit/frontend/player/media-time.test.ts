// Proves reading decode times and timescales out of CMAF messages.
import assert from 'node:assert/strict'
import { decodeSecondsOf, timescaleOf } from '../../../../frontend/src/player/push/media-time.ts'

/** A box: size, type, contents. */
function box(type: string, ...contents: number[][]): number[] {
  const inside = contents.flat()
  const size = 8 + inside.length
  return [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255, ...[...type].map((letter) => letter.charCodeAt(0)), ...inside]
}
const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const buffer = (bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer
const moof = (...tfdt: number[][]) => [...box('moof', box('mfhd', word(0), word(1)), box('traf', box('tfhd', word(0), word(1)), box('tfdt', ...tfdt))), ...box('mdat', [1, 2, 3])]

describe('the time of a media message', () => {
  it('is its decode time of 64 bits over the timescale', () => {
    assert.equal(decodeSecondsOf(buffer(moof(word(0x01000000), word(1), word(0))), 90_000), 2 ** 32 / 90_000)
  })
  it('is its decode time of 32 bits in the older form', () => {
    assert.equal(decodeSecondsOf(buffer(moof(word(0), word(180_000))), 90_000), 2)
  })
  it('is unknown of anything else', () => {
    assert.equal(decodeSecondsOf(buffer(box('mdat', [1, 2, 3])), 90_000), null)
    assert.equal(decodeSecondsOf(buffer([0, 0, 0, 99, 109, 111, 111, 102]), 90_000), null)
    assert.equal(decodeSecondsOf(new ArrayBuffer(0), 90_000), null)
  })
  it('is counted in the units of the init', () => {
    const init = (...mdhd: number[][]) => buffer([...box('ftyp', word(0)), ...box('moov', box('mvhd', word(0)), box('trak', box('mdia', box('mdhd', ...mdhd))))])
    assert.equal(timescaleOf(init(word(0), word(0), word(0), word(90_000), word(0))), 90_000)
    assert.equal(timescaleOf(init(word(0x01000000), word(0), word(0), word(0), word(0), word(12_800))), 12_800)
    assert.equal(timescaleOf(buffer(box('ftyp', word(0)))), null)
  })
})
