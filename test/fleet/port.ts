// Owns one listening TCP port that can be switched off and on again, keeping its number.
// Refuses: knowing the protocol on it.
import type { Server, Socket } from 'node:net'
import { once } from 'node:events'

export class SwitchablePort {
  readonly #server: Server
  readonly #host: string
  readonly #sockets = new Set<Socket>()
  #port: number
  #wanted = false
  #work: Promise<void> = Promise.resolve()

  /** @param port 0 = any free one, kept from the first listening on */
  constructor(server: Server, options: { host: string; port: number }) {
    this.#server = server
    this.#host = options.host
    this.#port = options.port
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    return this.#port
  }

  /** Resolves when the last switch is done, or has failed. */
  get settled(): Promise<void> {
    return this.#work
  }

  /** Opens or closes; closing resets every connection. Resolves when it is done. @throws when the port is taken */
  switch(on: boolean): Promise<void> {
    this.#wanted = on
    if (!on) for (const socket of this.#sockets) socket.resetAndDestroy()
    const work = this.#work.then(() => this.#settle())
    this.#work = work.catch(() => undefined)
    return work
  }

  async #settle(): Promise<void> {
    if (this.#wanted === this.#server.listening) return
    if (this.#wanted) {
      const listening = once(this.#server, 'listening')
      this.#server.listen({ port: this.#port, host: this.#host, backlog: 64 })
      await listening
      const address = this.#server.address()
      if (address !== null && typeof address === 'object') this.#port = address.port
    } else {
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve())
        for (const socket of this.#sockets) socket.resetAndDestroy()
      })
    }
  }
}
