// Owns proof that the verifier names the first bad row and what was done there, for every place in a chain.
import assert from 'node:assert/strict'
import { canonicalRow, chainOnto, hashOfRow, type ChainedRow } from '../../../backend/audit/audit-chain.ts'
import { sentenceOf, type Finding } from '../../../backend/audit/chain-verdict.ts'
import { ChainVerifier } from '../../../backend/audit/chain-verifier.ts'
import { markOf, type Cut } from '../../../backend/audit/checkpoint.ts'
import type { VouchedCheckpoint } from '../../../backend/audit/checkpoint-match.ts'
import { MerkleTree } from '../../../backend/audit/merkle.ts'
import { sampleChain, sampleEntry } from './sample-rows.ts'

const length = 12
const sound = sampleChain(length)
const end = { seq: length, hash: sound.at(-1)?.hash ?? '' }

function verify(rows: readonly ChainedRow[], options: { end?: { seq: number; hash: string } | null; checkpoints?: VouchedCheckpoint[]; cuts?: Cut[] } = {}) {
  const verifier = new ChainVerifier({ cuts: options.cuts ?? [], checkpoints: options.checkpoints ?? [] })
  for (const row of rows) verifier.take({ ...row, text: canonicalRow(row) })
  return verifier.finish(options.end === undefined ? end : options.end)
}
const found = (...given: Parameters<typeof verify>): Finding | null => verify(...given).finding
const rehashed = (row: ChainedRow): ChainedRow => ({ ...row, hash: hashOfRow(row) })
const replaced = (seq: number, change: (row: ChainedRow) => ChainedRow) => sound.map((row) => (row.seq === seq ? change(row) : row))
const endOf = (rows: readonly ChainedRow[]) => ({ seq: rows.length, hash: rows.at(-1)?.hash ?? '' })
/** Rows from `seq` on made anew behind the row before, as somebody with all rights on the database can. */
const rewrittenFrom = (seq: number, change: Partial<ChainedRow> = { actorName: 'nobody' }) => {
  const kept = sound.slice(0, seq - 1)
  const entries = sound.slice(seq - 1).map((row) => ({ ...row, ...(row.seq === seq ? change : {}) }))
  return [...kept, ...chainOnto({ seq: seq - 1, hash: kept.at(-1)?.hash ?? '0'.repeat(64) }, entries)]
}
function checkpoint(rows: readonly ChainedRow[], previousSize: number, size: number, withMarks = true): VouchedCheckpoint {
  const tree = new MerkleTree()
  for (const row of rows.slice(0, size)) tree.push(row.hash)
  const marks = rows.slice(previousSize, size).map(({ hash }) => markOf(hash)).join('')
  return { previousSize, size, root: tree.root(), ...(withMarks ? { marks } : {}) }
}
const checkpoints = [checkpoint(sound, 0, 5), checkpoint(sound, 5, 10), checkpoint(sound, 10, 12)]
const everyRow = sound.map(({ seq }) => seq)

describe('the verifier', () => {
  it('finds nothing in a sound chain, and gives its end, its root and the checkpoints that agree', () => {
    const verdict = verify(sound, { checkpoints })
    assert.deepEqual(verdict, { finding: null, rows: length, soundTo: end, root: checkpoints[2]?.root, agreeing: 3, cutTo: 0 })
  })

  it('finds nothing in an empty chain', () => {
    assert.equal(found([], { end: { seq: 0, hash: '0'.repeat(64) } }), null)
  })

  for (const [name, edit] of [
    ['a text', (row: ChainedRow) => ({ ...row, actorName: 'nobody' })],
    ['the detail by a blank', (row: ChainedRow) => ({ ...row, detail: row.detail.replace(':', ': ') })],
    ['the time by a millisecond', (row: ChainedRow) => ({ ...row, atMs: row.atMs + 1 })],
    ['the hash', (row: ChainedRow) => ({ ...row, hash: `${row.hash.startsWith('0') ? 1 : 0}${row.hash.slice(1)}` })],
    ['the hash before', (row: ChainedRow) => ({ ...row, prevHash: 'f'.repeat(64) })],
    ['a text and the hash with it', (row: ChainedRow) => rehashed({ ...row, actorName: 'nobody' })],
  ] as const) {
    it(`names the edited row when somebody changed ${name}, wherever it stands, with and without checkpoints`, () => {
      for (const seq of everyRow) {
        const rows = replaced(seq, edit)
        assert.deepEqual(found(rows), { tampering: 'edit', seq }, `row ${seq}`)
        assert.deepEqual(found(rows, { checkpoints }), { tampering: 'edit', seq }, `row ${seq}, checkpoints`)
      }
    })
  }

  it('names the missing row when one was deleted, and calls a missing last one a cut tail', () => {
    for (const seq of everyRow) assert.deepEqual(found(sound.filter((row) => row.seq !== seq)), { tampering: seq === length ? 'cut' : 'delete', seq })
  })

  it('names the missing row when those behind it were renumbered', () => {
    for (const seq of everyRow.slice(0, -1)) {
      const rows = sound.filter((row) => row.seq !== seq).map((row) => (row.seq > seq ? { ...row, seq: row.seq - 1 } : row))
      assert.deepEqual(found(rows, { end: { ...end, seq: length - 1 } }), { tampering: 'delete', seq })
    }
  })

  it('names a row that was put in, chained or not, with those behind it pushed on', () => {
    for (const seq of everyRow) {
      const pushed = sound.slice(seq - 1).map((row) => ({ ...row, seq: row.seq + 1 }))
      const forged = { ...sampleEntry(99), seq, prevHash: sound[seq - 2]?.hash ?? '0'.repeat(64), hash: 'e'.repeat(64) }
      for (const row of [forged, rehashed(forged)]) {
        assert.deepEqual(found([...sound.slice(0, seq - 1), row, ...pushed], { end: { ...end, seq: length + 1 } }), { tampering: 'insert', seq }, `row ${seq}`)
      }
    }
  })

  it('names a row that was put behind the end, and a second copy of a row', () => {
    const [forged] = chainOnto(end, [sampleEntry(99)])
    assert.ok(forged)
    assert.deepEqual(found([...sound, forged]), { tampering: 'insert', seq: length + 1 })
    assert.deepEqual(found([...sound, { ...forged, seq: 40 }]), { tampering: 'insert', seq: 40 })
    for (const seq of everyRow) assert.deepEqual(found(sound.flatMap((row) => (row.seq === seq ? [row, row] : [row]))), { tampering: 'insert', seq })
  })

  it('names the first of two rows that changed places, in the file or in their numbers', () => {
    for (const first of everyRow) {
      for (const second of everyRow.filter((seq) => seq > first)) {
        const swap = (seq: number) => (seq === first ? second : seq === second ? first : seq)
        const inFile = sound.map((_, at) => sound[swap(at + 1) - 1] ?? sampleEntryRow())
        assert.deepEqual(found(inFile), { tampering: 'reorder', seq: first }, `lines ${first}, ${second}`)
        const renumbered = sound.map((row) => ({ ...row, seq: swap(row.seq) })).sort((a, b) => a.seq - b.seq)
        assert.deepEqual(found(renumbered), { tampering: 'reorder', seq: first }, `numbers ${first}, ${second}`)
      }
    }
  })

  it('names a row that was moved to the end', () => {
    for (const seq of everyRow.slice(0, -1)) {
      const rows = [...sound.filter((row) => row.seq !== seq), { ...(sound[seq - 1] ?? sampleEntryRow()), seq: 50 }]
      assert.deepEqual(found(rows), { tampering: 'reorder', seq })
    }
  })

  it('names the first row of a tail that is gone, also when only a checkpoint knows of it', () => {
    for (const seq of everyRow) {
      const rows = sound.slice(0, seq - 1)
      assert.deepEqual(found(rows), { tampering: 'cut', seq })
      assert.deepEqual(found(rows, { end: null }), { tampering: 'cut', seq })
      assert.deepEqual(found(rows, { end: { seq: seq - 1, hash: rows.at(-1)?.hash ?? '0'.repeat(64) }, checkpoints }), { tampering: 'cut', seq })
    }
  })

  it('names the row at which a rewritten history leaves the one that was signed', () => {
    for (const seq of everyRow) {
      const rows = rewrittenFrom(seq)
      assert.equal(found(rows, { end: endOf(rows) }), null, 'without a checkpoint nobody can tell')
      assert.deepEqual(found(rows, { end: endOf(rows), checkpoints }), { tampering: 'rewrite', seq }, `row ${seq}`)
    }
  })

  it('names the rows between two checkpoints when these carry no marks', () => {
    const plain = [checkpoint(sound, 0, 5, false), checkpoint(sound, 5, 10, false)]
    const rows = rewrittenFrom(8)
    assert.deepEqual(found(rows, { end: endOf(rows), checkpoints: plain }), { tampering: 'rewrite', seq: 6, toSeq: 10 })
    assert.equal(sentenceOf({ tampering: 'rewrite', seq: 6, toSeq: 10 }), 'a row from 6 to 10 is not what a signed checkpoint saw: the history was rewritten')
  })

  it('names the row of a fork: two rows for one place, or two signed histories', () => {
    for (const seq of everyRow) {
      const [twin] = chainOnto({ seq: seq - 1, hash: sound[seq - 2]?.hash ?? '0'.repeat(64) }, [sampleEntry(77)])
      assert.ok(twin)
      assert.deepEqual(found(sound.flatMap((row) => (row.seq === seq ? [row, twin] : [row]))), { tampering: 'fork', seq })
      assert.deepEqual(found([...sound, ...rewrittenFrom(seq).slice(seq - 1)]), { tampering: 'fork', seq })
      const rows = rewrittenFrom(seq)
      assert.deepEqual(found(rows, { end: endOf(rows), checkpoints: [...checkpoints, checkpoint(rows, 0, length)] }), { tampering: 'fork', seq })
    }
  })

  describe('with a signed cut', () => {
    const cutAt = (size: number): Cut => {
      const tree = new MerkleTree()
      for (const row of sound.slice(0, size)) tree.push(row.hash)
      return { kind: 'cut', v: 1, atMs: 1, size, root: tree.root(), lastHash: sound[size - 1]?.hash ?? '', keyId: '0'.repeat(16), by: '', signature: '', peaks: tree.frontier().peaks }
    }

    it('accepts the rows behind it, with the roots of the whole history', () => {
      for (const size of everyRow) {
        const verdict = verify(sound.slice(size), { cuts: [cutAt(size)], checkpoints })
        assert.deepEqual([verdict.finding, verdict.root, verdict.cutTo], [null, checkpoints[2]?.root, size], `cut at ${size}`)
      }
    })

    it('accepts rows that are signed away and not gone yet', () => {
      assert.equal(found(sound.slice(2), { cuts: [cutAt(5)], checkpoints }), null)
    })

    it('refuses the same rows without it, one row fewer than it says, and an edit behind it', () => {
      assert.deepEqual(found(sound.slice(5)), { tampering: 'delete', seq: 1 })
      assert.deepEqual(found(sound.slice(6), { cuts: [cutAt(5)] }), { tampering: 'delete', seq: 6 })
      assert.deepEqual(found(replaced(6, (row) => rehashed({ ...row, ip: 'x' })).slice(5), { cuts: [cutAt(5)] }), { tampering: 'edit', seq: 6 })
    })
  })
})

function sampleEntryRow(): ChainedRow {
  throw new Error('a row outside of the chain')
}
