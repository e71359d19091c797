// Owns proof of the bytes that the chain's hashes cover.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { canonicalJson, wellFormed } from '#base/canonical-json.ts'
import { canonicalRow, chainOnto, genesisHash, type UnsealedRow } from '../../../backend/audit/audit-chain.ts'
import { entryOf } from '../../../backend/audit/audit-service.ts'
import { brandId } from '#base/ids.ts'
import { sampleChain, sampleEntry } from './sample-rows.ts'

describe('canonical JSON', () => {
  it('writes the example of RFC 8785, section 3.2.3, in its byte form', () => {
    const value = { numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001], string: '\u20ac$\u000f\nA\'B"\\\\"/', literals: [null, true, false] }
    assert.equal(canonicalJson(value), String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`)
  })

  it('sorts keys by UTF-16 code units, as in the example of RFC 8785, section 3.2.3', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
    assert.deepEqual(canonicalJson(value).match(/(?<=:)\d/g), ['2', '4', '6', '7', '1', '5', '3'])
  })

  it('refuses what JSON has no form for', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, 1n]) assert.throws(() => canonicalJson({ value }), TypeError)
  })
})

describe('the chain of audit rows', () => {
  it('covers every field of a row but its own hash, in the canonical form', () => {
    const rows = sampleChain(20, (number) => ({ purpose: number % 2 ? '' : '核查"警情"\u2028\ud83d\ude00', unitId: number % 3 ? null : '01kb0000000000000000000009' }))
    for (const { hash, ...row } of rows) {
      const { detail, ...plain } = row
      const expected = canonicalJson({ ...plain, detail: JSON.parse(detail), v: 1 })
      assert.equal(canonicalRow(row), expected)
      assert.equal(hash, createHash('sha256').update(expected, 'utf8').digest('hex'))
    }
  })

  it('changes the hash with any change of any field', () => {
    const [first] = sampleChain(1)
    assert.ok(first)
    const { hash: _hash, ...row } = first
    const fields = Object.keys(row) as (keyof UnsealedRow)[]
    for (const field of fields) {
      const value = row[field]
      const changed = { ...row, [field]: typeof value === 'number' ? value + 1 : value === null ? 'x' : `${value} ` }
      assert.notEqual(canonicalRow(changed), canonicalRow(row), field)
    }
  })

  it('starts at 1 behind the zero hash, and each row holds the hash of the one before', () => {
    const rows = chainOnto({ seq: 0, hash: genesisHash }, [sampleEntry(1), sampleEntry(2), sampleEntry(3)])
    assert.deepEqual(rows.map(({ seq }) => seq), [1, 2, 3])
    assert.deepEqual(rows.map(({ prevHash }) => prevHash), [genesisHash, rows[0]?.hash, rows[1]?.hash])
  })
})

describe('an entry', () => {
  const actor = { userId: null, displayName: `a\0b\ud800c${'名'.repeat(80)}`, unitName: 'u', ip: '::1' }

  it('is cut and made well formed before it is hashed, so that the database keeps what the hash covers', () => {
    const entry = entryOf(brandId('x'), 1, actor, { action: 'a.b', targetKind: 'k', targetId: 't', detail: { b: 'x\0\udc00', a: undefined } })
    assert.equal(entry.actorName, `a\ufffdb\ufffdc${'名'.repeat(59)}`)
    assert.equal(entry.detail, '{"b":"x\ufffd\ufffd"}')
    assert.equal(wellFormed('好\ud83d\ude00'), '好\ud83d\ude00')
  })

  it('names its camera and its case number where the act gives none', () => {
    const of = (targetKind: string, detail: Record<string, unknown>) => {
      const { cameraId, caseNumber } = entryOf(brandId('x'), 1, actor, { action: 'a.b', targetKind, targetId: 'id', targetName: 'name', detail })
      return [cameraId, caseNumber]
    }
    assert.deepEqual([of('camera', {}), of('case', {}), of('tag', { cameraId: 'c', caseNumber: 'n' }), of('user', { cameraId: 1 })], [['id', ''], ['', 'name'], ['c', 'n'], ['', '']])
  })

  it('keeps length and hash of a detail that is too long', () => {
    const entry = entryOf(brandId('x'), 1, actor, { action: 'a.b', targetKind: 'k', targetId: 't', detail: { long: 'x'.repeat(20_000) } })
    assert.match(entry.detail, /^\{"sha256":"[0-9a-f]{64}","tooLong":20011\}$/)
  })
})
