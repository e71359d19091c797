// Owns the Merkle tree hash of RFC 6962 over row hashes, kept as the peaks of the complete subtrees: a root of any size so
// far costs a few hashes, and the tree goes on without the rows before.
import { hash as digest } from 'node:crypto'

/** The complete subtrees from left to right, as hexadecimal hashes; their sizes are the binary digits of `size`. */
export interface Frontier {
  size: number
  peaks: string[]
}

const hexLength = 64

export class MerkleTree {
  #size = 0
  /** From left to right. */
  readonly #peaks: Buffer[] = []
  readonly #leaf = Buffer.alloc(33)
  readonly #node = Buffer.alloc(65)

  constructor(from: Frontier = { size: 0, peaks: [] }) {
    if (!fits(from)) throw new Error(`${from.peaks.length} peaks do not make a tree of ${from.size}`)
    this.#size = from.size
    this.#peaks = from.peaks.map((peak) => Buffer.from(peak, 'hex'))
    this.#node[0] = 1
  }

  get size(): number {
    return this.#size
  }

  /** @param rowHash hexadecimal SHA-256 of the row; the leaf's data are its 32 bytes */
  push(rowHash: string): void {
    this.#leaf.write(rowHash, 1, 'hex')
    let peak: Buffer = digest('sha256', this.#leaf, 'buffer')
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) peak = this.#join(this.#peaks.pop() ?? peak, peak)
    this.#peaks.push(peak)
    this.#size++
  }

  /** MTH of all rows so far, hexadecimal. @see RFC 6962, section 2.1 */
  root(): string {
    const last = this.#peaks.at(-1)
    if (last === undefined) return digest('sha256', '', 'hex')
    return this.#peaks.slice(0, -1).reduceRight((right, left) => this.#join(left, right), last).toString('hex')
  }

  frontier(): Frontier {
    return { size: this.#size, peaks: this.#peaks.map((peak) => peak.toString('hex')) }
  }

  #join(left: Buffer, right: Buffer): Buffer {
    left.copy(this.#node, 1)
    right.copy(this.#node, 33)
    return digest('sha256', this.#node, 'buffer')
  }
}

/** Whether so many peaks belong to a tree of that size. */
export function fits({ size, peaks }: Frontier): boolean {
  const ones = size.toString(2).replaceAll('0', '').length
  return peaks.length === ones && peaks.every((peak) => peak.length === hexLength)
}
