// Owns the proof that a frame mark survives being drawn, scaled and blurred, and that anything else is not a mark.
import assert from 'node:assert/strict'
import { decodeFrameMark, encodeFrameMark, MARK } from '../../fleet/frame-mark.ts'

function picture(index: number, width: number, height: number): Uint8Array {
  const gray = new Uint8Array(width * height).fill(120)
  for (const { x, y, size, white } of encodeFrameMark(index, width, height)) {
    for (let row = Math.round(y); row < y + size; row++) gray.fill(white ? MARK.white : MARK.black, row * width + Math.round(x), row * width + Math.round(x + size))
  }
  return gray
}

describe('frame mark', () => {
  for (const [width, height] of [[640, 360], [1280, 720], [320, 180], [960, 540]] as const) {
    it(`reads back every kind of index at ${width}×${height}`, () => {
      for (const index of [0, 1, 15, 179, 255, 256, 32_768, 65_535]) assert.equal(decodeFrameMark(picture(index, width, height), width, height), index)
    })
  }

  it('has blocks of at least 16 px at 640 px width', () => {
    assert.ok(encodeFrameMark(5, 640, 360).every(({ size }) => size >= 16))
  })

  it('is null for a picture without a mark', () => {
    assert.equal(decodeFrameMark(new Uint8Array(640 * 360).fill(16), 640, 360), null)
  })

  it('is null when one column is not black and white', () => {
    const gray = picture(77, 640, 360)
    for (const { x, y, size } of encodeFrameMark(77, 640, 360).slice(6, 8)) for (let row = y; row < y + size; row++) gray.fill(100, row * 640 + x, row * 640 + x + size)
    assert.equal(decodeFrameMark(gray, 640, 360), null)
  })

  it('is null for fewer pixels than the size says', () => {
    assert.equal(decodeFrameMark(new Uint8Array(100), 640, 360), null)
  })

  it('refuses indexes that 16 bits do not hold', () => {
    assert.throws(() => encodeFrameMark(65_536, 640, 360), RangeError)
    assert.throws(() => encodeFrameMark(-1, 640, 360), RangeError)
  })
})
