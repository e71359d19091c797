// Owns the beat of all streams: one timer, four phase groups, each group 15 times a second.
// Refuses: a timer per stream; a stream that starts joins the group whose turn comes next.
import type { Clock, Timer } from '#base/clock.ts'
import { FRAMES_PER_SECOND } from './scenes/scene.ts'

const GROUPS = 4
export const BEAT_MS = 1000 / (FRAMES_PER_SECOND * GROUPS)
/** After a longer pause (a suspended machine) the missed beats are left out. */
const LONGEST_CATCH_UP_MS = 2000

export interface Paced {
  /** One frame's time has come. @param dueMs wall time at which it was due */
  beat(dueMs: number): void
}

export class Pacer {
  readonly #clock: Clock
  readonly #groups: Set<Paced>[] = Array.from({ length: GROUPS }, () => new Set())
  #timer: Timer | null = null
  #startedMs = 0
  #beats = 0

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock
  }

  get streams(): number {
    return this.#groups.reduce((sum, group) => sum + group.size, 0)
  }

  add(paced: Paced): void {
    if (this.#groups.some((group) => group.has(paced))) return
    if (!this.#timer) {
      this.#startedMs = this.#clock.monotonicMs()
      this.#beats = 0
      this.#wait()
    }
    this.#groups[this.#beats % GROUPS]?.add(paced)
  }

  remove(paced: Paced): void {
    for (const group of this.#groups) group.delete(paced)
    if (this.streams === 0) this.close()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #wait(): void {
    const dueMs = this.#startedMs + this.#beats * BEAT_MS
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => this.#tick())
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - (this.#startedMs + this.#beats * BEAT_MS) > LONGEST_CATCH_UP_MS) this.#startedMs = nowMs - this.#beats * BEAT_MS
    const wallOffset = this.#clock.now() - nowMs
    while (this.#startedMs + this.#beats * BEAT_MS <= nowMs) {
      const dueMs = this.#startedMs + this.#beats * BEAT_MS + wallOffset
      for (const paced of this.#groups[this.#beats % GROUPS] ?? []) paced.beat(dueMs)
      this.#beats++
    }
    if (this.#timer) this.#wait()
  }
}
