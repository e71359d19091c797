// Owns where the tiles of each grid stand: even grids, and grids of 6 and 8 with one large tile. Pure.
import type { GridSize } from '#contract/layouts.ts'

export interface GridCell {
  /** From 0, in units of the smallest tile. */
  column: number
  row: number
  /** How many of the smallest tiles it spans, across and down. */
  span: number
}

/** Small tiles across (and down) of each grid. */
export const sideOf: Record<GridSize, number> = { 1: 1, 4: 2, 6: 3, 8: 4, 9: 3, 16: 4, 25: 5, 36: 6 }

/** Cells in order of position: row by row; a large tile comes first. */
export function gridCells(size: GridSize): GridCell[] {
  const side = sideOf[size]
  const largeSpan = side * side === size ? 1 : side - 1
  const cells: GridCell[] = largeSpan > 1 ? [{ column: 0, row: 0, span: largeSpan }] : []
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (largeSpan === 1 || column >= largeSpan || row >= largeSpan) cells.push({ column, row, span: 1 })
    }
  }
  return cells
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The cell next to one in a direction: the nearest that lies wholly beyond its edge; the same one at the wall's edge. */
export function neighbourOf(size: GridSize, position: number, direction: Direction): number {
  const cells = gridCells(size)
  const from = cells[position]
  if (from === undefined) return position
  const across = direction === 'left' || direction === 'right'
  let best = position
  let bestDistance = Infinity
  for (const [at, cell] of cells.entries()) {
    const gap =
      direction === 'left' ? from.column - (cell.column + cell.span)
      : direction === 'right' ? cell.column - (from.column + from.span)
      : direction === 'up' ? from.row - (cell.row + cell.span)
      : cell.row - (from.row + from.span)
    if (gap < 0) continue
    const aside = across ? Math.abs(middle(cell.row, cell.span) - middle(from.row, from.span)) : Math.abs(middle(cell.column, cell.span) - middle(from.column, from.span))
    const distance = gap * 100 + aside
    if (distance < bestDistance) [best, bestDistance] = [at, distance]
  }
  return best
}

const middle = (start: number, span: number): number => start + span / 2
