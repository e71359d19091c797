// Owns how often a sign-in may fail: per account and source, per source, and over the whole server. A try that is under way
// counts as one that may fail, so that trying at the same time is no way around it.
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

export interface Tries {
  /** True when this failure was the last one allowed. */
  failed(): Promise<boolean>
  succeeded(): Promise<void>
}

/** Who comes when so many wait for tries under way is refused. */
const mostWaiting = 200

export class SignInThrottle {
  readonly #limits: { limiter: RateLimiterMemory; keyOf: (username: string, ip: string) => string; underWay: Map<string, number> }[]
  #waiting: (() => void)[] = []
  /** Counts ends of tries: what was read before one says nothing after it. */
  #ended = 0

  constructor({ lockAfterFailures, lockMs, failuresPerMinute }: ThrottleLimits) {
    const limit = (keyPrefix: string, points: number, seconds: number, keyOf: (username: string, ip: string) => string, blockDuration = 0) => ({
      limiter: new RateLimiterMemory({ keyPrefix, points, duration: seconds, blockDuration }),
      keyOf,
      underWay: new Map<string, number>(),
    })
    this.#limits = [
      limit('account', lockAfterFailures, lockMs / 1000, (username, ip) => `${username.slice(0, 64)}|${ip}`, lockMs / 1000),
      limit('source', lockAfterFailures * 20, 60, (_, ip) => ip, 60),
      limit('overall', failuresPerMinute, 60, () => 'all'),
    ]
  }

  /** Runs one try. @throws AppError too_many_tries, and what `run` throws, which counts as no failure unless it was told */
  async during<Result>(username: string, ip: string, run: (tries: Tries) => Promise<Result>): Promise<Result> {
    const held = await this.#enter(username, ip)
    try {
      return await run({
        failed: async () => {
          const outcomes = await Promise.allSettled(this.#limits.map(({ limiter, keyOf }) => limiter.consume(keyOf(username, ip))))
          return outcomes.some((outcome) => outcome.status === 'rejected' || outcome.value.remainingPoints === 0)
        },
        succeeded: async () => {
          const [account] = this.#limits
          await account?.limiter.delete(account.keyOf(username, ip))
        },
      })
    } finally {
      this.#leave(held)
    }
  }

  /** Waits while the tries under way could use up what is left. */
  async #enter(username: string, ip: string): Promise<[Map<string, number>, string][]> {
    const places = this.#limits.map(({ underWay, keyOf }): [Map<string, number>, string] => [underWay, keyOf(username, ip)])
    for (;;) {
      const endedBefore = this.#ended
      const states = await Promise.all(this.#limits.map(({ limiter, keyOf }) => limiter.get(keyOf(username, ip))))
      if (this.#ended !== endedBefore) continue
      const left = this.#limits.map(({ limiter }, at) => states[at]?.remainingPoints ?? limiter.points)
      const blocked = states.find((state) => state !== null && state.remainingPoints <= 0 && state.msBeforeNext > 0)
      if (blocked) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: blocked.msBeforeNext / 1000 })
      if (places.every(([underWay, key], at) => (underWay.get(key) ?? 0) < (left[at] ?? 0))) break
      if (this.#waiting.length >= mostWaiting) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: 1 })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    for (const [underWay, key] of places) underWay.set(key, (underWay.get(key) ?? 0) + 1)
    return places
  }

  #leave(places: readonly [Map<string, number>, string][]): void {
    this.#ended++
    for (const [underWay, key] of places) {
      const left = (underWay.get(key) ?? 1) - 1
      if (left === 0) underWay.delete(key)
      else underWay.set(key, left)
    }
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
