// Owns running one task per item with a bound on how many run at once; the bound may change while it runs.
// Refuses: collecting results, retrying; a task's rejection is the caller's bug and ends the run.

/**
 * Resolves when every item has been worked on, or, after an abort, when the running ones have ended.
 * @param limit A function is asked before each start; what it gives must be at least 1.
 */
export function forEachLimited<Item>(
  items: Iterable<Item>,
  limit: number | (() => number),
  run: (item: Item) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const most = typeof limit === 'number' ? () => limit : limit
  let running = 0
  let over = false
  return new Promise((resolve, reject) => {
    const ended = () => {
      running--
      fill()
    }
    const failed = (error: unknown) => {
      over = true
      reject(error)
    }
    const fill = () => {
      while (!over && !signal?.aborted && running < most()) {
        const next = iterator.next()
        if (next.done) over = true
        else {
          running++
          run(next.value).then(ended).catch(failed)
        }
      }
      if (running === 0) resolve()
    }
    fill()
  })
}

/** As forEachLimited, for items that are still to come. */
export class LimitedQueue<Item> {
  readonly #limit: number
  readonly #run: (item: Item) => Promise<void>
  readonly #waiting: Item[] = []
  #running = 0
  #failed: { error: unknown } | undefined
  #idle: (() => void)[] = []

  constructor(deps: { limit: number; run: (item: Item) => Promise<void> }) {
    this.#limit = deps.limit
    this.#run = deps.run
  }

  add(item: Item): void {
    this.#waiting.push(item)
    this.#fill()
  }

  /** Resolves when nothing is waiting or running any more. @throws what a task threw */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    if (this.#failed) throw this.#failed.error
  }

  #fill(): void {
    while (this.#running < this.#limit && !this.#failed) {
      const item = this.#waiting.shift()
      if (item === undefined) break
      this.#running++
      void this.#run(item)
        .catch((error: unknown) => (this.#failed = { error }))
        .then(() => {
          this.#running--
          this.#fill()
        })
    }
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}
