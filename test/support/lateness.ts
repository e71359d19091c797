// Owns how late this process was, which is also the simulated cameras' and the server's that run in it: the longest time in
// which its event loop did nothing that was due. What a machine held up, no camera and no server did.
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

const RESOLUTION_MS = 20

export class Lateness {
  readonly #delays: IntervalHistogram

  constructor() {
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#delays.enable()
  }

  /** Longest hold-up since the beginning, or since `startOver`. */
  longestMs(): number {
    return Math.max(0, this.#delays.max / 1e6 - RESOLUTION_MS)
  }

  startOver(): void {
    this.#delays.reset()
  }

  close(): void {
    this.#delays.disable()
  }
}
