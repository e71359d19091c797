// Owns a MariaDB of a test's own, which the test may hang, end and start again; nobody else's is touched.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'

const PASSWORD = 'test'
const START_MS = 60_000

/** Where the database's program is; null on a machine without. */
export const mariadbd = [process.env['MARIADBD_PATH'] ?? '', '/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd'].find((path) => path !== '' && existsSync(path)) ?? null

export class OwnMariadb {
  readonly #program: string
  readonly #directory: string
  readonly #port: number
  #process: ChildProcess | null = null

  private constructor(program: string, directory: string, port: number) {
    this.#program = program
    this.#directory = directory
    this.#port = port
  }

  static async start(program: string): Promise<OwnMariadb> {
    const directory = mkdtempSync(join(tmpdir(), 'tianwang-mariadb-'))
    const made = spawnSync('mariadb-install-db', ['--no-defaults', `--datadir=${join(directory, 'db')}`, '--auth-root-authentication-method=normal', '--skip-test-db', `--user=${userInfo().username}`], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}`)
    const database = new OwnMariadb(program, directory, await freePort())
    await database.run()
    const root = await createConnection({ user: 'root', socketPath: join(directory, 's') })
    await root.query('CREATE DATABASE tianwang CHARACTER SET utf8mb4 COLLATE utf8mb4_bin')
    await root.query(`CREATE USER 'tianwang'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
    await root.query(`GRANT ALL ON tianwang.* TO 'tianwang'@'127.0.0.1'`)
    await root.end()
    return database
  }

  get url(): string {
    return `mysql://tianwang:${PASSWORD}@127.0.0.1:${this.#port}/tianwang`
  }

  /** Starts it, also again after `end`; resolves when it answers. */
  async run(): Promise<void> {
    const over = new AbortController()
    const socketPath = join(this.#directory, 's')
    this.#process = spawn(this.#program, ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${join(this.#directory, 'db')}`, `--socket=${socketPath}`, `--port=${this.#port}`, '--bind-address=127.0.0.1', '--innodb-flush-log-at-trx-commit=2', '--log-bin-trust-function-creators=1', '--innodb-buffer-pool-size=32M'], { stdio: 'ignore' })
    this.#process.once('exit', () => over.abort())
    for (const startedMs = performance.now(); ; await pause(50)) {
      if (over.signal.aborted || performance.now() - startedMs > START_MS) throw new Error('mariadbd did not start')
      const answered = await createConnection({ user: 'root', socketPath, connectTimeout: 1_000 }).then((connection) => connection.end().then(() => true), () => false)
      if (answered) return
    }
  }

  /** It answers nothing any more, and no connection breaks. */
  hang(): void {
    this.#process?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#process?.kill('SIGCONT')
  }

  /** It is gone at once, as in a loss of power. */
  async end(): Promise<void> {
    const running = this.#process
    this.#process = null
    if (running === null || running.exitCode !== null || running.signalCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    await this.end()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
