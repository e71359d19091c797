// Owns counting what has happened within the last minute, up to a number from which on it is all the same.
// Refuses: deciding what so many of it mean.
import type { Clock } from '#base/clock.ts'

const KEPT_MS = 60_000

export class RecentCount {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #most: number
  #atMs: number[] = []

  /** @param most how far it counts */
  constructor(clock: Pick<Clock, 'monotonicMs'>, most: number) {
    this.#clock = clock
    this.#most = most
  }

  note(): void {
    this.#atMs.push(this.#clock.monotonicMs())
    if (this.#atMs.length > this.#most) this.#atMs.shift()
  }

  get count(): number {
    if (this.#atMs.length === 0) return 0
    const since = this.#clock.monotonicMs() - KEPT_MS
    while (this.#atMs[0] !== undefined && this.#atMs[0] < since) this.#atMs.shift()
    return this.#atMs.length
  }
}
