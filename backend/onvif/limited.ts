// Owns running one task per item with a bound on how many run at once.
// Refuses: collecting results, retrying; a task's rejection is the caller's bug and ends the run.

/** Resolves when every item has been worked on, or, after an abort, when the running ones have ended. */
export async function forEachLimited<Item>(
  items: Iterable<Item>,
  limit: number,
  run: (item: Item) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const lane = async () => {
    while (!signal?.aborted) {
      const next = iterator.next()
      if (next.done) return
      await run(next.value)
    }
  }
  await Promise.all(Array.from({ length: limit }, lane))
}
