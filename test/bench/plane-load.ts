// Owns the media plane's bench process from the outside: started, asked for its memory, ended.
// Refuses: waiting without end for streams that do not come.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import { systemClock } from '#base/clock.ts'

const memorySchema = z.object({ ringBytes: z.number(), live: z.number(), heapUsed: z.number(), arrayBuffers: z.number() })
/** Bytes by the process's own counters, and how many streams run. */
export type PlaneMemory = z.infer<typeof memorySchema>

export class PlaneProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  #onLine: (line: string) => void = () => {}

  private constructor(basePort: number, cameras: number) {
    // Profiling and the like reach it through BENCH_NODE_OPTIONS; everybody else's node is left alone.
    const options = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')
    this.#child = spawn(process.execPath, [...options, '--import', 'tsx', 'test/bench/plane-process.ts', String(basePort), String(cameras)], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(line))
  }

  /** Resolves when all cameras run. @throws Error when they do not within `startMs` */
  static async start(basePort: number, cameras: number, startMs: number): Promise<PlaneProcess> {
    const plane = new PlaneProcess(basePort, cameras)
    try {
      await plane.#nextLine(startMs, `not all of ${cameras} streams ran in time`)
      return plane
    } catch (error) {
      await plane.close()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async memory(): Promise<PlaneMemory> {
    this.#child.stdin.write('memory\n')
    const answer: unknown = JSON.parse(await this.#nextLine(10_000, 'the plane does not answer'))
    return memorySchema.parse(answer)
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.stdin.end()
    await ended
  }

  #nextLine(withinMs: number, otherwise: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = systemClock.after(withinMs, () => reject(new Error(otherwise)))
      const onExit = (code: number | null) => {
        late.cancel()
        reject(new Error(`the plane ended with ${code}`))
      }
      this.#child.once('exit', onExit)
      this.#onLine = (line) => {
        late.cancel()
        this.#child.off('exit', onExit)
        resolve(line)
      }
    })
  }
}
