// Owns the second factor of a person: setting up a code generator, recovery codes, checking a code at sign-in, once each.
// Refuses: keeping the secret in clear, and showing it or the recovery codes a second time.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UserId } from '#contract/ids.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Storage } from '../storage/index.ts'
import { handCode, plainCode } from './hand-code.ts'
import { base32, stepOfCode } from './one-time-code.ts'
import type { SecondFactor, SecondFactorStore } from './second-factor-store.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

export interface SecondFactorServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  factors: SecondFactorStore
  throttle: SignInThrottle
  /** 32 bytes. */
  key: Buffer
}

const recoveryCodes = 10

export class SecondFactorService {
  readonly #deps: SecondFactorServiceDeps

  constructor(deps: SecondFactorServiceDeps) {
    this.#deps = deps
  }

  async isOn(userId: UserId): Promise<boolean> {
    return (await this.#deps.factors.of(userId))?.confirmed === true
  }

  /** A new secret; it counts from `confirm` on. @throws AppError conflict when there is one already */
  async begin(principal: Principal): Promise<{ secret: string; uri: string }> {
    const { storage, factors, random } = this.#deps
    if (await this.isOn(principal.userId)) throw new AppError('conflict', 'conflict', 'A second factor is in use; remove it first.')
    const secret = random(20)
    await storage.transaction((tx) => factors.put(tx, principal.userId, { sealed: this.#seal(secret, principal.userId), confirmed: false, lastStep: 0, recovery: [] }))
    const text = base32(secret)
    return { secret: text, uri: `otpauth://totp/${encodeURIComponent(`天网:${principal.username}`)}?secret=${text}&issuer=${encodeURIComponent('天网')}` }
  }

  /** @returns the recovery codes, shown once. @throws AppError second_factor_refused */
  async confirm(principal: Principal, code: string, from: { ip: string }): Promise<string[]> {
    const { storage, factors, clock, random, trail } = this.#deps
    const factor = await factors.of(principal.userId)
    const step = factor === null || factor.confirmed ? null : stepOfCode(this.#open(factor.sealed, principal.userId), code, clock.now(), factor.lastStep)
    if (factor === null || step === null) throw refused()
    const codes = Array.from({ length: recoveryCodes }, () => handCode(random))
    await storage.transaction(async (tx) => {
      await factors.put(tx, principal.userId, { ...factor, confirmed: true, lastStep: step, recovery: codes.map(hashOf) })
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'user.second-factor', targetKind: 'user', targetId: principal.userId, targetName: principal.displayName, detail: { on: true } })
    })
    return codes
  }

  async remove(principal: Principal, code: string, from: { ip: string }): Promise<void> {
    const { storage, factors, trail, throttle } = this.#deps
    // Who found an open session must not guess the code away.
    await throttle.during(principal.username, from.ip, async (tries) => {
      if (await this.passes(principal.userId, code)) return
      await tries.failed()
      throw refused()
    })
    await storage.transaction(async (tx) => {
      await factors.remove(tx, principal.userId)
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'user.second-factor', targetKind: 'user', targetId: principal.userId, targetName: principal.displayName, detail: { on: false } })
    })
  }

  /** Whether a code of the generator, or a recovery code, is right; it is used up by this. */
  async passes(userId: UserId, code: string): Promise<boolean> {
    const { storage, factors, clock } = this.#deps
    const factor = await factors.of(userId)
    if (factor === null || !factor.confirmed) return false
    const step = stepOfCode(this.#open(factor.sealed, userId), code, clock.now(), factor.lastStep)
    const hash = hashOf(code)
    if (step === null && !factor.recovery.includes(hash)) return false
    const after: SecondFactor = step === null ? { ...factor, recovery: factor.recovery.filter((one) => one !== hash) } : { ...factor, lastStep: step }
    return storage.transaction((tx) => factors.use(tx, userId, factor, after))
  }

  #seal(secret: Uint8Array, userId: UserId): string {
    const nonce = this.#deps.random(12)
    const cipher = createCipheriv('aes-256-gcm', this.#deps.key, nonce).setAAD(Buffer.from(userId))
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  #open(sealed: string, userId: UserId): Buffer {
    const bytes = Buffer.from(sealed, 'base64')
    const cipher = createDecipheriv('aes-256-gcm', this.#deps.key, bytes.subarray(0, 12)).setAAD(Buffer.from(userId))
    cipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()])
  }
}

function refused(): AppError {
  return new AppError('forbidden', 'second_factor_refused', errorCodes.second_factor_refused)
}

function hashOf(code: string): string {
  return createHash('sha256').update(`recovery\n${plainCode(code).toLowerCase()}`).digest('hex')
}
