// Owns the audit as CSV for people: what a search found, disarmed against formulas (T38).
// Refuses: proof. That is the export in JSON lines; a CSV verifies nothing.
import { guardFormula } from '#base/formula-guard.ts'
import { toInstant } from '../storage/index.ts'
import type { ReadableRow } from './audit-store.ts'

const headings = ['seq', 'time (UTC)', 'actor', 'unit', 'address', 'action', 'target kind', 'target', 'target id', 'camera id', 'case number', 'outcome', 'purpose', 'detail']

/** RFC 4180, UTF-8 with BOM; every text is quoted. */
const line = (cells: readonly string[]): string => `${cells.map((cell) => `"${guardFormula(cell).replaceAll('"', '""')}"`).join(',')}\r\n`

/** @param pages newest first, as the search gives them */
export async function* auditCsv(pages: AsyncIterable<readonly ReadableRow[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`\ufeff${line(headings)}`)
  for await (const rows of pages) {
    yield Buffer.from(
      rows
        .map((row) => line([String(row.seq), toInstant(row.atMs), row.actorName, row.unitName, row.ip, row.action, row.targetKind, row.targetName, row.targetId, row.cameraId, row.caseNumber, row.outcome, row.purpose, JSON.stringify(row.detail)]))
        .join(''),
    )
  }
}
