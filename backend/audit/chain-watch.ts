// Owns verifying the whole chain inside the server when somebody asks for it, in small pieces between other work.
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import type { Storage } from '../storage/index.ts'
import type { AuditSigner } from './audit-signer.ts'
import { databaseSource } from './chain-source.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { verifyChain, type Verification } from './verify-chain.ts'

export class ChainWatch {
  readonly #deps: { storage: Storage; clock: Clock; logger: Logger; file: CheckpointFile; signer: AuditSigner }
  #running: Promise<void> | null = null
  #last: { atMs: number; verdict: Verification } | null = null

  constructor(deps: { storage: Storage; clock: Clock; logger: Logger; file: CheckpointFile; signer: AuditSigner }) {
    this.#deps = deps
  }

  state(): { running: boolean; last: { atMs: number; verdict: Verification } | null } {
    return { running: this.#running !== null, last: this.#last }
  }

  /** Verifies from the first row to the last; asking again while it runs starts no second one. */
  verify(): Promise<void> {
    this.#running ??= this.#verify().finally(() => (this.#running = null))
    return this.#running
  }

  async #verify(): Promise<void> {
    const { storage, clock, logger, file, signer } = this.#deps
    try {
      const verdict = await verifyChain(await databaseSource(storage, file.read(), 250), { keys: [signer.publicKeyPem] })
      this.#last = { atMs: clock.now(), verdict }
      if (verdict.finding !== null) logger.error(verdict.finding, 'the audit was tampered with')
    } catch (error) {
      logger.error({ error }, 'the audit could not be verified')
    }
  }

  async close(): Promise<void> {
    await this.#running
  }
}
