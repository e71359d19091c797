// Owns password hashes: argon2id off the event loop, a few at a time, the same work for unknown users.
import { hash, verify } from '@node-rs/argon2'
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UserId } from '#contract/ids.ts'
import type { Tx } from '../storage/index.ts'
import type { PasswordHistory } from './password-history.ts'
import { passwordFault, passwordRules, type PasswordProfile } from './password-policy.ts'

// algorithm 2 is Argon2id (a const enum of the package). OWASP's second recommendation for argon2id: 19 MiB, 2 passes, 1 lane.
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Of the four threads that also read files and resolve names; the rest must stay free while many sign in at once. */
const atOnce = 2

export class Passwords {
  readonly #profile: PasswordProfile
  readonly #history: PasswordHistory
  readonly #waiting: (() => void)[] = []
  #running = 0
  #decoy: Promise<string> | undefined

  constructor(deps: { profile: PasswordProfile; history: PasswordHistory }) {
    this.#profile = deps.profile
    this.#history = deps.history
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password.normalize('NFC'), options))
  }

  /** Compares in the same time whether or not there is a hash to compare with; `''` is the hash of no password. */
  async matches(password: string, stored: string | null): Promise<boolean> {
    this.#decoy ??= this.hash('no account has this password')
    const compared = stored === null || stored === '' ? await this.#decoy : stored
    const right = await this.#inTurn(() => verify(compared, password.normalize('NFC')).catch(() => false))
    return compared === stored && right
  }

  /** @throws AppError password_refused, its issue saying which rule */
  async assertAcceptable(password: string, person: { id: UserId; username: string; policeNumber: string; displayName: string; passwordHash: string }): Promise<void> {
    const words = [person.username, person.policeNumber, person.displayName]
    const fault = passwordFault(this.#profile, password, words) ?? ((await this.#wasUsed(password, person)) ? 'used-before' : null)
    if (fault !== null) throw new AppError('invalid', 'password_refused', errorCodes.password_refused, { issues: [{ path: 'password', message: fault }] })
  }

  /** To be called where a password is set: it counts among the earlier ones from then on. */
  async remember(tx: Tx, userId: UserId, passwordHash: string, atMs: number): Promise<void> {
    if (passwordRules[this.#profile].remembered > 0) await this.#history.add(tx, userId, passwordHash, atMs)
  }

  async #wasUsed(password: string, person: { id: UserId; passwordHash: string }): Promise<boolean> {
    const { remembered } = passwordRules[this.#profile]
    if (remembered === 0) return false
    for (const earlier of new Set([person.passwordHash, ...(await this.#history.of(person.id, remembered))])) {
      if (earlier !== '' && (await this.matches(password, earlier))) return true
    }
    return false
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
