// Owns the first run: while there is no user, a one-time code (printed to the console of the server) makes the bureau
// and the three administrators. Refuses: running twice, and any default account.
import { timingSafeEqual } from 'node:crypto'
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UnitId, UserId } from '#contract/ids.ts'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Storage } from '../storage/index.ts'
import { handCode, plainCode } from './hand-code.ts'
import type { Passwords } from './passwords.ts'
import type { UserService } from './user-service.ts'
import type { UnitStore } from './unit-store.ts'
import type { UserStore } from './user-store.ts'

export interface SetUpRequest {
  code: string
  bureauName: string
  divisionCode: string
  administrators: { role: 'sysadmin' | 'secadmin' | 'auditor'; username: string; displayName: string; password: string }[]
}

export interface SetUpServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  users: UserStore
  units: UnitStore
  userService: UserService
  passwords: Passwords
}

export class SetUpService {
  readonly #deps: SetUpServiceDeps
  #code: string | null = null

  constructor(deps: SetUpServiceDeps) {
    this.#deps = deps
  }

  async needed(): Promise<boolean> {
    return (await this.#deps.users.count()) === 0
  }

  /** Makes the one-time code of this process if set-up is needed; the caller prints it once. */
  async begin(): Promise<string | null> {
    if (!(await this.needed())) return null
    this.#code = handCode(this.#deps.random)
    return this.#code
  }

  async complete(request: SetUpRequest): Promise<void> {
    const { storage, clock, random, trail, users, units, userService, passwords } = this.#deps
    if (!(await this.needed())) throw new AppError('conflict', 'set_up_done', errorCodes.set_up_done)
    if (this.#code === null || !sameText(plainCode(request.code), plainCode(this.#code))) throw new AppError('forbidden', 'set_up_code_refused', errorCodes.set_up_code_refused)
    if (new Set(request.administrators.map(({ role }) => role)).size !== 3) {
      throw new AppError('invalid', 'invalid_request', 'One administrator of each of the three roles is needed.')
    }
    const bureauId = newId<UnitId>(clock.now(), random)
    for (const { username, displayName, password } of request.administrators) {
      await passwords.assertAcceptable(password, { id: newId<UserId>(clock.now(), random), username, displayName, policeNumber: '', passwordHash: '' })
    }
    const built = await Promise.all(
      request.administrators.map(({ role, ...person }) => userService.build({ ...person, policeNumber: '', roles: [role], unitId: bureauId })),
    )
    await storage.transaction(async (tx) => {
      if ((await users.count()) > 0) throw new AppError('conflict', 'set_up_done', errorCodes.set_up_done)
      await units.add(tx, { id: bureauId, parentId: null, tier: 'bureau', code: `${request.divisionCode}000000`, name: request.bureauName })
      for (const user of built) await userService.addBySystem(tx, user)
      await trail.record(tx, systemActor, { action: 'system.set-up', targetKind: 'unit', targetId: bureauId, targetName: request.bureauName })
    })
    this.#code = null
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
