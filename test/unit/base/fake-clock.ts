// Owns a clock that stands still until a test moves it.
// Refuses: real time; a timer fires only inside `advance`.
import type { Clock, Timer } from '#base/clock.ts'

export class FakeClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  readonly #timers = new Set<{ atMs: number; periodMs: number | null; run: () => void }>()

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add(delayMs, null, run)
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add(periodMs, periodMs, run)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Moves both times on and fires what falls due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#monotonicMs + byMs
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#nowMs += due.atMs - this.#monotonicMs
      this.#monotonicMs = due.atMs
      if (due.periodMs === null) this.#timers.delete(due)
      else due.atMs += due.periodMs
      due.run()
    }
    this.#nowMs += untilMs - this.#monotonicMs
    this.#monotonicMs = untilMs
  }

  /** Time passes while the loop hangs: what fell due meanwhile is fired once, late. */
  stall(forMs: number): void {
    this.#nowMs += forMs
    this.#monotonicMs += forMs
    for (const timer of [...this.#timers].filter(({ atMs }) => atMs <= this.#monotonicMs)) {
      if (timer.periodMs === null) this.#timers.delete(timer)
      else timer.atMs = this.#monotonicMs + timer.periodMs
      timer.run()
    }
  }

  #add(delayMs: number, periodMs: number | null, run: () => void): Timer {
    const timer = { atMs: this.#monotonicMs + delayMs, periodMs, run }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }
}
