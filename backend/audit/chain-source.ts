// Owns where a verifier's rows come from: an export file, or a database.
// Refuses: judging them.
import { createReadStream } from 'node:fs'
import type { z } from 'zod'
import type { Storage } from '../storage/index.ts'
import { canonicalRow } from './audit-chain.ts'
import { exportEndSchema, exportHeadSchema, readRowLine } from './audit-export.ts'
import { BrokenRow, entryNames, headSchema, readList } from './audit-row.ts'
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
    if (publicKey === null) publicKey = headOf(line.toString(), path).publicKey
    else {
      const statement = readRowLine(line) === null ? readLine(line.toString()) : null
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
          else end ??= endOf(line.toString())
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

const newline = 0x0a

/** The lines of each piece of the file, as bytes: what is hashed is what lies there. */
async function* lineBlocks(path: string): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    const piece = Buffer.concat([rest, chunk as Buffer])
    const lines: Buffer[] = []
    let from = 0
    for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
      lines.push(piece.subarray(from, to))
      from = to + 1
    }
    rest = piece.subarray(from)
    yield lines
  }
  if (rest.length > 0) yield [rest]
}

async function* linesOf(path: string): AsyncGenerator<Buffer> {
  for await (const lines of lineBlocks(path)) yield* lines
}

const mostAtOnce = 2_000

/** @param rowsAtOnce how many are judged before other work has its turn. @throws NotReadable when the database has no audit chain */
export async function databaseSource(storage: Storage, sealed: readonly Sealed[], rowsAtOnce = mostAtOnce): Promise<ChainSource> {
  const cuts = await storage.scan('SELECT cut FROM audit_cuts').catch((error: unknown) => {
    throw new NotReadable('the database has no audit chain', { cause: error })
  })
  return { publicKey: null, sealed: [...sealed, ...cuts.flatMap(({ cut }) => readLine(String(cut)) ?? [])], read: (take) => readDatabase(storage, take, rowsAtOnce) }
}

async function readDatabase(storage: Storage, take: (row: PresentedRow) => void, rowsAtOnce: number): Promise<{ seq: number; hash: string } | null> {
  const [head] = await storage.scan('SELECT seq, hash FROM audit_head WHERE id = 1').catch((error: unknown) => {
    throw new NotReadable('the database has no audit chain', { cause: error })
  })
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const lists = await storage.scanLists(entryNames, `FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT ${rowsAtOnce}`, [after])
    for (const list of lists) take(presented(list))
    const last = lists.at(-1)
    if (last === undefined) return headSchema.safeParse(head).data ?? null
    after = Number(last[placeOf.seq])
  }
}

const placeOf = { seq: entryNames.indexOf('seq'), prevHash: entryNames.indexOf('prev_hash'), hash: entryNames.indexOf('hash') }

/** What is not of its column's type, or a detail that is no JSON object, cannot be what was hashed. */
function presented(list: readonly unknown[]): PresentedRow {
  try {
    const row = readList(list)
    return { seq: row.seq, prevHash: row.prevHash, hash: row.hash, text: isObject(row.detail) ? canonicalRow(row) : '' }
  } catch (error) {
    if (!(error instanceof BrokenRow)) throw error
    return { seq: Number(list[placeOf.seq]), prevHash: String(list[placeOf.prevHash]), hash: String(list[placeOf.hash]), text: '' }
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
