// Owns following the chain as it grows: each new row is checked against the one before, and every so many rows or minutes
// a signed checkpoint goes to the file outside of the database and to syslog.
// Refuses: going on over a broken chain, or one that is not the history of the last checkpoint. It then says so and stops.
import type { Clock, Timer } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { genesisHash, hashOfRow, type ChainedRow } from './audit-chain.ts'
import type { AuditSigner } from './audit-signer.ts'
import type { AuditStore } from './audit-store.ts'
import { markOf, marksHashOf, shortText, type Checkpoint, type Sealed } from './checkpoint.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { MerkleTree } from './merkle.ts'

export interface CheckpointLimits {
  /** Rows after which a checkpoint is written. */
  rows: number
  /** Milliseconds after which one is written when there are new rows. */
  periodMs: number
  /** How often the end of the chain is looked at. */
  lookMs: number
}

export interface CheckpointServiceDeps {
  store: Pick<AuditStore, 'head' | 'after'>
  file: CheckpointFile
  signer: AuditSigner
  clock: Clock
  logger: Logger
  limits: CheckpointLimits
  /** Sends one line elsewhere; absent when no collector is configured. */
  witness?: (messageId: string, text: string) => Promise<void>
}

/** Why no more checkpoints are written. `rolled-back`: the database is not what the last checkpoint saw. */
export interface ChainStop {
  seq: number
  reason: 'row-altered' | 'row-missing' | 'rolled-back'
}

export interface CheckpointState {
  /** Rows 1 to here have been checked as they came. */
  followedTo: number
  checkpoints: number
  newest: { size: number; root: string; atMs: number } | null
  stop: ChainStop | null
}

const rowsAtOnce = 500

export class CheckpointService {
  readonly #deps: CheckpointServiceDeps
  #tree = new MerkleTree()
  #lastHash = genesisHash
  #marks = ''
  #newest: Checkpoint | null = null
  #count = 0
  #stop: ChainStop | null = null
  #timer: Timer | undefined
  #working: Promise<void> = Promise.resolve()
  #begun = false
  /** Monotonic; the period counts from here. */
  #begunMs = 0

  constructor(deps: CheckpointServiceDeps) {
    this.#deps = deps
  }

  /** Looks at the chain now and from time to time from now on. */
  async start(): Promise<void> {
    this.#timer = this.#deps.clock.every(this.#deps.limits.lookMs, () => void this.look())
    await this.look()
  }

  /** Goes on from the newest checkpoint or cut in the file, after comparing it with the database. */
  async #begin(): Promise<void> {
    const { file, signer, clock } = this.#deps
    const sealed = file.read()
    file.keepPublicKey(signer)
    const from = sealed.filter(carriesOn).sort((a, b) => a.size - b.size).at(-1)
    const cutTo = Math.max(0, ...sealed.filter(({ kind }) => kind === 'cut').map(({ size }) => size))
    if (from !== undefined) await this.#resume(from, cutTo)
    this.#count = sealed.filter(({ kind }) => kind === 'checkpoint').length
    this.#newest = sealed.filter((line) => line.kind === 'checkpoint').at(-1) ?? null
    this.#begunMs = clock.monotonicMs()
    this.#begun = true
  }

  async #resume(from: Sealed & { peaks: string[] }, cutTo: number): Promise<void> {
    this.#tree = new MerkleTree({ size: from.size, peaks: from.peaks })
    this.#lastHash = from.lastHash
    if (from.size <= cutTo) return
    const [row] = await this.#deps.store.after(from.size - 1, 1)
    if (row?.seq !== from.size || row.hash !== from.lastHash) this.#halt({ seq: from.size, reason: 'rolled-back' })
  }

  state(): CheckpointState {
    const newest = this.#newest === null ? null : { size: this.#newest.size, root: this.#newest.root, atMs: this.#newest.atMs }
    return { followedTo: this.#tree.size, checkpoints: this.#count, newest, stop: this.#stop }
  }

  /** Follows the chain to its end and writes what checkpoints are due. One look after another. */
  look(always = false): Promise<void> {
    this.#working = this.#working.then(() => this.#look(always)).catch((error: unknown) => this.#deps.logger.error({ error }, 'the audit chain could not be followed'))
    return this.#working
  }

  async #look(always: boolean): Promise<void> {
    if (!this.#begun) await this.#begin()
    const { store, clock, limits } = this.#deps
    for (;;) {
      if (this.#stop !== null) return
      const rows = await store.after(this.#tree.size, Math.min(rowsAtOnce, limits.rows - this.#sinceNewest()))
      for (const row of rows) if (!this.#take(row)) return
      const due = this.#sinceNewest() >= limits.rows || always || clock.monotonicMs() - this.#begunMs >= limits.periodMs
      if (due && this.#sinceNewest() > 0 && (rows.length === 0 || this.#sinceNewest() >= limits.rows)) await this.#write()
      if (rows.length === 0) return
    }
  }

  #sinceNewest(): number {
    return this.#marks.length / markOf(genesisHash).length
  }

  #take(row: ChainedRow): boolean {
    const expected = this.#tree.size + 1
    if (row.seq !== expected) this.#halt({ seq: expected, reason: 'row-missing' })
    else if (row.prevHash !== this.#lastHash || hashOfRow(row) !== row.hash) this.#halt({ seq: row.seq, reason: 'row-altered' })
    if (this.#stop !== null) return false
    this.#tree.push(row.hash)
    this.#lastHash = row.hash
    this.#marks += markOf(row.hash)
    return true
  }

  #halt(stop: ChainStop): void {
    this.#stop = stop
    this.#deps.logger.error(stop, 'the audit chain is not what it was; no more checkpoints are signed')
  }

  async #write(): Promise<void> {
    const { signer, file, clock, witness, logger } = this.#deps
    const { size, peaks } = this.#tree.frontier()
    const marks = this.#marks
    const checkpoint = signer.checkpoint(
      { atMs: clock.now(), size, root: this.#tree.root(), lastHash: this.#lastHash, previousSize: size - this.#sinceNewest(), marksHash: marksHashOf(marks) },
      { peaks, marks },
    )
    await file.append(checkpoint)
    this.#newest = checkpoint
    this.#count++
    this.#marks = ''
    this.#begunMs = clock.monotonicMs()
    await witness?.('checkpoint', shortText(checkpoint)).catch((error: unknown) => logger.warn({ error }, 'a checkpoint did not reach syslog'))
  }

  /** Signs what there is, so that a stop of the server leaves no row without a checkpoint. */
  async close(): Promise<void> {
    this.#timer?.cancel()
    if (this.#begun) await this.look(true)
  }
}

function carriesOn(line: Sealed): line is Sealed & { peaks: string[] } {
  return line.peaks !== undefined
}
