// Owns a limited number of places and the queue for them, first come first served.
// Refuses: taking a place away from its holder; a queue longer than was agreed.

export interface Place {
  /** Gives the place back; a second call does nothing. */
  release(): void
}

/** A wish in the queue. */
export interface Waiting {
  /** 1 = the next one; 0 = not in the queue any more. */
  readonly position: number
  /** Gives the wish up; after its turn came this does nothing. */
  leave(): void
}

export class Places {
  #size: number
  readonly #mostWaiting: number
  #taken = 0
  #queue: (() => void)[] = []
  readonly #listeners = new Set<() => void>()

  /** @param mostWaiting length of the queue that `wait` respects */
  constructor(size: number, mostWaiting = Infinity) {
    this.#size = size
    this.#mostWaiting = mostWaiting
  }

  get size(): number {
    return this.#size
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#queue.length
  }

  get free(): boolean {
    return this.#taken < this.#size
  }

  /** Neither a place nor room in the queue. Without any places nobody's turn would ever come. */
  get full(): boolean {
    return this.#size === 0 || (this.#taken >= this.#size && this.#queue.length >= this.#mostWaiting)
  }

  /** Calls `listener` whenever somebody moved up in the queue or left it; gives the function that ends it. */
  onMoved(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** More or fewer places from now on; who holds one keeps it. */
  resize(size: number): void {
    this.#size = size
    this.#serve()
  }

  /** A place now, or null. */
  tryTake(): Place | null {
    if (this.#taken >= this.#size) return null
    this.#taken++
    return this.#place()
  }

  /** Waits in the queue until `turn` is called with a place; null when it is full. To be asked after `tryTake`. */
  wait(turn: (place: Place) => void): Waiting | null {
    return this.#queue.length < this.#mostWaiting ? this.#join(turn) : null
  }

  /** A place when there is one; null if `signal` aborts before. */
  take(signal?: AbortSignal): Promise<Place | null> {
    const place = signal?.aborted ? null : this.tryTake()
    if (place || signal?.aborted) return Promise.resolve(place)
    return new Promise((resolve) => {
      const leave = () => {
        waiting.leave()
        resolve(null)
      }
      const waiting = this.#join((given) => {
        signal?.removeEventListener('abort', leave)
        resolve(given)
      })
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #join(turn: (place: Place) => void): Waiting {
    const entry = () => {
      this.#taken++
      turn(this.#place())
    }
    this.#queue.push(entry)
    const queue = () => this.#queue
    return {
      get position() {
        return queue().indexOf(entry) + 1
      },
      leave: () => {
        const left = this.#queue.filter((other) => other !== entry)
        if (left.length === this.#queue.length) return
        this.#queue = left
        this.#moved()
      },
    }
  }

  #serve(): void {
    let served = false
    while (this.#taken < this.#size) {
      const next = this.#queue.shift()
      if (!next) break
      served = true
      next()
    }
    if (served) this.#moved()
  }

  #moved(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #place(): Place {
    let held = true
    return {
      release: () => {
        if (!held) return
        held = false
        this.#taken--
        this.#serve()
      },
    }
  }
}
