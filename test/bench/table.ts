// Owns a bench's result as markdown: a measure, its reference in the same run, the ratio, the target.
// Refuses: judging a measure that has no target.

export interface Row {
  measure: string
  value: number
  unit: string
  /** What it is compared with in this run. */
  reference?: { name: string; value: number }
  /** Must be below this, in the same unit. */
  target?: number
  /** Work left undone: being quick then meets nothing. */
  incomplete?: string
}

const shown = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3))

export function table(title: string, rows: readonly Row[], notes: readonly string[] = []): string {
  const lines = rows.map(({ measure, value, unit, reference, target, incomplete }) => {
    const compared = reference === undefined ? '' : `${`${shown(reference.value)} ${unit}`.trim()} (${reference.name})`
    const ratio = reference === undefined || reference.value === 0 ? '' : `${(value / reference.value).toFixed(2)}×`
    const limit = target ?? Number.NaN
    const verdict = Number.isNaN(limit) ? '' : `< ${`${shown(limit)} ${unit}`.trim()}: ${incomplete !== undefined ? `MISSED, ${incomplete}` : value < limit ? 'met' : 'MISSED'}`
    return `| ${[measure, `${shown(value)} ${unit}`.trim(), compared, ratio, verdict].join(' | ')} |`
  })
  return [`\n### ${title}\n`, '| measure | value | reference | ratio | target |', '|---|---|---|---|---|', ...lines, ...notes.map((note) => `\n${note}`), ''].join('\n')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The value that so large a share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
