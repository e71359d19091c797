// Owns single cells of the archive file: numbers, codes with labels, several values in one cell, formula protection.
// Refuses: knowing which column a cell is in. A cell that cannot be read is `undefined`, which the archive's schema refuses.

export { guardFormula, unguardFormula } from '#base/formula-guard.ts'

type Labels = Readonly<Record<number, string>>

/** The code that a cell names by number or by label. */
export function codeOf(labels: Labels, cell: string): number | undefined {
  const text = cell.trim()
  const code = /^\d{1,2}$/.test(text) ? Number(text) : Number(Object.keys(labels).find((candidate) => labels[Number(candidate)] === text))
  return code in labels ? code : undefined
}

/** One code; null when the cell is empty. */
export const readCode = (labels: Labels) => (cell: string): number | null | undefined => (cell === '' ? null : codeOf(labels, cell))
export const readCodes = (labels: Labels) => (cell: string): (number | undefined)[] => (cell === '' ? [] : cell.split('/').map((part) => codeOf(labels, part)))
export const writeCode = (labels: Labels, code: number | null): string => (code === null ? '' : (labels[code] ?? String(code)))
export const writeCodes = (labels: Labels, codes: readonly number[]): string => codes.map((code) => writeCode(labels, code)).join('/')

/** A decimal number; null when the cell is empty. Hexadecimal and words are not numbers here. */
export function readNumber(cell: string): number | null | undefined {
  if (cell === '') return null
  return /^[+-]?\d{1,10}(\.\d{1,20})?(e[+-]?\d{1,2})?$/i.test(cell) ? Number(cell) : undefined
}

/** `2024-03-05`, also as spreadsheets rewrite it: `2024/3/5`. */
export function readDate(cell: string): string {
  const parts = /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/.exec(cell)
  if (parts === null) return cell
  const [, year = '', month = '', day = ''] = parts
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

export function readNetworked(cell: string): boolean | undefined {
  return cell === '已联网' ? true : cell === '未联网' ? false : undefined
}
