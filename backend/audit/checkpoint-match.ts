// Owns comparing rows with signed checkpoints: roots where a checkpoint ends, marks row by row.
// Refuses: judging signatures, and rows among themselves.
import { markLength, markOf, type Checkpoint } from './checkpoint.ts'
import type { Finding } from './chain-verdict.ts'
import type { MerkleTree } from './merkle.ts'

/** A checkpoint whose signature verified. */
export type VouchedCheckpoint = Pick<Checkpoint, 'size' | 'previousSize' | 'root' | 'marks'>

export class CheckpointMatch {
  readonly #tree: MerkleTree
  readonly #bySize = new Map<number, VouchedCheckpoint[]>()
  /** With marks, in order of their first row. */
  readonly #marked: VouchedCheckpoint[]
  #current: VouchedCheckpoint[] = []
  #nextMarked = 0
  #largest = 0
  #disagreeing: number[] = []
  #agreeingSizes: number[] = []
  #firstMiss: number | null = null

  constructor(checkpoints: readonly VouchedCheckpoint[], tree: MerkleTree) {
    this.#tree = tree
    for (const checkpoint of checkpoints) {
      const same = this.#bySize.get(checkpoint.size) ?? []
      if (!same.some(({ root, marks }) => root === checkpoint.root && marks === checkpoint.marks)) same.push(checkpoint)
      this.#bySize.set(checkpoint.size, same)
      this.#largest = Math.max(this.#largest, checkpoint.size)
    }
    this.#marked = checkpoints.filter(({ marks }) => marks !== undefined).sort((a, b) => a.previousSize - b.previousSize)
    this.#compareRoots(tree.size)
  }

  /** First row whose hash is not the one that a checkpoint marked. */
  get firstMiss(): number | null {
    return this.#firstMiss
  }

  get agreeing(): number {
    return this.#agreeingSizes.length
  }

  /** To be called for each sound row, after the tree took it. */
  row(seq: number, hash: string): void {
    for (; (this.#marked[this.#nextMarked]?.previousSize ?? Number.POSITIVE_INFINITY) < seq; this.#nextMarked++) {
      const entered = this.#marked[this.#nextMarked]
      if (entered !== undefined) this.#current.push(entered)
    }
    if (this.#current.length > 0) this.#compareMarks(seq, hash)
    if (this.#bySize.has(seq)) this.#compareRoots(seq)
  }

  #compareMarks(seq: number, hash: string): void {
    for (const { previousSize, marks = '', size } of this.#current) {
      if (seq <= size && this.#firstMiss === null && !marks.startsWith(markOf(hash), (seq - previousSize - 1) * markLength)) this.#firstMiss = seq
    }
    if (this.#current.some(({ size }) => size <= seq)) this.#current = this.#current.filter(({ size }) => size > seq)
  }

  #compareRoots(size: number): void {
    const here = this.#bySize.get(size)
    if (here === undefined) return
    const root = this.#tree.root()
    for (const checkpoint of here) (checkpoint.root === root ? this.#agreeingSizes : this.#disagreeing).push(size)
  }

  /** What the checkpoints say about rows that agree among themselves. @param lastSeq the last of them */
  finding(lastSeq: number): Finding | null {
    const [first] = this.#disagreeing
    if (first === undefined && this.#firstMiss === null) return this.#largest > lastSeq ? { tampering: 'cut', seq: lastSeq + 1 } : null
    // A checkpoint also vouches for the rows as they are now: the key has signed two histories.
    const both = first !== undefined && this.#agreeingSizes.some((size) => size >= first)
    const tampering = both ? 'fork' : 'rewrite'
    if (this.#firstMiss !== null) return { tampering, seq: this.#firstMiss }
    const before = Math.max(0, ...this.#agreeingSizes.filter((size) => size < (first ?? 0)))
    return { tampering, seq: before + 1, toSeq: first ?? lastSeq }
  }
}
