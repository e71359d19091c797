// Owns signing in and out and ending sessions: fixation-proof tokens, a new one at every sign-in and change of password.
// Refuses: telling a wrong name from a wrong password; ending a session without a row in the audit.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { TypedEmitter } from '#base/emitter.ts'
import { errorCodes } from '#contract/errors.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import type { SessionEndReason } from '#contract/session.ts'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { isOutage, type Storage, type Tx } from '../storage/index.ts'
import { isAdministrator } from './access-policy.ts'
import type { Passwords } from './passwords.ts'
import { tokenHashOf, type SessionReader } from './session-reader.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { SecondFactorService } from './second-factor-service.ts'
import type { SignInNetworks } from './sign-in-networks.ts'
import type { SignInThrottle, Tries } from './sign-in-throttle.ts'
import type { User, UserStore } from './user-store.ts'

export type { SessionEndReason }
export interface SessionEvents {
  /** After commit; of a session that this process has ended or found ended. */
  ended: { sessionId: SessionId; userId: UserId; reason: SessionEndReason; endedAtMs: number }
}

export interface SessionServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  users: UserStore
  sessions: SessionStore
  reader: SessionReader
  passwords: Passwords
  throttle: SignInThrottle
  secondFactor: SecondFactorService
  networks: SignInNetworks
  limits: { idleMs: number; absoluteMs: number }
  onListenerError: (error: unknown) => void
}

interface Credentials {
  username: string
  password: string
  code?: string | undefined
}

export interface SignedIn {
  token: string
  principal: Principal
}

/** How often sessions whose time is over are looked for; the last byte of their video follows within this time. */
const expiryPeriodMs = 1_000
/** Sessions of a server that was down when they ended are swept out at the next sign-in. */
const leftoverMs = 5 * 60_000

export class SessionService {
  readonly #deps: SessionServiceDeps
  readonly #timer: Timer
  readonly events: TypedEmitter<SessionEvents>

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<SessionEvents>((error) => deps.onListenerError(error))
    this.#timer = deps.clock.every(expiryPeriodMs, () => void this.endExpired().catch(deps.onListenerError))
  }

  /**
   * @param from `sessionToken`: what the browser brought; that session ends, so that nothing set before lives on
   * @throws AppError sign_in_refused, too_many_tries, second_factor_needed (name and password are right; ask again with a code)
   */
  signIn(credentials: Credentials, from: { ip: string; sessionToken?: string | null }): Promise<SignedIn> {
    return this.#deps.throttle.during(credentials.username, from.ip, (tries) => this.#trySignIn(credentials, from, tries))
  }

  async #trySignIn(credentials: Credentials, from: { ip: string; sessionToken?: string | null }, tries: Tries): Promise<SignedIn> {
    const { users, passwords, storage, sessions, trail, secondFactor, networks } = this.#deps
    const user = await users.byUsername(credentials.username)
    const right = await passwords.matches(credentials.password, user?.passwordHash ?? null)
    const known = user !== null && right && !user.disabled && networks.allow(from.ip, user.roles.some(isAdministrator)) ? user : null
    const factorOn = known !== null && (await secondFactor.isOn(known.id))
    if (factorOn && credentials.code === undefined) throw new AppError('unauthenticated', 'second_factor_needed', errorCodes.second_factor_needed)
    if (known === null || (factorOn && !(await secondFactor.passes(known.id, credentials.code ?? '')))) {
      const locked = await tries.failed()
      const actor = { userId: user?.id ?? null, displayName: credentials.username.slice(0, 64), unitName: '', ip: from.ip }
      await storage.transaction((tx) =>
        trail.record(tx, actor, { action: 'session.sign-in', targetKind: 'user', targetId: user?.id ?? '', outcome: 'refused', detail: { locked } }),
      )
      throw new AppError('unauthenticated', 'sign_in_refused', errorCodes.sign_in_refused)
    }
    await tries.succeeded()
    const longAgo = this.#deps.clock.now() - leftoverMs
    const leftovers = await sessions.olderThan({ createdBeforeMs: longAgo - this.#deps.limits.absoluteMs, seenBeforeMs: longAgo - this.#deps.limits.idleMs })
    const brought = from.sessionToken ? await sessions.byTokenHash(tokenHashOf(from.sessionToken)) : null
    return storage.transaction(async (tx) => {
      await sessions.remove(tx, leftovers)
      if (brought !== null) await this.#end(tx, [brought], 'replaced')
      const begun = await this.#begin(tx, known, from.ip)
      await users.signedIn(tx, known.id, this.#deps.clock.now())
      await trail.record(tx, { ...begun.principal, ip: from.ip }, { action: 'session.sign-in', targetKind: 'user', targetId: known.id, targetName: known.displayName, detail: { secondFactor: factorOn } })
      return begun
    })
  }

  async signOut(principal: Principal, from: { ip: string }): Promise<void> {
    const { storage, trail, sessions, reader, clock } = this.#deps
    try {
      await storage.transaction(async (tx) => {
        const own = (await sessions.ofUser(principal.userId, tx)).filter(({ id }) => id === principal.sessionId)
        await this.#end(tx, own, 'signed-out')
        await trail.record(tx, { ...principal, ip: from.ip }, { action: 'session.sign-out', targetKind: 'user', targetId: principal.userId })
      })
    } catch (error) {
      if (isOutage(error)) {
        // The session stands in a database that is away; what this person watches from memory ends all the same.
        reader.forget([principal.sessionId])
        this.events.emit('ended', { sessionId: principal.sessionId, userId: principal.userId, reason: 'signed-out', endedAtMs: clock.now() })
      }
      throw error
    }
  }

  /** The caller's own sessions that are still good, newest first. */
  async listOwn(principal: Principal): Promise<Session[]> {
    return (await this.#deps.sessions.ofUser(principal.userId)).filter((session) => !this.#deps.reader.isOver(session))
  }

  /** Ends one of the caller's own sessions. @throws AppError not_found, also for somebody else's */
  async endOwn(principal: Principal, id: SessionId, from: { ip: string }): Promise<void> {
    const { storage, trail, sessions } = this.#deps
    await storage.transaction(async (tx) => {
      const found = (await sessions.ofUser(principal.userId, tx)).filter((session) => session.id === id)
      if (found.length === 0) throw missing()
      await this.#end(tx, found, id === principal.sessionId ? 'signed-out' : 'revoked')
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'session.end', targetKind: 'session', targetId: id, targetName: principal.displayName })
    })
  }

  /**
   * Changes the caller's own password. Every session of the account ends; the caller goes on in a new one.
   * @throws AppError sign_in_refused (the present password is wrong), too_many_tries
   */
  async changePassword(principal: Principal, wanted: { current: string; next: string }, from: { ip: string }): Promise<SignedIn> {
    const { users, passwords, throttle, storage, trail } = this.#deps
    const user = await throttle.during(principal.username, from.ip, async (tries) => {
      const found = await users.byId(principal.userId)
      if (found !== null && (await passwords.matches(wanted.current, found.passwordHash))) return found
      await tries.failed()
      throw new AppError('forbidden', 'sign_in_refused', errorCodes.sign_in_refused)
    })
    await passwords.assertAcceptable(wanted.next, user)
    const passwordHash = await passwords.hash(wanted.next)
    return storage.transaction(async (tx) => {
      const nowMs = this.#deps.clock.now()
      await users.setPassword(tx, user.id, passwordHash, nowMs)
      await passwords.remember(tx, user.id, passwordHash, nowMs)
      await this.endAllOf(tx, user.id, 'password')
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'user.password', targetKind: 'user', targetId: user.id, targetName: user.displayName })
      return this.#begin(tx, { ...user, passwordHash, passwordAtMs: nowMs }, from.ip)
    })
  }

  /** Ends every session of a user in the caller's transaction; the last byte of new video follows within seconds. */
  async endAllOf(tx: Tx, userId: UserId, reason: SessionEndReason): Promise<void> {
    await this.#end(tx, await this.#deps.sessions.ofUser(userId, tx), reason)
  }

  /** Ends what idle or absolute time has ended; the server does so by itself every second. */
  async endExpired(): Promise<void> {
    const { reader, sessions, storage, trail } = this.#deps
    for (const due of reader.due()) {
      await storage.transaction(async (tx) => {
        const session = await sessions.byId(due.id, tx)
        if (session !== null && !reader.isOver(session)) return reader.notOver(due.id)
        await this.#end(tx, [due], 'expired')
        // Whoever finds the row ends it on record; another machine that comes later only tells its own listeners.
        if (session !== null) await trail.record(tx, systemActor, { action: 'session.expire', targetKind: 'session', targetId: due.id, detail: { userId: due.userId } })
      })
    }
  }

  close(): void {
    this.#timer.cancel()
  }

  async #begin(tx: Tx, user: User, ip: string): Promise<SignedIn> {
    const { clock, random, sessions, reader } = this.#deps
    const now = clock.now()
    const token = random(32).toString('base64url')
    const session: Session = { id: newId<SessionId>(now, random), tokenHash: tokenHashOf(token), userId: user.id, csrfToken: random(24).toString('base64url'), createdAtMs: now, seenAtMs: now, ip }
    await sessions.add(tx, session)
    return { token, principal: await reader.principalOf(user, session) }
  }

  async #end(tx: Tx, ended: readonly Pick<Session, 'id' | 'userId'>[], reason: SessionEndReason): Promise<void> {
    const { sessions, storage, reader, clock } = this.#deps
    await sessions.remove(tx, ended.map(({ id }) => id))
    const endedAtMs = clock.now()
    storage.afterCommit(tx, () => {
      reader.forget(ended.map(({ id }) => id))
      for (const { id, userId } of ended) this.events.emit('ended', { sessionId: id, userId, reason, endedAtMs })
    })
  }
}
