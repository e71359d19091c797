// Owns one ffmpeg child: started without a shell and without our environment, ended SIGTERM first, SIGKILL after.
// Refuses: restarting it; stderr beyond the last 8 KiB.
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '#base/clock.ts'

export type SpawnProcess = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess

export interface ChildDeps {
  clock: Clock
  spawn: SpawnProcess
  /** Lets a decoder’s process run after those that carry live pictures. */
  yieldToOthers?: (pid: number) => void
}

export interface ChildEnd {
  /** Exit code; null = killed by a signal or never started. */
  code: number | null
  stderr: string
  started: boolean
}

const STDERR_BYTES = 8 * 1024
const KILL_AFTER_MS = 1_000

export class FfmpegChild {
  readonly #deps: ChildDeps
  readonly #process: ChildProcess
  readonly ended: Promise<ChildEnd>
  #stderr = ''
  #over = false

  constructor(deps: ChildDeps, ffmpegPath: string, args: readonly string[]) {
    this.#deps = deps
    this.#process = deps.spawn(ffmpegPath, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      // The child needs nothing of ours, and what it does not get it cannot leak.
      env: { AV_LOG_FORCE_NOCOLOR: '1', LC_ALL: 'C' },
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_BYTES)
    })
    this.#process.stderr?.on('error', () => {})
    this.#process.stdin?.on('error', () => {})
    this.#process.stdout?.on('error', () => {})
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, started: boolean) => {
        if (this.#over) return
        this.#over = true
        resolve({ code, stderr: this.#stderr, started })
      }
      this.#process.once('error', () => end(null, this.#process.pid !== undefined))
      this.#process.once('close', (code) => end(code, true))
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Runs after others from now on; pictures that nobody watches this moment can wait. */
  yieldToOthers(): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      this.#deps.yieldToOthers?.(pid)
    } catch {
      // It is gone already, or this system knows no priorities.
    }
  }

  /** Null only if the child could not be started. */
  get stdout(): Readable | null {
    return this.#process.stdout
  }

  get stdin(): Writable | null {
    return this.#process.stdin
  }

  /** Asks it to end, insists after a second; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#over) return
    this.#process.kill('SIGTERM')
    // Nobody reads the pipe any more; a child that is blocked on a full pipe would not see the signal.
    this.#process.stdout?.resume()
    const insist = this.#deps.clock.after(KILL_AFTER_MS, () => this.#process.kill('SIGKILL'))
    await this.ended
    insist.cancel()
  }
}
