// Owns the pause between tries: exponential with full jitter on the upper half.
// Refuses: counting tries for anybody else; one Backoff belongs to one retried thing.

export interface BackoffOptions {
  firstMs: number
  capMs: number
  /** Uniform in [0, 1). */
  random: () => number
}

export class Backoff {
  readonly #options: BackoffOptions
  #failures = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  get failures(): number {
    return this.#failures
  }

  /** Milliseconds to wait before the next try; doubles per failure up to the cap, half of it random. */
  nextMs(): number {
    const { firstMs, capMs, random } = this.#options
    const full = Math.min(capMs, firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures++
    return full / 2 + (full / 2) * random()
  }

  succeeded(): void {
    this.#failures = 0
  }
}
