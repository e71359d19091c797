// Owns the end of what is kept: the oldest rows go under a signed cut that keeps their root, and only after they verified.
// Refuses: rows younger than the law's and the configuration's time, rows that no checkpoint covers, a chain that is not sound.
import type { Clock } from '#base/clock.ts'
import type { Storage } from '../storage/index.ts'
import { systemActor, type AuditTrail } from './audit-service.ts'
import type { AuditSigner } from './audit-signer.ts'
import type { AuditStore } from './audit-store.ts'
import { databaseSource } from './chain-source.ts'
import { sentenceOf } from './chain-verdict.ts'
import type { Cut } from './checkpoint.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { MerkleTree } from './merkle.ts'
import { verifyChain } from './verify-chain.ts'

export interface CutServiceDeps {
  storage: Storage
  store: AuditStore
  trail: AuditTrail
  file: CheckpointFile
  signer: AuditSigner
  clock: Clock
  /** Rows younger than this are never cut. */
  keepMs: number
}

/** Why nothing was cut. */
export class CutRefused extends Error {}

export class CutService {
  readonly #deps: CutServiceDeps

  constructor(deps: CutServiceDeps) {
    this.#deps = deps
  }

  /**
   * Cuts what is older than `beforeMs`. The cut is signed, on disk and in the chain before the first row goes; when the
   * removal is cut off, running it again goes on.
   * @param by who orders it, as it will stand in the record
   * @throws CutRefused
   */
  async cutBefore(beforeMs: number, by: string): Promise<{ cut: Cut; removed: number }> {
    const { storage, store, trail, file, signer, clock, keepMs } = this.#deps
    if (beforeMs > clock.now() - keepMs) throw new CutRefused(`rows younger than ${Math.round(keepMs / 86_400_000)} days are kept`)
    const sealed = file.read()
    const size = await store.lastBefore(beforeMs)
    const before = Math.max(0, ...sealed.filter(({ kind }) => kind === 'cut').map((cut) => cut.size))
    const covered = Math.max(0, ...sealed.filter(({ kind }) => kind === 'checkpoint').map((checkpoint) => checkpoint.size))
    if (size <= before) return this.#goOn(sealed.filter((line): line is Cut => line.kind === 'cut').at(-1))
    if (size > covered) throw new CutRefused(`checkpoints cover rows to ${covered} only; row ${size} is not covered yet`)
    const { peaks, root, lastHash } = await this.#treeTo(size, sealed)
    const cut = signer.cut({ atMs: clock.now(), size, root, lastHash, by: by.slice(0, 100) }, peaks)
    await file.append(cut)
    await storage.transaction(async (tx) => {
      await store.addCut(tx, cut)
      await trail.record(tx, { ...systemActor, displayName: by }, { action: 'audit.cut', targetKind: 'audit', targetId: String(size), detail: { upTo: size, root, lastHash } })
    })
    return { cut, removed: await store.removeTo(size) }
  }

  async #goOn(cut: Cut | undefined): Promise<{ cut: Cut; removed: number }> {
    if (cut === undefined) throw new CutRefused('no row is that old')
    const removed = await this.#deps.store.removeTo(cut.size)
    if (removed === 0) throw new CutRefused('no row is that old')
    return { cut, removed }
  }

  /** The tree over rows 1 to `size`, of a chain that was sound from end to end. */
  async #treeTo(size: number, sealed: ReturnType<CheckpointFile['read']>): Promise<{ peaks: string[]; root: string; lastHash: string }> {
    const { storage, signer } = this.#deps
    const last = sealed.filter((line): line is Cut => line.kind === 'cut').at(-1)
    const tree = new MerkleTree(last === undefined ? undefined : { size: last.size, peaks: last.peaks })
    let lastHash = ''
    const { finding } = await verifyChain(await databaseSource(storage, sealed), {
      keys: [signer.publicKeyPem],
      onRow: (row) => {
        if (row.seq <= tree.size || row.seq > size) return
        tree.push(row.hash)
        lastHash = row.hash
      },
    })
    if (finding !== null) throw new CutRefused(`the chain is not sound: ${sentenceOf(finding)}`)
    return { peaks: tree.frontier().peaks, root: tree.root(), lastHash }
  }
}
