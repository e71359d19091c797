// Owns who watches what, as intervals in the audit: one `live.open` and one `live.close` per session, camera and stream,
// however many files the player asks for. Looking at the last seconds again is an interval of its own: `replay.open` and
// `replay.close`.
// Refuses: rights. Whoever gets here has been judged.
import { AppError } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, SessionId, UnitId, UserId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import type { Actor, AuditTrail, LiveTrail } from '../audit/index.ts'
import type { Principal, Scope } from '../http/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'

export interface WatchedStream {
  cameraId: CameraId
  cameraName: string
  unitId: UnitId
  stream: StreamKind
  /** A replay, and the moment from which on it shows, UTC ms; absent: live. */
  replayFromMs?: number
}

interface Watch {
  actor: Actor
  sessionId: SessionId
  watched: WatchedStream
  /** Monotonic. */
  openedMs: number
  askedMs: number
  /** Settles when `live.open` is in the audit. */
  recorded: Promise<void>
}

/** 调用登记: asked before the first byte of what is not standing duty. @throws AppError purpose_needed */
export interface PurposePort {
  require(principal: Principal, wanted: { act: 'live'; cameraId: CameraId; fromMs: number; toMs: number }): Promise<{ id: string; purpose: string; caseNumber?: string | null; incidentNumber?: string | null }>
}

/** What the audit keeps of a watching that is not standing duty. */
export interface BeyondDuty {
  registerId: string
  purpose: string
  /** 案件编号 or 警情编号; empty when the purpose needs none. */
  caseNumber: string
}

export interface WatchLedgerDeps {
  storage: Storage
  clock: Clock
  trail: AuditTrail
  /** Keeps intervals on disk for some minutes while the database cannot; absent: they are refused then. */
  liveTrail?: Pick<LiveTrail, 'record'>
  logger: Logger
  purposes?: PurposePort | undefined
  limits?: Partial<WatchLimits>
}

/** A right that has ended while something was being watched by it. */
export interface RightEnd {
  reason: string
  /** UTC milliseconds. */
  endedAtMs: number
}

export interface WatchLimits {
  /** An interval ends when its session has asked for nothing for so long. */
  silentMs: number
  /** How often that is looked at. */
  sweepMs: number
  /** Open intervals of one session; a wall has 16 tiles. */
  perSession: number
}

const defaults: WatchLimits = { silentMs: 30_000, sweepMs: 5_000, perSession: 256 }

export class WatchLedger {
  readonly #deps: WatchLedgerDeps
  readonly #limits: WatchLimits
  readonly #open = new Map<string, Watch>()
  readonly #sweeper: Timer
  #closing: Promise<void> = Promise.resolve()

  constructor(deps: WatchLedgerDeps) {
    this.#deps = deps
    this.#limits = { ...defaults, ...deps.limits }
    this.#sweeper = deps.clock.every(this.#limits.sweepMs, () => {
      const before = deps.clock.monotonicMs() - this.#limits.silentMs
      void this.#end((watch) => watch.askedMs <= before)
    })
  }

  /** The session has asked for the stream again; nothing is recorded. */
  touch(sessionId: SessionId, cameraId: CameraId, stream: StreamKind): void {
    const watch = this.#open.get(keyText(sessionId, { cameraId, stream }))
    if (watch) watch.askedMs = this.#deps.clock.monotonicMs()
  }

  /**
   * For media that belongs to live pictures and to a replay alike: goes on with whichever of them is open; without any of
   * them a live interval begins. @throws AppError as `watching`
   */
  async given(principal: Principal, watched: WatchedStream, ip: string): Promise<void> {
    if (!this.#open.has(keyText(principal.sessionId, watched))) {
      const replay = [...this.#open.values()].find(
        (watch) => watch.sessionId === principal.sessionId && watch.watched.cameraId === watched.cameraId && watch.watched.stream === watched.stream,
      )
      if (replay) return this.watching(principal, replay.watched, ip)
    }
    return this.watching(principal, watched, ip)
  }

  /** Standing duty covers the own subtree; a camera beyond it needs a register entry. @throws AppError purpose_needed */
  async assertPurpose(principal: Principal, watched: { cameraId: CameraId; unitId: UnitId; replayFromMs?: number }): Promise<Partial<BeyondDuty>> {
    if (principal.scope.unitIds.has(watched.unitId)) return {}
    const nowMs = this.#deps.clock.now()
    const { purposes } = this.#deps
    if (purposes === undefined) throw new AppError('forbidden', 'purpose_needed', errorCodes.purpose_needed)
    const { id, purpose, caseNumber, incidentNumber } = await purposes.require(principal, { act: 'live', cameraId: watched.cameraId, fromMs: watched.replayFromMs ?? nowMs, toMs: nowMs })
    return { registerId: id, purpose, caseNumber: caseNumber ?? incidentNumber ?? '' }
  }

  /** Ends the intervals of a person on cameras whose grant has ended. */
  endOf(userId: UserId, cameraIds: readonly CameraId[], why: RightEnd): Promise<void> {
    return this.#end((watch) => watch.actor.userId === userId && cameraIds.includes(watch.watched.cameraId), why)
  }

  /**
   * Resolves when the audit knows that this session watches this stream; asks the database only the first time.
   * @throws AppError too_many_tries when the session watches more streams than a person can, unavailable
   */
  async watching(principal: Principal, watched: WatchedStream, ip: string): Promise<void> {
    const purpose = await this.assertPurpose(principal, watched)
    const key = keyText(principal.sessionId, watched)
    const known = this.#open.get(key)
    if (known) {
      known.askedMs = this.#deps.clock.monotonicMs()
      return known.recorded
    }
    this.#assertRoom(principal.sessionId)
    const nowMs = this.#deps.clock.monotonicMs()
    const actor = { userId: principal.userId, displayName: principal.displayName, unitName: principal.unitName, unitId: principal.unitId, sessionId: principal.sessionId, ip }
    const watch: Watch = { actor, sessionId: principal.sessionId, watched, openedMs: nowMs, askedMs: nowMs, recorded: this.#record('open', actor, watched, purpose) }
    this.#open.set(key, watch)
    try {
      await watch.recorded
    } catch (error) {
      this.#open.delete(key)
      throw error
    }
  }

  /** How many streams of the scope are being watched; two watchers of one stream count twice, a replay does not count. */
  count(scope: Scope): number {
    return [...this.#open.values()].filter(({ watched }) => watched.replayFromMs === undefined && scope.unitIds.has(watched.unitId)).length
  }

  /** Ends the intervals of a session that has ended; the audit keeps why, when the right ended and when it was cut. */
  endSession(sessionId: SessionId, why?: RightEnd): Promise<void> {
    return this.#end((watch) => watch.sessionId === sessionId, why)
  }

  /** Ends all intervals, so that a stop of the server leaves none open in the audit. */
  async close(): Promise<void> {
    this.#sweeper.cancel()
    await this.#end(() => true)
  }

  #assertRoom(sessionId: SessionId): void {
    const own = [...this.#open.values()].filter((watch) => watch.sessionId === sessionId)
    if (own.length >= this.#limits.perSession) {
      throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: this.#limits.silentMs / 1000 })
    }
  }

  /** One end after another: what is being ended is not ended twice, and what could not be recorded is tried again. */
  #end(over: (watch: Watch) => boolean, why?: RightEnd): Promise<void> {
    const cut = why === undefined ? {} : { reason: why.reason, rightEndedAt: toInstant(why.endedAtMs), cutAt: toInstant(this.#deps.clock.now()) }
    const turn = this.#closing.then(async () => {
      for (const [key, watch] of [...this.#open]) {
        if (!over(watch)) continue
        this.#open.delete(key)
        try {
          await watch.recorded
        } catch {
          continue // its opening failed and was answered as a failure: nobody has watched
        }
        const seconds = Math.max(0, Math.round((watch.askedMs - watch.openedMs) / 1000))
        try {
          await this.#record('close', watch.actor, watch.watched, { seconds, ...cut })
        } catch (error) {
          this.#deps.logger.error({ error, cameraId: watch.watched.cameraId }, 'the end of a watch could not be recorded')
          if (!this.#open.has(key)) this.#open.set(key, watch)
        }
      }
    })
    this.#closing = turn
    return turn
  }

  async #record(end: 'open' | 'close', actor: Actor, watched: WatchedStream, detail: Record<string, unknown>): Promise<void> {
    const { storage, trail, liveTrail } = this.#deps
    const replay = watched.replayFromMs
    const act = {
      action: `${replay === undefined ? 'live' : 'replay'}.${end}`,
      targetKind: 'camera',
      targetId: watched.cameraId,
      targetName: watched.cameraName,
      purpose: typeof detail['purpose'] === 'string' ? detail['purpose'] : '',
      detail: { stream: watched.stream, ...(replay === undefined ? {} : { from: toInstant(replay) }), ...detail },
    }
    // The spool bridges an outage for live pictures only: those nobody can do without.
    if (liveTrail !== undefined && replay === undefined) await liveTrail.record(actor, act)
    else await storage.transaction((tx) => trail.record(tx, actor, act))
  }
}

function keyText(sessionId: SessionId, { cameraId, stream, replayFromMs }: Pick<WatchedStream, 'cameraId' | 'stream' | 'replayFromMs'>): string {
  return `${sessionId}/${cameraId}/${stream}${replayFromMs === undefined ? '' : `/${replayFromMs}`}`
}
