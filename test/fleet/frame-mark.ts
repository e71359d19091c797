// Owns the machine-readable frame mark: the loop's frame index as black and white blocks at the bottom left, so that a
// bench can tell from decoded pixels which frame it sees. Refuses: guessing; a strip that does not check out is null.

/**
 * The strip is two rows of 16 blocks. At 640 px width a block is 16×16 px; everything scales with the picture width.
 * Upper row: the index, most significant bit first, white = 1. Lower row: its complement, so that every column holds one
 * black and one white block. Left edge 16 px, lower edge 16 px above the bottom (both at 640 px width).
 */
export const MARK = { bits: 16, blockAt640: 16, leftAt640: 16, bottomAt640: 16, white: 216, black: 24, leastContrast: 48 } as const

export interface MarkBlock {
  x: number
  y: number
  size: number
  white: boolean
}

/** The blocks that code `frameIndex` in a picture of this size (pixels of that picture). */
export function encodeFrameMark(frameIndex: number, width: number, height: number): MarkBlock[] {
  if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= 1 << MARK.bits) throw new RangeError('a frame mark holds 0 to 65535')
  const scale = width / 640
  const size = MARK.blockAt640 * scale
  const top = height - MARK.bottomAt640 * scale - 2 * size
  const blocks: MarkBlock[] = []
  for (let column = 0; column < MARK.bits; column++) {
    const one = ((frameIndex >> (MARK.bits - 1 - column)) & 1) === 1
    const x = MARK.leftAt640 * scale + column * size
    blocks.push({ x, y: top, size, white: one }, { x, y: top + size, size, white: !one })
  }
  return blocks
}

/**
 * Reads the mark of a decoded picture.
 * @param gray one byte of luma per pixel, row by row, `stride` bytes a row (default: width)
 * @returns the loop frame index, or null when the strip is not there or not legible
 */
export function decodeFrameMark(gray: Uint8Array, width: number, height: number, stride: number = width): number | null {
  const scale = width / 640
  const size = MARK.blockAt640 * scale
  const top = height - MARK.bottomAt640 * scale - 2 * size
  if (top < 0 || gray.length < stride * height) return null
  let index = 0
  for (let column = 0; column < MARK.bits; column++) {
    const x = MARK.leftAt640 * scale + column * size
    const upper = meanOfCentre(gray, stride, x, top, size)
    const lower = meanOfCentre(gray, stride, x, top + size, size)
    if (Math.abs(upper - lower) < MARK.leastContrast) return null
    index = index * 2 + (upper > lower ? 1 : 0)
  }
  return index
}

/** Only the middle half of a block is read: its edges are blurred by scaling and by the codec. */
function meanOfCentre(gray: Uint8Array, stride: number, x: number, y: number, size: number): number {
  const fromX = Math.floor(x + size / 4)
  const toX = Math.max(fromX + 1, Math.floor(x + (size * 3) / 4))
  const fromY = Math.floor(y + size / 4)
  const toY = Math.max(fromY + 1, Math.floor(y + (size * 3) / 4))
  let sum = 0
  for (let row = fromY; row < toY; row++) for (let column = fromX; column < toX; column++) sum += gray[row * stride + column] ?? 0
  return sum / ((toX - fromX) * (toY - fromY))
}
