// Owns accounts and their rights: making an account and giving it rights are two acts of two administrators.
// Refuses: two administrators in one person, users outside the caller's subtree, changing one's own rights.
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

export interface NewAccount {
  username: string
  displayName: string
  policeNumber: string
  unitId: UnitId
}
export interface NewUser extends NewAccount {
  password: string
  roles: Role[]
}

export class UserService {
  readonly #deps: UserServiceDeps

  constructor(deps: UserServiceDeps) {
    this.#deps = deps
  }

  list(principal: Principal): Promise<User[]> {
    return this.#deps.users.inUnits([...principal.scope.unitIds])
  }

  /** Makes an account that can do nothing: no rights, no password. @throws AppError not_found, already_exists */
  async create(principal: Principal, wanted: NewAccount, from: { ip: string }): Promise<User> {
    const { storage, users, clock, random } = this.#deps
    if (!principal.scope.unitIds.has(wanted.unitId)) throw missing()
    const user: User = { ...wanted, id: newId<UserId>(clock.now(), random), passwordHash: '', roles: [], disabled: false, lastSignInAtMs: null, passwordAtMs: null }
    try {
      await storage.transaction(async (tx) => {
        await users.add(tx, user)
        await this.#record(tx, principal, from, 'user.create', user, { username: user.username, unitId: user.unitId })
      })
    } catch (error) {
      throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', errorCodes.already_exists) : error
    }
    return user
  }

  /** Changes name or police number. @throws AppError not_found, roles_apart (the number is an administrator's, or makes one of two people) */
  async updateAccount(principal: Principal, userId: UserId, wanted: { displayName?: string | undefined; policeNumber?: string | undefined }, from: { ip: string }): Promise<User> {
    return this.#deps.storage.transaction(async (tx) => {
      const user = await this.#inScope(tx, principal, userId)
      const changed: User = { ...user, displayName: wanted.displayName ?? user.displayName, policeNumber: wanted.policeNumber ?? user.policeNumber }
      await this.#assertApart(tx, changed)
      await this.#deps.users.update(tx, changed)
      await this.#record(tx, principal, from, 'user.update-account', user, { ...wanted })
      return changed
    })
  }

  /** Gives and takes rights; the user's sessions end. @throws AppError no_permission (one's own), not_found, roles_apart */
  async update(
    principal: Principal,
    userId: UserId,
    wanted: { roles?: Role[] | undefined; unitId?: UnitId | undefined; disabled?: boolean | undefined },
    from: { ip: string },
  ): Promise<User> {
    if (userId === principal.userId) throw new AppError('forbidden', 'no_permission', 'Nobody changes their own rights.')
    return this.#deps.storage.transaction(async (tx) => {
      const user = await this.#inScope(tx, principal, userId)
      if (wanted.unitId !== undefined && !principal.scope.unitIds.has(wanted.unitId)) throw missing()
      const changed: User = { ...user, roles: wanted.roles ?? user.roles, unitId: wanted.unitId ?? user.unitId, disabled: wanted.disabled ?? user.disabled }
      await this.#assertApart(tx, changed)
      await this.#deps.users.update(tx, changed)
      await this.#deps.sessions.endAllOf(tx, userId, changed.disabled ? 'disabled' : 'changed')
      await this.#record(tx, principal, from, 'user.update', user, { ...wanted })
      return changed
    })
  }

  /** Ends every session of a user; the account stays as it is. @throws AppError not_found, also for who is out of scope */
  async endSessions(principal: Principal, userId: UserId, from: { ip: string }): Promise<void> {
    const { storage, sessions } = this.#deps
    await storage.transaction(async (tx) => {
      const user = await this.#inScope(tx, principal, userId)
      await sessions.endAllOf(tx, userId, 'revoked')
      await this.#record(tx, principal, from, 'user.end-sessions', user)
    })
  }

  /** A user without a caller: set-up and the demo. The caller passes its transaction and has checked its right. */
  async addBySystem(tx: Tx, user: User): Promise<void> {
    await this.#assertApart(tx, user)
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
      passwordAtMs: clock.now(),
    }
  }

  async #inScope(tx: Tx, principal: Principal, userId: UserId): Promise<User> {
    const user = await this.#deps.users.byId(userId, tx)
    if (user === null || !principal.scope.unitIds.has(user.unitId)) throw missing()
    return user
  }

  /** 三员分立: an administrator holds that one role, and whoever has the same police number holds no other account with rights. */
  async #assertApart(tx: Tx, user: User): Promise<void> {
    const others = user.policeNumber === '' ? [] : (await this.#deps.users.byPoliceNumber(user.policeNumber, tx)).filter(({ id }) => id !== user.id)
    if (!rolesMayBeTogether([...user.roles, ...others.flatMap(({ roles }) => roles)])) throw new AppError('invalid', 'roles_apart', errorCodes.roles_apart)
  }

  #record(tx: Tx, principal: Principal, from: { ip: string }, action: string, user: User, detail: Record<string, unknown> = {}): Promise<unknown> {
    return this.#deps.trail.record(tx, { ...principal, ip: from.ip }, { action, targetKind: 'user', targetId: user.id, targetName: user.displayName, detail })
  }
}
