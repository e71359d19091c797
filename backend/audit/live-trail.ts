// Owns recording live view: into the audit, or for some minutes into the spool while the database cannot be written, from
// which it is put into the audit in order and once.
// Refuses: any other action; without the audit none of them happens.
import { AppError } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import type { AuditId } from '#contract/ids.ts'
import { isOutage, toInstant, type Storage } from '../storage/index.ts'
import { entryOf, systemActor, type Act, type Actor, type AuditTrail } from './audit-service.ts'
import type { AuditStore } from './audit-store.ts'
import type { LiveSpool } from './live-spool.ts'

export interface LiveTrailDeps {
  storage: Storage
  store: AuditStore
  trail: AuditTrail
  spool: LiveSpool
  clock: Clock
  random: RandomBytes
  logger: Logger
  /** Milliseconds of an outage that the spool bridges. */
  longestMs: number
}

const tryAgainMs = 2_000

export class LiveTrail {
  readonly #deps: LiveTrailDeps
  /** Monotonic; null while the database takes entries. */
  #outageSinceMs: number | null = null
  #timer: Timer | undefined
  #replaying = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: LiveTrailDeps) {
    this.#deps = deps
    if (deps.spool.read().entries.length > 0) this.#outage()
  }

  /** @throws AppError audit_unavailable when the outage has lasted longer than the spool bridges */
  async record(actor: Actor, act: Act): Promise<void> {
    const { storage, trail, clock, random } = this.#deps
    const atMs = clock.now()
    if (this.#outageSinceMs === null) {
      try {
        return void (await storage.transaction((tx) => trail.record(tx, actor, act)))
      } catch (error) {
        if (!isOutage(error)) throw error
      }
    }
    const entry = entryOf(newId<AuditId>(atMs, random), atMs, actor, { ...act, detail: { ...act.detail, spooled: true } })
    await this.#inTurn(async () => {
      const since = this.#outage()
      if (clock.monotonicMs() - since > this.#deps.longestMs) throw new AppError('unavailable', 'audit_unavailable', errorCodes.audit_unavailable, { retryAfterSeconds: tryAgainMs / 1_000 })
      await this.#deps.spool.append(entry)
    })
  }

  #outage(): number {
    this.#outageSinceMs ??= this.#deps.clock.monotonicMs()
    this.#timer ??= this.#deps.clock.every(tryAgainMs, () => void (this.#replaying ? undefined : this.replay()))
    return this.#outageSinceMs
  }

  /** Puts what waits into the audit: all of it, or none. Entries that are there already are not put in twice. */
  async replay(): Promise<void> {
    this.#replaying = true
    await this.#replayInTurn().finally(() => (this.#replaying = false))
  }

  #replayInTurn(): Promise<void> {
    return this.#inTurn(async () => {
      const { storage, store, trail, spool, logger } = this.#deps
      if (this.#outageSinceMs === null) return
      const { entries, gap } = spool.read()
      try {
        await storage.transaction(async (tx) => {
          const known = await store.known(tx, entries.map(({ id }) => id))
          for (const entry of entries) if (!known.has(entry.id)) await store.add(tx, entry)
          const [first] = entries
          const last = entries.at(-1)
          if (first === undefined || last === undefined || known.has(last.id)) return
          await trail.record(tx, systemActor, { action: 'audit.replay', targetKind: 'audit', targetId: '', outcome: gap ? 'refused' : 'done', detail: { entries: entries.length, from: toInstant(first.atMs), to: toInstant(last.atMs), gap } })
        })
      } catch (error) {
        logger.warn({ error, waiting: entries.length }, 'live view is on record on local disk only')
        return
      }
      spool.clear()
      this.#outageSinceMs = null
      this.#timer?.cancel()
      this.#timer = undefined
    })
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#turn
  }
}
