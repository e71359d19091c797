// Owns counting what must be given back: memory after a collection, timers, child processes, open handles.
// Refuses: judging the numbers.
import type { ChildProcess } from 'node:child_process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from '#base/clock.ts'
import type { SpawnProcess } from '../../streams/ffmpeg/child.ts'

/** Counts the timers of all its clocks and the children of all its spawns. */
export class Census {
  readonly #timers = new Set<object>()
  readonly #children = new Set<ChildProcess>()

  /** Timers that have neither fired nor been cancelled. */
  get timers(): number {
    return this.#timers.size
  }

  /** Child processes that have not ended. */
  get children(): number {
    return this.#children.size
  }

  clock(inner: Clock): Clock {
    const counted = (start: (fired: () => void) => Timer): Timer => {
      const key = {}
      this.#timers.add(key)
      const timer = start(() => this.#timers.delete(key))
      return {
        cancel: () => {
          this.#timers.delete(key)
          timer.cancel()
        },
      }
    }
    return {
      now: () => inner.now(),
      monotonicMs: () => inner.monotonicMs(),
      after: (delayMs, run) =>
        counted((fired) =>
          inner.after(delayMs, () => {
            fired()
            run()
          }),
        ),
      every: (periodMs, run) => counted(() => inner.every(periodMs, run)),
    }
  }

  spawn(inner: SpawnProcess): SpawnProcess {
    return (command, args, options) => {
      const child = inner(command, args, options)
      this.#children.add(child)
      child.once('close', () => this.#children.delete(child))
      child.once('error', () => this.#children.delete(child))
      return child
    }
  }
}

/** Bytes of live objects and of the buffers they hold. */
export async function liveBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('the collector cannot be called')
  // What a finalizer frees is counted only by the next collection.
  for (let round = 0; round < 4; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Open handles by kind: sockets, pipes, processes, servers; timers that keep the process. */
export async function handles(): Promise<Record<string, number>> {
  // A handle that was closed in this turn of the loop, as of a child whose pipes ended before it, is counted until the next.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  // What is to run in the next turn of the loop, an answer of SQLite say, is nothing that is kept open.
  delete counts['Immediate']
  return counts
}
