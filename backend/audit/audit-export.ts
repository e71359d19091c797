// Owns the export of the chain as JSON lines: a head, every checkpoint and cut, every row as it was hashed, an end.
// Refuses: judging. The same lines are read back by chain-source.ts.
import { z } from 'zod'
import { canonicalJson } from '#base/canonical-json.ts'
import { canonicalRow, type ChainedRow } from './audit-chain.ts'
import type { PresentedRow } from './chain-verifier.ts'
import type { Sealed } from './checkpoint.ts'

export const exportHeadSchema = z.object({
  kind: z.literal('tianwang-audit-export'),
  v: z.literal(1),
  atMs: z.number().int(),
  /** PEM of the server's public key. Whoever verifies compares its id with one that came another way. */
  publicKey: z.string(),
})
export const exportEndSchema = z.object({ kind: z.literal('end'), seq: z.number().int(), hash: z.string() })

/** A row's line: hash first, then the very text that it covers, so that a verifier hashes bytes and parses nothing. */
const rowStart = '{"hash":"'
const rowMiddle = '","row":'
const middleStart = rowStart.length + 64
const textStart = middleStart + rowMiddle.length
const rowLine = (row: ChainedRow): string => `${rowStart}${row.hash}${rowMiddle}${canonicalRow(row)}}\n`

export interface ExportSource {
  head: z.infer<typeof exportHeadSchema>
  sealed: readonly Sealed[]
  end: { seq: number; hash: string }
  /** Rows behind `seq`, in order. */
  after: (seq: number, limit: number) => Promise<ChainedRow[]>
}

const rowsAtOnce = 500

/** The file in pieces; the database is asked for some hundred rows at a time, as fast as the reader takes them. */
export async function* exportLines(source: ExportSource): AsyncGenerator<Uint8Array> {
  const { head, sealed, end } = source
  yield Buffer.from([head, ...sealed].map((line) => `${canonicalJson(line)}\n`).join(''))
  for (let seq = 0; seq < end.seq; ) {
    const rows = (await source.after(seq, rowsAtOnce)).filter((row) => row.seq <= end.seq)
    const last = rows.at(-1)
    if (last === undefined) break
    yield Buffer.from(rows.map(rowLine).join(''))
    seq = last.seq
  }
  yield Buffer.from(`${canonicalJson({ kind: 'end', ...end })}\n`)
}

/** The row of one line; null for a line that is none. Its place and what it hangs on are read from the hashed text itself. */
export function readRowLine(line: Buffer): PresentedRow | null {
  if (line.toString('latin1', 0, rowStart.length) !== rowStart || line.toString('latin1', middleStart, textStart) !== rowMiddle) return null
  const text = line.subarray(textStart, -1)
  const letters = text.toString('latin1')
  // The last ones are the row's own: behind them come only texts, in which quotes are escaped.
  const prevStart = letters.lastIndexOf(',"prevHash":"') + 13
  const seqStart = letters.lastIndexOf(',"seq":') + 7
  return { seq: Number(letters.slice(seqStart, letters.indexOf(',', seqStart))), prevHash: letters.slice(prevStart, prevStart + 64), hash: line.toString('latin1', rowStart.length, middleStart), text }
}
