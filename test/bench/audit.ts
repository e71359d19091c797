// Owns the audit's bench: how fast a clean chain verifies, from an export and from SQLite, beside plain SHA-256 over the
// same bytes read from the same file.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { chainOnto, genesisHash, type ChainedRow } from '../../backend/audit/audit-chain.ts'
import { rowOf } from '../../backend/audit/audit-row.ts'
import { AuditSigner } from '../../backend/audit/audit-signer.ts'
import { markOf, marksHashOf, type Checkpoint } from '../../backend/audit/checkpoint.ts'
import { auditMigrations, databaseSource, exportLines, exportSource, verifyChain, type ChainSource } from '../../backend/audit/index.ts'
import { MerkleTree } from '../../backend/audit/merkle.ts'
import { migrate, Storage } from '../../backend/storage/index.ts'
import { sampleEntry } from '../unit/audit/sample-rows.ts'
import { table } from './table.ts'

const checkpointRows = 1_000
const targetPerSecond = 50_000

/** Rows made as they are asked for, so that a million of them need no memory. */
function chainInOrder(signer: AuditSigner) {
  let end = { seq: 0, hash: genesisHash }
  let marks = ''
  const tree = new MerkleTree()
  const checkpoints: Checkpoint[] = []
  const after = async (seq: number, limit: number): Promise<ChainedRow[]> => {
    const rows = chainOnto(end, Array.from({ length: limit }, (_, at) => sampleEntry(seq + at + 1)))
    for (const row of rows) {
      tree.push(row.hash)
      marks += markOf(row.hash)
      end = { seq: row.seq, hash: row.hash }
      if (row.seq % checkpointRows !== 0) continue
      const { size, peaks } = tree.frontier()
      checkpoints.push(signer.checkpoint({ atMs: 0, size, root: tree.root(), lastHash: row.hash, previousSize: size - checkpointRows, marksHash: marksHashOf(marks) }, { peaks, marks }))
      marks = ''
    }
    return rows
  }
  return { after, checkpoints, end: () => end }
}

async function microsecondsARow(rows: number, work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return ((performance.now() - startedMs) * 1_000) / rows
}

/** @param rows of the export; SQLite gets a fifth */
export async function auditVerify(rows: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tianwang-bench-audit-'))
  const path = join(directory, 'export.jsonl')
  const signer = new AuditSigner(Buffer.alloc(32, 1))
  const head = { kind: 'tianwang-audit-export', v: 1, atMs: 0, publicKey: signer.publicKeyPem } as const
  const storage = new Storage({ sqliteFile: join(directory, 'bench.sqlite') })
  const verify = async (source: ChainSource, expected: number, sealed: readonly Checkpoint[]) => {
    const { finding, rows: seen, agreeing } = await verifyChain(source, { sealed, keys: [signer.publicKeyPem] })
    if (finding !== null || seen !== expected || agreeing !== Math.floor(expected / checkpointRows)) throw new Error(`a clean chain was not found clean: ${JSON.stringify({ finding, seen, agreeing })}`)
  }
  try {
    const chain = chainInOrder(signer)
    await pipeline(exportLines({ head, sealed: [], end: { seq: rows, hash: '' }, after: chain.after }), async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) yield Buffer.from(Buffer.from(piece).toString().replace('"hash":"","kind":"end"', `"hash":"${chain.end().hash}","kind":"end"`))
    }, createWriteStream(path))
    const plain = await microsecondsARow(rows, async () => {
      const digest = createHash('sha256')
      for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) digest.update(piece as Buffer)
      return digest.digest('hex')
    })
    const fromExport = await microsecondsARow(rows, async () => verify(await exportSource(path), rows, chain.checkpoints))

    await migrate(storage, auditMigrations)
    const stored = rows / 5
    const second = chainInOrder(signer)
    for (let seq = 0; seq < stored; seq += 1_000) await storage.sequelize.getQueryInterface().bulkInsert('audit_entries', (await second.after(seq, 1_000)).map(rowOf))
    await storage.sequelize.query('UPDATE audit_head SET seq = ?, hash = ?', { replacements: [second.end().seq, second.end().hash] })
    const fromSqlite = await microsecondsARow(stored, async () => verify(await databaseSource(storage, []), stored, second.checkpoints))

    const reference = { name: 'plain SHA-256 of the file', value: plain }
    const target = 1_000_000 / targetPerSecond
    const perSecond = (micros: number) => Math.round(1_000_000 / micros).toLocaleString('en')
    return table(`Audit: ${rows.toLocaleString('en')} clean rows verified, a checkpoint each ${checkpointRows}`, [
      { measure: 'a row of an export', value: fromExport, unit: 'µs', reference, target },
      { measure: `a row in SQLite (${stored.toLocaleString('en')} rows)`, value: fromSqlite, unit: 'µs', reference },
    ], [`Rows a second: export ${perSecond(fromExport)}, SQLite ${perSecond(fromSqlite)}, plain SHA-256 ${perSecond(plain)}; target ${perSecond(target)}.`])
  } finally {
    await storage.close()
    rmSync(directory, { recursive: true, force: true })
  }
}
