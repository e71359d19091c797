// Owns how often a sign-in may fail: per account and source, per source, and over the whole server.
// Refuses: locking an account everywhere; a stranger's tries must not keep its owner (or the last administrator) out.
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'

export interface ThrottleLimits {
  /** Failures of one account from one source before it is locked there. */
  lockAfterFailures: number
  lockMs: number
  /** Failures per minute over all accounts and sources; above it every sign-in waits. */
  failuresPerMinute: number
}

export class SignInThrottle {
  readonly #perAccount: RateLimiterMemory
  readonly #perSource: RateLimiterMemory
  readonly #overall: RateLimiterMemory

  constructor({ lockAfterFailures, lockMs, failuresPerMinute }: ThrottleLimits) {
    this.#perAccount = new RateLimiterMemory({ keyPrefix: 'account', points: lockAfterFailures, duration: lockMs / 1000, blockDuration: lockMs / 1000 })
    this.#perSource = new RateLimiterMemory({ keyPrefix: 'source', points: lockAfterFailures * 20, duration: 60, blockDuration: 60 })
    this.#overall = new RateLimiterMemory({ keyPrefix: 'overall', points: failuresPerMinute, duration: 60 })
  }

  /** @throws AppError too_many_tries */
  async assertOpen(username: string, ip: string): Promise<void> {
    const states = [await this.#perAccount.get(keyOf(username, ip)), await this.#perSource.get(ip), await this.#overall.get('all')]
    const blocked = states.find((state) => state !== null && state.remainingPoints <= 0 && state.msBeforeNext > 0)
    if (blocked) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: blocked.msBeforeNext / 1000 })
  }

  /** True when this failure was the last one allowed. */
  async failed(username: string, ip: string): Promise<boolean> {
    const outcomes = await Promise.allSettled([this.#perAccount.consume(keyOf(username, ip)), this.#perSource.consume(ip), this.#overall.consume('all')])
    return outcomes.some((outcome) => outcome.status === 'rejected' || outcome.value.remainingPoints === 0)
  }

  async succeeded(username: string, ip: string): Promise<void> {
    await this.#perAccount.delete(keyOf(username, ip))
  }
}

function keyOf(username: string, ip: string): string {
  return `${username.slice(0, 64)}|${ip}`
}
