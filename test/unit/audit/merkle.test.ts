// Owns proof that the tree's roots are those of RFC 6962, and that it goes on from its peaks.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { MerkleTree } from '../../../backend/audit/merkle.ts'
import { sha256 } from '../../../backend/audit/audit-chain.ts'

const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** The definition of RFC 6962, section 2.1, word for word. */
function definition(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return hash()
  if (leaves.length === 1) return hash(Buffer.from([0]), only)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hash(Buffer.from([1]), definition(leaves.slice(0, split)), definition(leaves.slice(split)))
}

describe('the Merkle tree', () => {
  const rows = Array.from({ length: 70 }, (_, at) => sha256(`row ${at}`))

  it('has the root that RFC 6962 defines, for every size', () => {
    const tree = new MerkleTree()
    for (let size = 0; size <= rows.length; size++) {
      assert.equal(tree.root(), definition(rows.slice(0, size).map((row) => Buffer.from(row, 'hex'))).toString('hex'), `size ${size}`)
      tree.push(rows[size] ?? '')
    }
  })

  it('goes on from its peaks as if it had never stopped', () => {
    const whole = new MerkleTree()
    for (const row of rows) whole.push(row)
    for (let cut = 0; cut < rows.length; cut++) {
      const first = new MerkleTree()
      for (const row of rows.slice(0, cut)) first.push(row)
      const second = new MerkleTree(first.frontier())
      for (const row of rows.slice(cut)) second.push(row)
      assert.equal(second.root(), whole.root())
    }
  })

  it('refuses peaks that do not belong to the size', () => {
    assert.throws(() => new MerkleTree({ size: 3, peaks: [sha256('a')] }))
    assert.throws(() => new MerkleTree({ size: 1, peaks: ['ab'] }))
  })
})
