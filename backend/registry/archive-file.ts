// Owns the archive file as text: CSV with Chinese headings, UTF-8 with BOM out, UTF-8 in.
// Refuses: other character sets, headings that are not exactly the template's, more rows than a district has.
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CsvError, parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { AppError } from '#base/app-error.ts'
import { archiveHeadings, archiveSchema, type Archive } from '#contract/archive.ts'
import type { RowError } from '#contract/cameras.ts'
import { guardFormula, unguardFormula } from './archive-cell.ts'
import { archiveColumns, archiveKeys, fileHeadings, isNumeric, unitCodeHeading } from './archive-column.ts'

export interface ArchiveRecord {
  archive: Archive
  unitCode: string
}
export type ArchiveRow = { row: number; gbCode: string } & ({ record: ArchiveRecord } | { faults: RowError[] })

export const maxRows = 20_000
const rowsPerTurn = 500
const charactersPerTurn = 64 * 1024

/** The file; gives other work its turn between some hundred rows. */
export async function writeArchiveFile(records: readonly ArchiveRecord[]): Promise<Uint8Array> {
  const parts = [`\ufeff${stringify([[...fileHeadings]], { record_delimiter: 'windows' })}`]
  for (let from = 0; from < records.length; from += rowsPerTurn) {
    parts.push(stringify(records.slice(from, from + rowsPerTurn).map(cellsOf), { record_delimiter: 'windows' }))
    await nextTurn()
  }
  return Buffer.from(parts.join(''), 'utf8')
}

function cellsOf({ archive, unitCode }: ArchiveRecord): string[] {
  const cells = archiveKeys.map((key) => {
    const cell = archiveColumns[key].write(archive)
    return isNumeric(key) ? cell : guardFormula(cell)
  })
  return [...cells, guardFormula(unitCode)]
}

/**
 * Every row of the file, judged by itself; blank rows are left out.
 * @throws AppError csv_broken when the file as a whole cannot be read, with the reason
 */
export async function readArchiveFile(text: string): Promise<ArchiveRow[]> {
  if (text.includes('\ufffd')) throw broken('The file is not UTF-8; save it as "CSV UTF-8".')
  const rows: ArchiveRow[] = []
  let columnAt: ReadonlyMap<string, number> | undefined
  let row = 0
  const parser = parse({ bom: true, relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'], max_record_size: 64 * 1024 })
  try {
    for await (const record of Readable.from(slices(text)).pipe(parser)) {
      row++
      const cells = z.array(z.string()).parse(record)
      if (columnAt === undefined) columnAt = columnsOf(cells)
      else if (cells.some((cell) => cell.trim() !== '')) rows.push(readRow(row, cells, columnAt))
      if (rows.length > maxRows) throw broken(`The file has more than ${maxRows} rows.`)
    }
  } catch (error) {
    throw error instanceof CsvError ? broken(`Row ${row + 1} cannot be read: ${quotes[error.code] ?? 'it is too long or not CSV'}.`) : error
  }
  if (columnAt === undefined) throw broken('The file is empty.')
  return rows
}

const quotes: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'characters follow a closing quotation mark',
  INVALID_OPENING_QUOTE: 'a quotation mark stands inside of a cell',
}

async function* slices(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += charactersPerTurn) {
    yield text.slice(from, from + charactersPerTurn)
    await nextTurn()
  }
}

function columnsOf(headings: readonly string[]): ReadonlyMap<string, number> {
  const found = headings.map((heading) => heading.trim().normalize('NFC'))
  const faults = [
    ...fileHeadings.filter((heading) => !found.includes(heading)).map((heading) => ({ path: heading, message: 'is missing' })),
    ...found.filter((heading, at) => found.indexOf(heading) !== at).map((heading) => ({ path: heading.slice(0, 40), message: 'is there twice' })),
    ...found.filter((heading) => !fileHeadings.includes(heading)).map((heading) => ({ path: heading.slice(0, 40), message: 'is not a heading of the template' })),
  ]
  if (faults.length > 0) throw broken('The headings are not those of the template.', faults.slice(0, 50))
  return new Map(found.map((heading, at) => [heading, at]))
}

function readRow(row: number, cells: readonly string[], columnAt: ReadonlyMap<string, number>): ArchiveRow {
  const cellOf = (heading: string) => unguardFormula((cells[columnAt.get(heading) ?? -1] ?? '').trim()).trim()
  const gbCode = cellOf(archiveHeadings.gbCode)
  if (cells.length !== columnAt.size) return { row, gbCode, faults: [{ row, column: '', code: 'wrong_cell_count', message: `has ${cells.length} cells instead of ${columnAt.size}` }] }
  const judged = archiveSchema.safeParse(Object.fromEntries(archiveKeys.map((key) => [key, archiveColumns[key].read(cellOf(archiveHeadings[key]))])))
  if (judged.success) return { row, gbCode, record: { archive: judged.data, unitCode: cellOf(unitCodeHeading) } }
  const refused = new Set(judged.error.issues.map((issue) => issue.path[0]))
  const faults = archiveKeys.filter((key) => refused.has(key)).map((key): RowError => ({ row, column: archiveHeadings[key], code: 'bad_value', message: archiveColumns[key].rule }))
  return { row, gbCode, faults }
}

function broken(message: string, issues: { path: string; message: string }[] = []): AppError {
  return new AppError('invalid', 'csv_broken', message, { issues })
}
