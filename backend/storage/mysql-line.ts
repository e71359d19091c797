// Owns the sockets to MySQL/MariaDB: all of them break at once when the database has fallen silent, and none is opened until
// it answers again. So a caller hears of a database that hangs as soon as of one that is gone.
// Refuses: statements; those are Sequelize's.
import { connect, type Socket } from 'node:net'
import { createConnection } from 'mysql2'
import type { Clock } from '#base/clock.ts'
import { Pulse, type Question } from './pulse.ts'
import { unavailable } from './within.ts'

export class MysqlLine {
  readonly #url: string
  readonly #clock: Clock
  readonly #sockets = new Set<Socket>()
  #asking: { ask: (answered: () => void) => void; socket: Socket } | null = null
  #pulse: Pulse | null = null

  constructor(deps: { url: string; clock: Clock }) {
    this.#url = deps.url
    this.#clock = deps.clock
  }

  /** A socket for a connection of the pool; given to the driver as its `stream`. */
  readonly open = (): Socket => {
    // Whoever never connects needs no watch.
    this.#pulse ??= new Pulse({ clock: this.#clock, ask: () => this.#ask(), onSilent: () => this.#break() })
    const socket = this.#socket()
    this.#sockets.add(socket)
    return socket.once('close', () => this.#sockets.delete(socket))
  }

  /** @throws AppError unavailable while the database is silent */
  assertAnswers(): void {
    if (this.#pulse?.silent === true) throw unavailable(silence())
  }

  close(): void {
    this.#pulse?.close()
    this.#asking?.socket.destroy()
  }

  #socket(): Socket {
    const { hostname, port } = new URL(this.#url)
    return connect({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 3306 : Number(port), noDelay: true, keepAlive: true })
  }

  #break(): void {
    for (const socket of [...this.#sockets]) socket.destroy(silence())
  }

  #ask(): Question {
    const { ask, socket } = (this.#asking ??= this.#line())
    return { answered: new Promise((resolve) => ask(resolve)), giveUp: () => socket.destroy() }
  }

  /** The connection for questions; the next one gets another when this one is gone. */
  #line(): { ask: (answered: () => void) => void; socket: Socket } {
    const socket = this.#socket().unref()
    socket.once('close', () => (this.#asking = null))
    const connection = createConnection({ uri: this.#url, stream: socket })
    connection.on('error', () => socket.destroy())
    return { ask: (answered) => void connection.query('SELECT 1', () => answered()), socket }
  }
}

const silence = (): Error => Object.assign(new Error('the database has fallen silent (ETIMEDOUT)'), { code: 'ETIMEDOUT' })
