// Owns a limited number of places and the queue for them, first come first served.
// Refuses: taking a place away from its holder.

export interface Place {
  /** Gives the place back; a second call does nothing. */
  release(): void
}

export class Places {
  #size: number
  #taken = 0
  #queue: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
  }

  /** More or fewer places from now on; who holds one keeps it. */
  resize(size: number): void {
    this.#size = size
    while (this.#taken < this.#size && this.#queue.length > 0) this.#queue.shift()?.()
  }

  /** A place now, or null. */
  tryTake(): Place | null {
    if (this.#taken >= this.#size) return null
    this.#taken++
    return this.#place()
  }

  /** A place when there is one; null if `signal` aborts before. */
  take(signal?: AbortSignal): Promise<Place | null> {
    const place = signal?.aborted ? null : this.tryTake()
    if (place || signal?.aborted) return Promise.resolve(place)
    return new Promise((resolve) => {
      const turn = () => {
        signal?.removeEventListener('abort', leave)
        this.#taken++
        resolve(this.#place())
      }
      const leave = () => {
        this.#queue = this.#queue.filter((waiting) => waiting !== turn)
        resolve(null)
      }
      this.#queue.push(turn)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #place(): Place {
    let held = true
    return {
      release: () => {
        if (!held) return
        held = false
        this.#taken--
        if (this.#taken < this.#size) this.#queue.shift()?.()
      },
    }
  }
}
