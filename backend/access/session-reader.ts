// Owns who is behind a cookie or a session id now: a short memory before the database, idle and absolute ends.
// Refuses: keeping an answer longer than `freshMs`; that bounds how long a right lives that another machine has ended.
import { createHash } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import type { Principal } from '../http/index.ts'
import { isOutage, type Storage } from '../storage/index.ts'
import { permissionsOf } from './access-policy.ts'
import { grantedBy, type Grant } from './grant.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { UnitStore } from './unit-store.ts'
import type { User, UserStore } from './user-store.ts'

export interface SessionLimits {
  idleMs: number
  absoluteMs: number
}

export interface SessionReaderDeps {
  storage: Pick<Storage, 'transaction'>
  clock: Clock
  users: Pick<UserStore, 'byId'>
  sessions: Pick<SessionStore, 'byTokenHash' | 'byId' | 'seen'>
  units: Pick<UnitStore, 'tree'>
  /** A person's approved grants. */
  grants: (userId: UserId) => Promise<readonly Grant[]>
  limits: SessionLimits
  /** Null: a password has no age. */
  maxPasswordAgeDays: number | null
  outage: OutageLimits
}

/** Milliseconds for which live video may go on while the database cannot be read. */
export interface OutageLimits {
  /** Only a session that was read so shortly before the database went away. */
  sessionMs: number
  /** Since it was last read. */
  longestMs: number
}

/**
 * A request keeps a session from going idle; a look by the server itself (open sockets, open downloads) does not. `live-…`:
 * for bytes of live video and nothing else; such a one is answered from memory while the database is away.
 */
export type SessionUse = 'request' | 'look' | 'live-request' | 'live-look'

interface Known {
  principal: Principal
  grants: readonly Grant[]
  readMs: number
  idleEndMs: number
}

const freshMs = 2_000
/** While the database is away, live video asks for it no more often. */
const tryAgainMs = 500
const seenEveryMs = 60_000
const mostKnown = 5_000
/** Longer than a read of the database takes: what is read before an end and kept after it must not come back. */
const rememberEndsMs = 30_000

export class SessionReader {
  readonly #deps: SessionReaderDeps
  readonly #known = new Map<string, Known>()
  readonly #ended = new Map<SessionId, number>()
  /** Found to be over, not ended on record yet. */
  readonly #overdue = new Map<SessionId, UserId>()
  /** Since when the database is away, and when that was last seen; null while it answers. Monotonic. */
  #away: { sinceMs: number; seenMs: number; error: unknown } | null = null

  constructor(deps: SessionReaderDeps) {
    this.#deps = deps
  }

  byToken(token: string, use: SessionUse): Promise<Principal | null> {
    return this.#resolve(tokenHashOf(token), use, (hash) => this.#deps.sessions.byTokenHash(hash))
  }

  byId(id: SessionId, use: SessionUse): Promise<Principal | null> {
    return this.#resolve(`id:${id}`, use, () => this.#deps.sessions.byId(id))
  }

  /** The sessions have ended: nobody is behind them from this moment on. */
  forget(ids: readonly SessionId[]): void {
    const nowMs = this.#deps.clock.monotonicMs()
    for (const [id, endedMs] of this.#ended) if (nowMs - endedMs > rememberEndsMs) this.#ended.delete(id)
    for (const id of ids) {
      this.#ended.set(id, nowMs)
      this.#overdue.delete(id)
    }
    for (const [key, { principal }] of this.#known) if (ids.includes(principal.sessionId)) this.#known.delete(key)
  }

  /** The session was used elsewhere and is not over after all. */
  notOver(id: SessionId): void {
    this.#overdue.delete(id)
    for (const known of this.#known.values()) if (known.principal.sessionId === id) known.readMs = Number.NEGATIVE_INFINITY
  }

  /** What was read of these users may be old, e.g. because a grant of theirs began or ended. */
  refresh(userIds: readonly UserId[]): void {
    for (const known of this.#known.values()) if (userIds.includes(known.principal.userId)) known.readMs = Number.NEGATIVE_INFINITY
  }

  /** Sessions seen here whose time seems to be over. */
  due(): { id: SessionId; userId: UserId }[] {
    const now = this.#deps.clock.now()
    for (const known of this.#known.values()) if (now >= endMsOf(known)) this.#overdue.set(known.principal.sessionId, known.principal.userId)
    return [...this.#overdue].map(([id, userId]) => ({ id, userId }))
  }

  isOver(session: Session): boolean {
    const { clock, limits } = this.#deps
    const now = clock.now()
    return now - session.seenAtMs >= limits.idleMs || now - session.createdAtMs >= limits.absoluteMs
  }

  async principalOf(user: User, session: Session): Promise<Principal> {
    return this.#principalWith(user, session, await this.#deps.grants(user.id))
  }

  async #principalWith(user: User, session: Session, grants: readonly Grant[]): Promise<Principal> {
    const { clock, maxPasswordAgeDays } = this.#deps
    const tree = await this.#deps.units.tree()
    const passwordDue = maxPasswordAgeDays !== null && clock.now() - (user.passwordAtMs ?? 0) > maxPasswordAgeDays * 24 * 3_600_000
    return {
      userId: user.id,
      sessionId: session.id,
      username: user.username,
      displayName: user.displayName,
      policeNumber: user.policeNumber,
      unitId: user.unitId,
      unitName: tree.get(user.unitId)?.name ?? '',
      roles: user.roles,
      permissions: passwordDue ? new Set() : permissionsOf(user.roles),
      passwordDue,
      scope: { unitIds: new Set(tree.subtree(user.unitId)), granted: grantedBy(grants, clock.now()) },
      csrfToken: session.csrfToken,
      expiresAtMs: session.createdAtMs + this.#deps.limits.absoluteMs,
      ticket: null,
    }
  }

  async #resolve(key: string, use: SessionUse, read: (key: string) => Promise<Session | null>): Promise<Principal | null> {
    const { clock } = this.#deps
    const known = this.#known.get(key)
    if (known && clock.monotonicMs() - known.readMs < freshMs && clock.now() < endMsOf(known)) return known.principal
    const live = use === 'live-request' || use === 'live-look'
    if (live && this.#away !== null && clock.monotonicMs() - this.#away.seenMs < tryAgainMs) return this.#fromMemory(known, this.#away)
    const askedMs = clock.monotonicMs()
    try {
      const principal = await this.#read(key, use === 'request' || use === 'live-request', read)
      this.#away = null
      return principal
    } catch (error) {
      if (!isOutage(error)) throw error
      this.#away = { sinceMs: this.#away?.sinceMs ?? askedMs, seenMs: clock.monotonicMs(), error }
      if (!live) throw error
      return this.#fromMemory(this.#known.get(key), this.#away)
    }
  }

  /**
   * The database is away: whoever was watching a moment ago goes on watching live, and has no other permission. What ends by
   * time (the session, a grant) ends. @throws the outage for everybody else
   */
  #fromMemory(known: Known | undefined, away: { sinceMs: number; error: unknown }): Principal | null {
    const { clock, outage } = this.#deps
    if (known === undefined || away.sinceMs - known.readMs > outage.sessionMs || clock.monotonicMs() - known.readMs > outage.longestMs) throw away.error
    if (clock.now() >= endMsOf(known)) return null
    const { permissions, scope } = known.principal
    return { ...known.principal, permissions: new Set(permissions.has('camera:live') ? ['camera:live'] : []), scope: { ...scope, granted: grantedBy(known.grants, clock.now()) } }
  }

  async #read(key: string, counts: boolean, read: (key: string) => Promise<Session | null>): Promise<Principal | null> {
    const { clock, limits, users, storage, sessions, grants } = this.#deps
    const known = this.#known.get(key)
    const readMs = clock.monotonicMs()
    const session = await read(key)
    if (session !== null && this.isOver(session)) this.#overdue.set(session.id, session.userId)
    // Another machine has ended it: what hangs on it here has to hear that too.
    if (session === null && known !== undefined && !this.#ended.has(known.principal.sessionId)) this.#overdue.set(known.principal.sessionId, known.principal.userId)
    const user = session === null || this.isOver(session) ? null : await users.byId(session.userId)
    if (session === null || user === null || user.disabled || this.#ended.has(session.id)) {
      this.#known.delete(key)
      return null
    }
    const now = clock.now()
    const touched = counts && now - session.seenAtMs > seenEveryMs
    if (touched) await storage.transaction((tx) => sessions.seen(tx, session.id, now))
    const approved = await grants(user.id)
    const fresh = await this.#principalWith(user, session, approved)
    if (this.#ended.has(session.id)) return null
    const principal = known && sameRights(known.principal, fresh) ? known.principal : fresh
    if (this.#known.size >= mostKnown) this.#known.clear()
    this.#known.set(key, { principal, grants: approved, readMs, idleEndMs: (touched ? now : session.seenAtMs) + limits.idleMs })
    return principal
  }
}

export function tokenHashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function endMsOf(known: Known): number {
  return Math.min(known.principal.expiresAtMs, known.idleEndMs)
}

function sameRights(a: Principal, b: Principal): boolean {
  return a.unitId === b.unitId && a.roles.join() === b.roles.join() && a.scope.unitIds.size === b.scope.unitIds.size && a.displayName === b.displayName && a.permissions.size === b.permissions.size && grantsOf(a) === grantsOf(b)
}

function grantsOf({ scope }: Principal): string {
  return [...(scope.granted ?? [])].map(([id, held]) => `${id}:${[...held].sort().join()}`).sort().join(';')
}
