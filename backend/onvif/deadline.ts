// Owns the end of one operation against a device: a total time, the caller's abort, and which of the two it was.
// Refuses: extending itself; every exchange of the operation shares the one deadline.
import { setMaxListeners } from 'node:events'
import type { Clock } from '#base/clock.ts'

export class Deadline {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #release: () => void
  #expired = false

  /** @param durationMs Total time from now on. */
  constructor(clock: Clock, durationMs: number, outer?: AbortSignal) {
    this.signal = this.#controller.signal
    let over = false
    const timer = clock.after(durationMs, () => {
      // When our own loop is late, timers come before the answers that lie unread; those get one turn.
      setImmediate(() => {
        if (over) return
        this.#expired = true
        this.#controller.abort()
      })
    })
    const abort = () => {
      over = true
      this.#controller.abort()
    }
    if (outer?.aborted) abort()
    else if (outer) {
      // A run gives one signal to all of its calls; Node would take the eleventh listener for a leak.
      setMaxListeners(0, outer)
      outer.addEventListener('abort', abort, { once: true })
    }
    this.#release = () => {
      over = true
      timer.cancel()
      outer?.removeEventListener('abort', abort)
    }
  }

  /** True when the time ran out, false while it runs or when the caller gave up. */
  get expired(): boolean {
    return this.#expired
  }

  /** Takes the timer and the listener off; to be called when the operation has ended. */
  release(): void {
    this.#release()
  }
}
