// Owns the audit's bench: how fast a clean chain verifies, from an export and from each database, beside plain SHA-256 over the
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
import type { Storage } from '../../backend/storage/index.ts'
import { databasesHere } from '../support/databases.ts'
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

const rowsAStatement = 1_000

/** The same rows in a database; gives the checkpoints over them. */
async function stored(storage: Storage, signer: AuditSigner, rows: number): Promise<Checkpoint[]> {
  const { after, checkpoints, end } = chainInOrder(signer)
  for (let seq = 0; seq < rows; seq += rowsAStatement) await storage.sequelize.getQueryInterface().bulkInsert('audit_entries', (await after(seq, Math.min(rowsAStatement, rows - seq))).map(rowOf))
  await storage.sequelize.query('UPDATE audit_head SET seq = ?, hash = ?', { replacements: [end().seq, end().hash] })
  return checkpoints
}

/** @param rows of the export and of each database that is here: SQLite, and MariaDB when TEST_DATABASE_URL names one */
export async function auditVerify(rows: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tianwang-bench-audit-'))
  const path = join(directory, 'export.jsonl')
  const signer = new AuditSigner(Buffer.alloc(32, 1))
  const head = { kind: 'tianwang-audit-export', v: 1, atMs: 0, publicKey: signer.publicKeyPem } as const
  const databases = databasesHere()
  const verify = async (source: ChainSource, sealed: readonly Checkpoint[]) => {
    const { finding, rows: seen, agreeing } = await verifyChain(source, { sealed, keys: [signer.publicKeyPem] })
    if (finding !== null || seen !== rows || agreeing !== Math.floor(rows / checkpointRows)) throw new Error(`a clean chain was not found clean: ${JSON.stringify({ finding, seen, agreeing })}`)
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
    const took = [{ name: 'an export', micros: await microsecondsARow(rows, async () => verify(await exportSource(path), chain.checkpoints)) }]
    for (const database of databases) {
      const storage = await database.open(auditMigrations)
      const checkpoints = await stored(storage, signer, rows)
      took.push({ name: database.name, micros: await microsecondsARow(rows, async () => verify(await databaseSource(storage, []), checkpoints)) })
    }

    const reference = { name: 'plain SHA-256 of the file', value: plain }
    const target = 1_000_000 / targetPerSecond
    const perSecond = (micros: number) => Math.round(1_000_000 / micros).toLocaleString('en')
    const notes = [`Rows a second: ${took.map(({ name, micros }) => `${name} ${perSecond(micros)}`).join(', ')}, plain SHA-256 ${perSecond(plain)}; target ${perSecond(target)}.`]
    return table(
      `Audit: ${rows.toLocaleString('en')} clean rows verified, a checkpoint each ${checkpointRows}`,
      took.map(({ name, micros }) => ({ measure: `a row of ${name}`, value: micros, unit: 'µs', reference, target })),
      databases.length > 1 ? notes : [...notes, 'MariaDB was not measured: TEST_DATABASE_URL names none.'],
    )
  } finally {
    for (const database of databases) await database.drop()
    rmSync(directory, { recursive: true, force: true })
  }
}
