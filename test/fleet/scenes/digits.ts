// Owns the digits in the picture: a 5×7 bitmap font for the loop clock and the scene number.
// Refuses: other writing; the fleet's loops are shared by cameras and cannot carry their names.
import type { Canvas } from './canvas.ts'

const GLYPHS: Record<string, readonly number[]> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 6, 8, 16, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  ':': [0, 12, 12, 0, 12, 12, 0],
  '.': [0, 0, 0, 0, 0, 12, 12],
  '-': [0, 0, 0, 14, 0, 0, 0],
  C: [14, 17, 16, 16, 16, 17, 14],
  H: [17, 17, 17, 31, 17, 17, 17],
  ' ': [0, 0, 0, 0, 0, 0, 0],
}

/** Draws text with its upper left corner at x, y; one font dot is `dot` pixels. White on a dark edge, as cameras do. */
export function drawDigits(canvas: Canvas, text: string, x: number, y: number, dot: number): void {
  for (const [offset, luma] of [[dot / 2, 16], [0, 235]] as const) {
    for (const [place, letter] of [...text].entries()) {
      const rows = GLYPHS[letter] ?? []
      for (const [row, bits] of rows.entries()) {
        for (let column = 0; column < 5; column++) {
          if ((bits & (16 >> column)) === 0) continue
          dotAt(canvas, Math.round(x + (place * 6 + column) * dot + offset), Math.round(y + row * dot + offset), dot, luma)
        }
      }
    }
  }
}

/** Luma only and without anti-aliasing: it is drawn 180 times a loop. */
function dotAt(canvas: Canvas, x: number, y: number, size: number, luma: number): void {
  for (let row = y; row < y + size; row++) canvas.data.fill(luma, row * canvas.width + x, row * canvas.width + x + size)
}
