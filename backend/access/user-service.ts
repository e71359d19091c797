// Owns creating and changing users, and the first-run set-up.
// Refuses: two administrator roles in one person, users outside the caller's subtree, changing one's own rights.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UnitId, UserId } from '#contract/ids.ts'
import type { Role } from '#contract/permissions.ts'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { isUniqueViolation, type Storage, type Tx } from '../storage/index.ts'
import { rolesMayBeTogether } from './access-policy.ts'
import type { Passwords } from './passwords.ts'
import type { SessionService } from './session-service.ts'
import type { UnitStore } from './unit-store.ts'
import type { User, UserStore } from './user-store.ts'

export interface UserServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  users: UserStore
  units: UnitStore
  sessions: SessionService
  passwords: Passwords
}

export interface NewUser {
  username: string
  displayName: string
  policeNumber: string
  password: string
  roles: Role[]
  unitId: UnitId
}

export class UserService {
  readonly #deps: UserServiceDeps

  constructor(deps: UserServiceDeps) {
    this.#deps = deps
  }

  list(principal: Principal): Promise<User[]> {
    return this.#deps.users.inUnits([...principal.scope.unitIds])
  }

  async create(principal: Principal, wanted: NewUser, from: { ip: string }): Promise<User> {
    if (!principal.scope.unitIds.has(wanted.unitId)) throw missing()
    this.#assertRoles(wanted.roles)
    const user = await this.build(wanted)
    try {
      await this.#deps.storage.transaction(async (tx) => {
        await this.#deps.users.add(tx, user)
        await this.#deps.trail.record(
          tx,
          { ...principal, ip: from.ip },
          { action: 'user.create', targetKind: 'user', targetId: user.id, targetName: user.displayName, detail: { username: user.username, roles: user.roles, unitId: user.unitId } },
        )
      })
    } catch (error) {
      throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', errorCodes.already_exists) : error
    }
    return user
  }

  async update(
    principal: Principal,
    userId: UserId,
    wanted: { displayName?: string | undefined; roles?: Role[] | undefined; unitId?: UnitId | undefined; disabled?: boolean | undefined },
    from: { ip: string },
  ): Promise<User> {
    if (userId === principal.userId) throw new AppError('forbidden', 'no_permission', 'Nobody changes their own rights.')
    if (wanted.roles) this.#assertRoles(wanted.roles)
    return this.#deps.storage.transaction(async (tx) => {
      const user = await this.#deps.users.byId(userId, tx)
      if (user === null || !principal.scope.unitIds.has(user.unitId)) throw missing()
      if (wanted.unitId !== undefined && !principal.scope.unitIds.has(wanted.unitId)) throw missing()
      const changed: User = {
        ...user,
        displayName: wanted.displayName ?? user.displayName,
        roles: wanted.roles ?? user.roles,
        unitId: wanted.unitId ?? user.unitId,
        disabled: wanted.disabled ?? user.disabled,
      }
      await this.#deps.users.update(tx, changed)
      await this.#deps.sessions.endAllOf(tx, userId, changed.disabled ? 'disabled' : 'changed')
      await this.#deps.trail.record(
        tx,
        { ...principal, ip: from.ip },
        { action: 'user.update', targetKind: 'user', targetId: userId, targetName: user.displayName, detail: { ...wanted } },
      )
      return changed
    })
  }

  /** Ends every session of a user; the account stays as it is. @throws AppError not_found, also for who is out of scope */
  async endSessions(principal: Principal, userId: UserId, from: { ip: string }): Promise<void> {
    const { storage, users, sessions, trail } = this.#deps
    await storage.transaction(async (tx) => {
      const user = await users.byId(userId, tx)
      if (user === null || !principal.scope.unitIds.has(user.unitId)) throw missing()
      await sessions.endAllOf(tx, userId, 'revoked')
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'user.end-sessions', targetKind: 'user', targetId: userId, targetName: user.displayName })
    })
  }

  /** A user without a caller: set-up and the demo. The caller passes its transaction and has checked its right. */
  async addBySystem(tx: Tx, user: User): Promise<void> {
    this.#assertRoles(user.roles)
    await this.#deps.users.add(tx, user)
    await this.#deps.trail.record(tx, systemActor, { action: 'user.create', targetKind: 'user', targetId: user.id, targetName: user.displayName })
  }

  /** Hashes the password outside of any transaction: hashing takes long and must not hold a lock. */
  async build(wanted: NewUser): Promise<User> {
    const { clock, random, passwords } = this.#deps
    return {
      id: newId<UserId>(clock.now(), random),
      username: wanted.username,
      displayName: wanted.displayName,
      policeNumber: wanted.policeNumber,
      passwordHash: await passwords.hash(wanted.password),
      roles: wanted.roles,
      unitId: wanted.unitId,
      disabled: false,
      lastSignInAtMs: null,
    }
  }

  #assertRoles(roles: readonly Role[]): void {
    if (!rolesMayBeTogether(roles)) throw new AppError('invalid', 'invalid_request', 'An administrator role stands alone (三员分立).')
  }
}
