// Owns the memory of when which loop frame was sent, about a minute of it.
// Refuses: growing; old entries are overwritten.

const ENTRIES = 1024

export class SentLog {
  #indexes: Int16Array | null = null
  #times: Float64Array | null = null
  #next = 0

  add(frameIndex: number, sentMs: number): void {
    this.#indexes ??= new Int16Array(ENTRIES).fill(-1)
    this.#times ??= new Float64Array(ENTRIES)
    this.#indexes[this.#next] = frameIndex
    this.#times[this.#next] = sentMs
    this.#next = (this.#next + 1) % ENTRIES
  }

  nearest(frameIndex: number, nearMs: number): number | null {
    let best: number | null = null
    for (let i = 0; i < ENTRIES; i++) {
      if (this.#indexes?.[i] !== frameIndex) continue
      const at = this.#times?.[i] ?? 0
      if (best === null || Math.abs(at - nearMs) < Math.abs(best - nearMs)) best = at
    }
    return best
  }
}
