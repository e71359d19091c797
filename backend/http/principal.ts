// Owns the shape of "who is asking" that every handler gets. Filled in by the access room, read by all.
import type { CameraId, SessionId, UnitId, UserId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import type { Permission, Role } from '#contract/permissions.ts'

export interface Scope {
  /** The caller's unit and everything below it. */
  readonly unitIds: ReadonlySet<UnitId>
  /** Single cameras beyond it, by live grants, with what is granted on each. */
  readonly granted?: ReadonlyMap<CameraId, ReadonlySet<Permission>>
}

export interface Principal {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly username: string
  readonly displayName: string
  readonly policeNumber: string
  readonly unitId: UnitId
  readonly unitName: string
  readonly roles: readonly Role[]
  readonly permissions: ReadonlySet<Permission>
  readonly scope: Scope
  /** The password is older than the profile allows: no permission until it was changed. */
  readonly passwordDue?: boolean
  readonly csrfToken: string
  readonly expiresAtMs: number
  /** Set when the caller came by a stream ticket: it is good for this one stream and nothing else. */
  readonly ticket: { cameraId: CameraId; stream: StreamKind } | null
}

/** An answer of bytes that is under way. */
export interface UnderWay {
  /** Live video: it may go on for a while without the database, and its end stands in the watch intervals. */
  live: boolean
  path: string
  ip: string
  /** Bytes given to the connection so far. */
  bytes: () => number
}

/** What the http room asks the access room. */
export interface Gate {
  /**
   * The live session behind a cookie value, or null. `look`: the server asks by itself; the session goes on idling.
   * `live-request`: for bytes of live video only, which may go on for a while without the database.
   */
  bySessionToken(token: string, use?: 'request' | 'look' | 'live-request'): Promise<Principal | null>
  /** The live session behind a stream ticket, narrowed to its stream, or null. */
  byStreamTicket(ticket: string): Promise<Principal | null>
  /** The one policy function. */
  may(principal: Principal, permission: Permission): boolean
  /**
   * Calls `cut` when the principal's session ends, or cannot be judged any more; gives the function that stops waiting for it.
   * The cut is on record.
   */
  untilEnd(principal: Principal, what: UnderWay, cut: (reason: 'ended' | 'unavailable') => void): () => void
}
