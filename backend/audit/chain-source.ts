// Owns where a verifier's rows come from: an export file, or a database.
// Refuses: judging them.
import { createReadStream } from 'node:fs'
import { z } from 'zod'
import type { Storage } from '../storage/index.ts'
import { canonicalRow, type ChainedRow } from './audit-chain.ts'
import { exportEndSchema, exportHeadSchema, readRowLine } from './audit-export.ts'
import { headSchema, rowSchema } from './audit-row.ts'
import type { PresentedRow } from './chain-verifier.ts'
import { readLine, type Sealed } from './checkpoint.ts'

export interface ChainSource {
  /** Public key that the source itself brings; null for a database. */
  publicKey: string | null
  sealed: Sealed[]
  /** Calls `take` for every row in the order in which they lie there; gives the source's own note of the end. */
  read(take: (row: PresentedRow) => void): Promise<{ seq: number; hash: string } | null>
}

export class NotReadable extends Error {}

const chunkBytes = 1 << 20

/** @throws NotReadable when the file is not an export of ours */
export async function exportSource(path: string): Promise<ChainSource> {
  let publicKey: string | null = null
  const sealed: Sealed[] = []
  for await (const line of linesOf(path)) {
    if (publicKey === null) publicKey = headOf(line, path).publicKey
    else {
      const statement = readRowLine(line) === null ? readLine(line) : null
      if (statement === null) break
      sealed.push(statement)
    }
  }
  if (publicKey === null) throw new NotReadable(`${path} is empty`)
  return {
    publicKey,
    sealed,
    async read(take) {
      let end: { seq: number; hash: string } | null = null
      for await (const lines of lineBlocks(path)) {
        for (const line of lines) {
          const row = readRowLine(line)
          if (row !== null) take(row)
          else end ??= endOf(line)
        }
      }
      return end
    },
  }
}

function headOf(line: string, path: string): z.infer<typeof exportHeadSchema> {
  try {
    return exportHeadSchema.parse(JSON.parse(line))
  } catch {
    throw new NotReadable(`${path} is not an export of the audit`)
  }
}

function endOf(line: string): { seq: number; hash: string } | null {
  if (!line.includes('"kind":"end"')) return null
  try {
    const { seq, hash } = exportEndSchema.parse(JSON.parse(line))
    return { seq, hash }
  } catch {
    return null
  }
}

async function* lineBlocks(path: string): AsyncGenerator<string[]> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: chunkBytes })) {
    const lines = `${rest}${String(chunk)}`.split('\n')
    rest = lines.pop() ?? ''
    yield lines
  }
  if (rest !== '') yield [rest]
}

async function* linesOf(path: string): AsyncGenerator<string> {
  for await (const lines of lineBlocks(path)) yield* lines
}

const rowsAtOnce = 2_000

/** @throws NotReadable when the database has no audit chain */
export function databaseSource(storage: Storage, sealed: Sealed[]): ChainSource {
  return { publicKey: null, sealed, read: (take) => readDatabase(storage, take) }
}

async function readDatabase(storage: Storage, take: (row: PresentedRow) => void): Promise<{ seq: number; hash: string } | null> {
  const heads = await storage.select('SELECT seq, hash FROM audit_head WHERE id = 1').catch((error: unknown) => {
    throw new NotReadable('the database has no audit chain', { cause: error })
  })
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = z.array(rowSchema).parse(await storage.select(`SELECT * FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT ${rowsAtOnce}`, [after]))
    for (const row of rows) take(presented(row))
    const last = rows.at(-1)
    if (last === undefined) return headSchema.safeParse(heads[0]).data ?? null
    after = last.seq
  }
}

/** A detail that is no JSON object cannot be what was hashed, whatever the rest of the text makes of it. */
export function presented(row: ChainedRow): PresentedRow {
  return { seq: row.seq, prevHash: row.prevHash, hash: row.hash, text: isObject(row.detail) ? canonicalRow(row) : '' }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
