// Owns judging a chain, row by row in the order in which it is given, in constant memory: the first bad row and what was
// done there. docs/design/0007-audit-chain.md tells how each class is told from the others.
// Refuses: reading files and databases, and judging signatures; it gets checkpoints and cuts that verified.
import { genesisHash, sha256 } from './audit-chain.ts'
import type { Finding, Verdict } from './chain-verdict.ts'
import type { Cut } from './checkpoint.ts'
import { CheckpointMatch, type VouchedCheckpoint } from './checkpoint-match.ts'
import { MerkleTree } from './merkle.ts'

/** One row as it lies in an export or a table. */
export interface PresentedRow {
  seq: number
  prevHash: string
  hash: string
  /** The canonical JSON that the hash should cover, or its UTF-8. */
  text: string | Buffer
}

const remembered = 4_096

interface Judged extends PresentedRow {
  /** Its hash is the one of its text. */
  intact: boolean
}

/** The row's text as it would read in another place. The last `"seq":` is the row's own: behind it come only texts. */
function textAt(text: string, seq: number): string {
  const start = text.lastIndexOf(',"seq":') + 7
  return text.slice(0, start) + seq + text.slice(text.indexOf(',', start))
}
const belongsAt = (row: PresentedRow, seq: number): boolean => sha256(textAt(row.text.toString(), seq)) === row.hash

export class ChainVerifier {
  readonly #tree: MerkleTree
  readonly #match: CheckpointMatch
  readonly #cutTo: number
  #rows = 0
  #before = genesisHash
  #last: { seq: number; hash: string }
  /** The first row that does not follow, and what the rows behind it say about that. */
  #odd: Judged | null = null
  #next: Judged | null = null
  /** The row that belongs in the place of the odd one, found further on. */
  #moved: PresentedRow | null = null
  #oddIsFollowed = false
  /** The last rows that were taken, by `seq` modulo their number: enough to tell a copy from another branch. */
  readonly #recent: { seq: number; hash: string }[] = []

  /** @param signed what verified: cuts, and checkpoints in any order */
  constructor(signed: { cuts: readonly Cut[]; checkpoints: readonly VouchedCheckpoint[] }) {
    const cut = [...signed.cuts].sort((a, b) => a.size - b.size).at(-1)
    this.#tree = new MerkleTree(cut === undefined ? undefined : { size: cut.size, peaks: cut.peaks })
    this.#cutTo = cut?.size ?? 0
    this.#last = { seq: this.#cutTo, hash: cut?.lastHash ?? genesisHash }
    this.#match = new CheckpointMatch(signed.checkpoints, this.#tree)
  }

  take(row: PresentedRow): void {
    this.#rows++
    if (this.#odd !== null) return this.#witness(this.#odd, row)
    if (row.seq <= this.#cutTo) return // removed under a signed cut, and not gone yet
    const intact = sha256(row.text) === row.hash
    if (!intact || row.seq !== this.#last.seq + 1 || row.prevHash !== this.#last.hash) {
      this.#odd = { ...row, intact }
      return
    }
    this.#before = this.#last.hash
    this.#last = { seq: row.seq, hash: row.hash }
    this.#recent[row.seq % remembered] = this.#last
    this.#tree.push(row.hash)
    this.#match.row(row.seq, row.hash)
  }

  /** A row behind the odd one: is it the one that belongs there, or does it follow the odd one? */
  #witness(odd: Judged, row: PresentedRow): void {
    this.#next ??= { ...row, intact: sha256(row.text) === row.hash }
    if (row.prevHash === odd.hash) this.#oddIsFollowed = true
    const expected = this.#last.seq + 1
    if (this.#moved === null && row.prevHash === this.#last.hash && belongsAt(row, expected)) this.#moved = row
  }

  /** @param end the last row by the application's own note (its head, or an export's last line); null when that is missing */
  finish(end: { seq: number; hash: string } | null): Verdict {
    const finding = this.#odd === null ? this.#soundFinding(end) : this.#earlier(this.#oddFinding(this.#odd, end))
    return { finding, rows: this.#rows, soundTo: this.#last, root: this.#tree.root(), agreeing: this.#match.agreeing, cutTo: this.#cutTo }
  }

  /** Rows may agree with each other and be others than those that were signed: then those come first. */
  #earlier(finding: Finding): Finding {
    const { firstMiss } = this.#match
    return firstMiss !== null && firstMiss < finding.seq ? { tampering: 'edit', seq: firstMiss } : finding
  }

  #soundFinding(end: { seq: number; hash: string } | null): Finding | null {
    const atEnd = this.#endFinding(end)
    const outside = this.#match.finding(this.#last.seq)
    if (outside === null || (atEnd !== null && (outside.tampering === 'cut' || (atEnd.tampering === 'edit' && atEnd.seq === outside.seq)))) return atEnd
    return outside
  }

  #endFinding(end: { seq: number; hash: string } | null): Finding | null {
    const { seq, hash } = this.#last
    if (end === null || seq < end.seq) return { tampering: 'cut', seq: seq + 1 }
    if (seq > end.seq) return { tampering: 'insert', seq: end.seq + 1 }
    return hash === end.hash ? null : { tampering: 'edit', seq }
  }

  #oddFinding(odd: Judged, end: { seq: number; hash: string } | null): Finding {
    const last = this.#last
    const expected = last.seq + 1
    if (odd.seq < expected) return { tampering: this.#isSecondBranch(odd) ? 'fork' : 'insert', seq: odd.seq }
    if (end !== null && expected > end.seq) return { tampering: 'insert', seq: odd.seq }
    if (odd.seq > expected) return { tampering: this.#moved === null ? 'delete' : 'reorder', seq: expected }
    if (odd.intact) return this.#betweenTwo(odd, end)
    // The row before was put in, and this one pushed on by one.
    if (odd.prevHash === this.#before && belongsAt(odd, last.seq)) return { tampering: 'insert', seq: last.seq }
    if (this.#moved !== null) {
      const genuine = this.#oddIsFollowed || belongsAt(odd, this.#moved.seq)
      return { tampering: genuine ? 'reorder' : 'insert', seq: expected }
    }
    // A row that was pulled up by one: the one that stood here is gone.
    return { tampering: belongsAt(odd, expected + 1) ? 'delete' : 'edit', seq: expected }
  }

  /** A row that is whole, for a place that is taken by another one. */
  #isSecondBranch(odd: Judged): boolean {
    const first = this.#recent[odd.seq % remembered]
    return odd.intact && odd.seq > this.#cutTo && !(first?.seq === odd.seq && first.hash === odd.hash)
  }

  /** Two rows are each whole but do not hold together: the one that the next row does not know was edited. */
  #betweenTwo(odd: Judged, end: { seq: number; hash: string } | null): Finding {
    const follower = this.#next === null ? end?.hash : this.#next.prevHash
    return { tampering: 'edit', seq: follower === odd.hash && this.#last.seq > this.#cutTo ? this.#last.seq : odd.seq }
  }
}
