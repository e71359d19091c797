// Owns the end of the process: what was started is closed in reverse order, each with a deadline.
// Refuses: restarting anything; a second signal ends at once.
import type { Logger } from '#base/logger.ts'

export interface Closable {
  name: string
  close(): Promise<void>
}

export class Shutdown {
  readonly #closables: Closable[] = []
  readonly #logger: Logger
  readonly #perCloseMs: number
  #closing: Promise<void> | undefined

  constructor(deps: { logger: Logger; perCloseMs?: number }) {
    this.#logger = deps.logger
    this.#perCloseMs = deps.perCloseMs ?? 8_000
  }

  add(name: string, close: () => Promise<void>): void {
    this.#closables.push({ name, close })
  }

  /** Closes everything added, last first. Calling it again gives the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    for (const closable of this.#closables.reverse()) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${closable.name} did not close in time`)), this.#perCloseMs)
      })
      try {
        await Promise.race([closable.close(), late])
      } catch (error) {
        this.#logger.error({ error, part: closable.name }, 'a part did not close cleanly')
      } finally {
        clearTimeout(timer)
      }
    }
  }

  /** Closes on SIGINT and SIGTERM, then exits; a second signal exits at once. */
  onSignals(): void {
    let signalled = false
    const stop = () => {
      if (signalled) process.exit(130)
      signalled = true
      void this.close().then(() => process.exit(0))
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  }
}
