// Owns how a person comes to a password: with one code from the system administrator and one from the security
// administrator. Refuses: letting any administrator alone, whatever they do, into an account that is not theirs.
import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UserId } from '#contract/ids.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Storage } from '../storage/index.ts'
import type { ActivationStore, Half, HalfCode } from './activation-store.ts'
import { handCode, plainCode } from './hand-code.ts'
import type { Passwords } from './passwords.ts'
import type { SessionService } from './session-service.ts'
import type { SignInThrottle, Tries } from './sign-in-throttle.ts'
import type { UserStore } from './user-store.ts'

export interface ActivationServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  users: UserStore
  activations: ActivationStore
  sessions: SessionService
  passwords: Passwords
  throttle: SignInThrottle
}

interface Activation {
  username: string
  accountCode: string
  rightsCode: string
  password: string
}

const codeMs = 7 * 24 * 3_600_000

export class ActivationService {
  readonly #deps: ActivationServiceDeps

  constructor(deps: ActivationServiceDeps) {
    this.#deps = deps
  }

  /**
   * Makes one half for another person, shown once. The account stays as it is until both halves are used.
   * @throws AppError not_found (also out of scope), no_permission (one's own account)
   */
  async makeCode(principal: Principal, userId: UserId, half: Half, from: { ip: string }): Promise<{ code: string; untilMs: number }> {
    const { storage, clock, random, trail, users, activations } = this.#deps
    if (userId === principal.userId) throw new AppError('forbidden', 'no_permission', 'Nobody makes an activation code for their own account.')
    const code = handCode(random)
    const untilMs = clock.now() + codeMs
    await storage.transaction(async (tx) => {
      const user = await users.byId(userId, tx)
      if (user === null || !principal.scope.unitIds.has(user.unitId)) throw missing()
      await activations.put(tx, userId, half, { hash: hashOf(code), by: principal.userId, untilMs })
      await trail.record(tx, { ...principal, ip: from.ip }, { action: `user.${half}-code`, targetKind: 'user', targetId: userId, targetName: user.displayName })
    })
    return { code, untilMs }
  }

  /**
   * Sets the password of whoever has both halves; every session of the account ends.
   * @throws AppError activation_refused (the same for an unknown name and a wrong or old code), too_many_tries
   */
  activate(wanted: Activation, from: { ip: string }): Promise<void> {
    return this.#deps.throttle.during(wanted.username, from.ip, (tries) => this.#tryActivate(wanted, from, tries))
  }

  async #tryActivate(wanted: Activation, from: { ip: string }, tries: Tries): Promise<void> {
    const { storage, clock, trail, users, activations, sessions, passwords } = this.#deps
    const user = await users.byUsername(wanted.username)
    const { account, rights } = user === null ? { account: null, rights: null } : await activations.of(user.id)
    const now = clock.now()
    const right = [isCode(account, wanted.accountCode, now), isCode(rights, wanted.rightsCode, now)].every(Boolean)
    // Two halves by one hand open nothing, should a person ever have held both offices.
    if (user === null || user.disabled || account === null || rights === null || !right || account.by === rights.by) {
      await tries.failed()
      await storage.transaction((tx) =>
        trail.record(tx, { userId: null, displayName: wanted.username.slice(0, 64), unitName: '', ip: from.ip }, { action: 'user.activate', targetKind: 'user', targetId: user?.id ?? '', outcome: 'refused' }),
      )
      throw new AppError('unauthenticated', 'activation_refused', errorCodes.activation_refused)
    }
    await passwords.assertAcceptable(wanted.password, user)
    const passwordHash = await passwords.hash(wanted.password)
    await storage.transaction(async (tx) => {
      if (!(await activations.take(tx, user.id, { account, rights }))) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      await users.setPassword(tx, user.id, passwordHash, now)
      await passwords.remember(tx, user.id, passwordHash, now)
      await sessions.endAllOf(tx, user.id, 'password')
      await trail.record(tx, { userId: user.id, displayName: user.displayName, unitName: '', ip: from.ip }, { action: 'user.activate', targetKind: 'user', targetId: user.id, targetName: user.displayName, detail: { accountBy: account.by, rightsBy: rights.by } })
    })
  }
}

function hashOf(code: string): string {
  return createHash('sha256').update(`activation\n${plainCode(code)}`).digest('hex')
}

function isCode(half: HalfCode | null, given: string, nowMs: number): boolean {
  const right = timingSafeEqual(Buffer.from(hashOf(given)), Buffer.from(half?.hash ?? hashOf('')))
  return half !== null && right && half.untilMs > nowMs
}
