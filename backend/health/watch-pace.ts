// Owns how much the watch may do at once: less while our own loop is late, and fewer looks at pictures while somebody waits
// for one. Refuses: standing still; one camera at a time is always looked at.
import type { Clock } from '#base/clock.ts'
import { LoopPace } from '#base/loop-pace.ts'
import type { StreamReport } from '#streams'

export class WatchPace {
  readonly #loop: LoopPace
  readonly #most: { sweep: number; patrol: number }
  /** Streams between being asked for and their first picture. */
  readonly #starting = new Set<string>()

  /** @param deps `most` as configured: cameras that are asked, and pictures that are looked at, at the same time */
  constructor(deps: { clock: Clock; most: { sweep: number; patrol: number } }) {
    this.#most = deps.most
    this.#loop = new LoopPace({ clock: deps.clock, most: deps.most.sweep })
  }

  streamReported({ cameraId, stream, state }: Pick<StreamReport, 'cameraId' | 'stream' | 'state'>): void {
    if (state === 'starting') this.#starting.add(`${stream}/${cameraId}`)
    else this.#starting.delete(`${stream}/${cameraId}`)
  }

  /** Cameras that a sweep may ask at once now. */
  get sweepAtOnce(): number {
    return this.#loop.atOnce
  }

  /** Pictures that may be looked at at once now; people who wait for theirs come first. */
  get patrolAtOnce(): number {
    const share = this.#loop.atOnce / this.#most.sweep
    const most = this.#starting.size > 0 ? this.#most.patrol / 2 : this.#most.patrol
    return Math.max(1, Math.floor(most * share))
  }

  /** Rises when our loop was late: a silence during which it rose proves nothing of the camera. */
  get lateTicks(): number {
    return this.#loop.lateTicks
  }

  /** The time that a camera has to answer, longer while our loop is late. */
  deadlineMs(wantedMs: number): number {
    return this.#loop.deadlineMs(wantedMs)
  }

  close(): void {
    this.#loop.close()
  }
}
