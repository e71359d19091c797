// Owns signing in and out, and who is behind a cookie: fixation-proof tokens, idle and absolute ends, lock-out.
// Refuses: telling a wrong name from a wrong password.
import { createHash } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { TypedEmitter } from '#base/emitter.ts'
import { errorCodes } from '#contract/errors.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Storage, Tx } from '../storage/index.ts'
import { permissionsOf } from './access-policy.ts'
import type { Passwords } from './passwords.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { UnitStore } from './unit-store.ts'
import type { User, UserStore } from './user-store.ts'

export type SessionEndReason = 'signed-out' | 'expired' | 'changed' | 'disabled'
export interface SessionEvents {
  ended: { sessionId: SessionId; reason: SessionEndReason }
}

export interface SessionServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  users: UserStore
  sessions: SessionStore
  units: UnitStore
  passwords: Passwords
  limits: { idleMs: number; absoluteMs: number; lockAfterFailures: number; lockMs: number }
  onListenerError: (error: unknown) => void
}

/** How long an answer about a cookie is kept before the database is asked again; bounds how long an ended right lives. */
const freshMs = 2_000
const seenEveryMs = 60_000

export class SessionService {
  readonly #deps: SessionServiceDeps
  readonly #byHash = new Map<string, { principal: Principal; readMs: number }>()
  readonly #perAccount: RateLimiterMemory
  readonly #perSource: RateLimiterMemory
  readonly events: TypedEmitter<SessionEvents>

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<SessionEvents>((error) => deps.onListenerError(error))
    const { lockAfterFailures, lockMs } = deps.limits
    this.#perAccount = new RateLimiterMemory({ points: lockAfterFailures, duration: lockMs / 1000, blockDuration: lockMs / 1000 })
    this.#perSource = new RateLimiterMemory({ points: lockAfterFailures * 20, duration: 60, blockDuration: 60 })
  }

  /** @throws AppError sign_in_refused, too_many_tries */
  async signIn(credentials: { username: string; password: string }, from: { ip: string }): Promise<{ token: string; principal: Principal }> {
    const { users, passwords, storage, clock, random, sessions, trail } = this.#deps
    const lockKey = `${credentials.username.slice(0, 64)}|${from.ip}`
    await this.#assertNotLocked(lockKey, from.ip)
    const user = await users.byUsername(credentials.username)
    const right = await passwords.matches(credentials.password, user?.passwordHash ?? null)
    if (user === null || !right || user.disabled) {
      const locked = await this.#countFailure(lockKey, from.ip)
      const actor = { userId: user?.id ?? null, displayName: credentials.username.slice(0, 64), unitName: '', ip: from.ip }
      await storage.transaction((tx) =>
        trail.record(tx, actor, { action: 'session.sign-in', targetKind: 'user', targetId: user?.id ?? '', outcome: 'refused', detail: { locked } }),
      )
      throw new AppError('unauthenticated', 'sign_in_refused', errorCodes.sign_in_refused)
    }
    await this.#perAccount.delete(lockKey)
    const now = clock.now()
    const token = random(32).toString('base64url')
    const session: Session = {
      id: newId<SessionId>(now, random),
      tokenHash: sha256(token),
      userId: user.id,
      csrfToken: random(24).toString('base64url'),
      createdAtMs: now,
      seenAtMs: now,
      ip: from.ip,
    }
    const principal = await this.#principal(user, session)
    await storage.transaction(async (tx) => {
      await sessions.add(tx, session)
      await sessions.removeOlderThan(tx, { createdBeforeMs: now - this.#deps.limits.absoluteMs, seenBeforeMs: now - this.#deps.limits.idleMs })
      await users.update(tx, { ...user, lastSignInAtMs: now })
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'session.sign-in', targetKind: 'user', targetId: user.id, targetName: user.displayName })
    })
    return { token, principal }
  }

  async signOut(principal: Principal, from: { ip: string }): Promise<void> {
    const { storage, trail } = this.#deps
    await storage.transaction(async (tx) => {
      await this.#end(tx, [principal.sessionId], 'signed-out')
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'session.sign-out', targetKind: 'user', targetId: principal.userId })
    })
  }

  /** Ends every session of a user in the caller's transaction; the last byte of new video follows within seconds. */
  async endAllOf(tx: Tx, userId: UserId, reason: SessionEndReason): Promise<void> {
    await this.#end(tx, await this.#deps.sessions.idsOfUser(tx, userId), reason)
  }

  async #end(tx: Tx, ids: readonly SessionId[], reason: SessionEndReason): Promise<void> {
    await this.#deps.sessions.remove(tx, ids)
    this.#deps.storage.afterCommit(tx, () => {
      for (const [hash, { principal }] of this.#byHash) if (ids.includes(principal.sessionId)) this.#byHash.delete(hash)
      for (const sessionId of ids) this.events.emit('ended', { sessionId, reason })
    })
  }

  async bySessionToken(token: string): Promise<Principal | null> {
    return this.#resolve(sha256(token), (hash) => this.#deps.sessions.byTokenHash(hash))
  }

  async bySessionId(id: SessionId): Promise<Principal | null> {
    return this.#resolve(`id:${id}`, () => this.#deps.sessions.byId(id))
  }

  async #resolve(key: string, read: (key: string) => Promise<Session | null>): Promise<Principal | null> {
    const { clock, limits, users, storage, sessions } = this.#deps
    const known = this.#byHash.get(key)
    if (known && clock.monotonicMs() - known.readMs < freshMs && clock.now() < known.principal.expiresAtMs) return known.principal
    this.#byHash.delete(key)
    const session = await read(key)
    if (session === null) return null
    const now = clock.now()
    if (now - session.seenAtMs > limits.idleMs || now - session.createdAtMs > limits.absoluteMs) return null
    const user = await users.byId(session.userId)
    if (user === null || user.disabled) return null
    if (now - session.seenAtMs > seenEveryMs) await storage.transaction((tx) => sessions.seen(tx, session.id, now))
    const fresh = await this.#principal(user, session)
    const principal = known && sameRights(known.principal, fresh) ? { ...known.principal, expiresAtMs: fresh.expiresAtMs } : fresh
    this.#byHash.set(key, { principal, readMs: clock.monotonicMs() })
    if (this.#byHash.size > 5_000) this.#byHash.clear()
    return principal
  }

  async #principal(user: User, session: Session): Promise<Principal> {
    const tree = await this.#deps.units.tree()
    return {
      userId: user.id,
      sessionId: session.id,
      username: user.username,
      displayName: user.displayName,
      policeNumber: user.policeNumber,
      unitId: user.unitId,
      unitName: tree.get(user.unitId)?.name ?? '',
      roles: user.roles,
      permissions: permissionsOf(user.roles),
      scope: { unitIds: new Set(tree.subtree(user.unitId)) },
      csrfToken: session.csrfToken,
      expiresAtMs: session.createdAtMs + this.#deps.limits.absoluteMs,
      ticket: null,
    }
  }

  async #assertNotLocked(lockKey: string, ip: string): Promise<void> {
    const blocked = [await this.#perAccount.get(lockKey), await this.#perSource.get(ip)].find((state) => state !== null && state.remainingPoints <= 0 && state.msBeforeNext > 0)
    if (blocked) throw tooMany(blocked.msBeforeNext)
  }

  async #countFailure(lockKey: string, ip: string): Promise<boolean> {
    const outcomes = await Promise.allSettled([this.#perAccount.consume(lockKey), this.#perSource.consume(ip)])
    return outcomes.some((outcome) => outcome.status === 'rejected' || outcome.value.remainingPoints === 0)
  }
}

function tooMany(msBeforeNext: number): AppError {
  return new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: msBeforeNext / 1000 })
}

function sameRights(a: Principal, b: Principal): boolean {
  return a.unitId === b.unitId && a.roles.join() === b.roles.join() && a.scope.unitIds.size === b.scope.unitIds.size && a.displayName === b.displayName
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
