// Owns the moment when a right ends: whoever keeps something open for a person (an answer under way, a push socket, a
// download, an export) holds it here, and it is cut as soon as the right is gone, wherever it was ended.
// Refuses: granting. What is held has been judged; here it is judged again.
//
// For whoever writes bytes of video over time:
//   const release = rights.hold({ principal, allowed: (now) => may(now, 'camera:live', place), cut: (reason) => socket.close(4401, reason) })
//   … release() when it closes by itself.
// `cut` is called at most once, synchronously with the end of a session in this process, and within
// `recheckMs` + the session memory (2 s) when another machine or the passing of time ended it: below 5 s in all.
import type { Clock, Timer } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import type { Principal } from '../http/index.ts'
import { isOutage } from '../storage/index.ts'
import type { SessionEndReason } from './session-service.ts'

/** Why something was cut: its session ended, or the session lives and the right to this thing does not, or nobody can tell any more. */
export type CutReason = SessionEndReason | 'right-ended' | 'unavailable'

export interface Hold {
  principal: Principal
  /** Live video goes on for a while when the database is away (docs/design/0007-audit-chain.md); all else is cut then. */
  live?: boolean
  /** Asked with the rights of now whenever they may have changed; left out: the session alone decides. */
  allowed?: (now: Principal) => boolean | Promise<boolean>
  /** @param endedAtMs UTC milliseconds at which the right ended, or was found to be over */
  cut: (reason: CutReason, endedAtMs: number) => void
}

export interface RightsChanged {
  userId: UserId
  /** Null: every session of the user. */
  sessionId: SessionId | null
  /** True when the session is over; false when it lives with other rights: ask again for each open thing. */
  over: boolean
  reason: CutReason
  /** UTC milliseconds at which the right ended. */
  endedAtMs: number
}
export interface LiveRightsEvents {
  /** After what was held has been cut. */
  rightsChanged: RightsChanged
}

export interface LiveRightsDeps {
  clock: Clock
  /** The principal of a session as it is now, null when the session is over. Does not count as use of the session. @throws unavailable */
  now: (sessionId: SessionId, live: boolean) => Promise<Principal | null>
  onListenerError: (error: unknown) => void
}

const recheckMs = 1_500

export class LiveRights {
  readonly #deps: LiveRightsDeps
  readonly #holds = new Map<SessionId, Set<Hold>>()
  readonly #timer: Timer
  readonly events: TypedEmitter<LiveRightsEvents>

  constructor(deps: LiveRightsDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<LiveRightsEvents>((error) => deps.onListenerError(error))
    this.#timer = deps.clock.every(recheckMs, () => void this.recheck().catch(deps.onListenerError))
  }

  /** Keeps `hold` until the returned function is called or the right ends. */
  hold(hold: Hold): () => void {
    const { sessionId } = hold.principal
    const held = this.#holds.get(sessionId) ?? new Set()
    this.#holds.set(sessionId, held.add(hold))
    return () => void this.#release(sessionId, hold)
  }

  /** A session has ended: everything of it is cut now. */
  sessionEnded(ended: { sessionId: SessionId; userId: UserId; reason: SessionEndReason; endedAtMs: number }): void {
    const { sessionId, reason, endedAtMs } = ended
    for (const hold of [...(this.#holds.get(sessionId) ?? [])]) this.#cut(sessionId, hold, reason, endedAtMs)
    this.events.emit('rightsChanged', { ...ended, over: true })
  }

  /** A person's rights changed without an end of session (a grant began or ended): each thing is judged again. */
  async userChanged(userId: UserId, endedAtMs: number): Promise<void> {
    await this.recheck((principal) => principal.userId === userId)
    this.events.emit('rightsChanged', { userId, sessionId: null, over: false, reason: 'right-ended', endedAtMs })
  }

  /** Judges what is held again; the server does so by itself every `recheckMs`. */
  async recheck(concerns: (principal: Principal) => boolean = () => true): Promise<void> {
    for (const [sessionId, held] of [...this.#holds]) {
      const [first] = held
      if (first === undefined || !concerns(first.principal)) continue
      for (const hold of [...held]) {
        const reason = await this.#judge(sessionId, hold)
        if (reason !== null) this.#cut(sessionId, hold, reason, this.#deps.clock.now())
      }
    }
  }

  /** Why the hold must be cut; null when it may go on. */
  async #judge(sessionId: SessionId, hold: Hold): Promise<CutReason | null> {
    try {
      // The reader remembers for a moment: many holds of one session are one look at the database.
      const now = await this.#deps.now(sessionId, hold.live === true)
      if (now === null) return 'expired'
      return hold.allowed === undefined || (await hold.allowed(now)) ? null : 'right-ended'
    } catch (error) {
      if (isOutage(error)) return 'unavailable'
      this.#deps.onListenerError(error)
      return null
    }
  }

  get held(): number {
    return [...this.#holds.values()].reduce((sum, held) => sum + held.size, 0)
  }

  close(): void {
    this.#timer.cancel()
  }

  #cut(sessionId: SessionId, hold: Hold, reason: CutReason, endedAtMs: number): void {
    if (!this.#release(sessionId, hold)) return
    try {
      hold.cut(reason, endedAtMs)
    } catch (error) {
      this.#deps.onListenerError(error)
    }
  }

  /** False when it was let go before. */
  #release(sessionId: SessionId, hold: Hold): boolean {
    const held = this.#holds.get(sessionId)
    const was = held?.delete(hold) ?? false
    if (held?.size === 0) this.#holds.delete(sessionId)
    return was
  }
}
