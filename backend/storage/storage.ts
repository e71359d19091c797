// Owns the database handle: one Sequelize, transactions, and the differences between SQLite and MySQL/MariaDB.
// Refuses: knowing any table. Rooms define theirs through `table()`; times are UTC milliseconds in BIGINT columns.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Op, QueryTypes, Sequelize, Transaction, col, fn, where, type Model, type ModelAttributes, type ModelStatic } from 'sequelize'
import { AppError } from '#base/app-error.ts'
import { systemClock, type Clock } from '#base/clock.ts'
import { MysqlLine } from './mysql-line.ts'
import { listsOn, scanOn } from './scan.ts'
import { sqliteDriver } from './sqlite-driver.ts'
import { isOutage, unavailable, within } from './within.ts'

export type Tx = Transaction
export type Dialect = 'sqlite' | 'mysql'
export type Table = ModelStatic<Model>
type Connections = Sequelize['connectionManager']

/** A connection in the middle of a statement that hangs takes no ROLLBACK. */
const rollbackWaitMs = 500
/** How long a writer waits behind others that a locked SQLite refuses, one after another; it would be refused too. */
const refusedWaitMs = 1_000

export class Storage {
  readonly sequelize: Sequelize
  readonly dialect: Dialect
  readonly #inside = new AsyncLocalStorage<boolean>()
  readonly #lastSteps = new WeakMap<Tx, (() => Promise<void>)[]>()
  readonly #clock: Clock
  readonly #line: MysqlLine | null
  #writing: Promise<unknown> = Promise.resolve()
  /** Whether the last writer's turn ended because the database refused it. */
  #refusing = false

  /** @param target a `mysql://` URL, or the path of an SQLite file. */
  constructor(target: { mysqlUrl: string } | { sqliteFile: string }, clock: Clock = systemClock) {
    this.#clock = clock
    const shared = { logging: false, define: { timestamps: false, freezeTableName: true } } as const
    if ('mysqlUrl' in target) {
      this.dialect = 'mysql'
      const line = new MysqlLine({ url: target.mysqlUrl, clock })
      this.#line = line
      this.sequelize = new Sequelize(target.mysqlUrl, {
        ...shared,
        dialect: 'mysql',
        timezone: '+00:00',
        pool: { max: 12, min: 0, acquire: 10_000 },
        // FOUND_ROWS: an UPDATE that finds the row counts it even when nothing differs, as SQLite does.
        dialectOptions: { charset: 'utf8mb4', connectTimeout: 1_000, supportBigNumbers: true, flags: 'FOUND_ROWS', stream: line.open },
        isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED,
      })
      this.sequelize.addHook('beforeConnect', () => line.assertAnswers())
    } else {
      mkdirSync(dirname(target.sqliteFile), { recursive: true })
      this.dialect = 'sqlite'
      this.#line = null
      this.sequelize = new Sequelize({ ...shared, dialect: 'sqlite', storage: target.sqliteFile, dialectModule: sqliteDriver })
    }
  }

  /**
   * Runs `work` in one transaction; a throw rolls everything back. On SQLite writers queue up in this process, so that
   * none of them meets a busy database. Nesting is refused: pass the transaction down instead.
   * @throws AppError `unavailable` when the database cannot be reached
   */
  async transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    if (this.#inside.getStore() === true) throw new Error('a transaction was opened inside a transaction; pass `tx` down instead')
    const run = () => this.#inside.run(true, () => this.#begin(work))
    if (this.dialect === 'mysql') return run()
    const askedMs = this.#clock.monotonicMs()
    const turn = this.#writing.then(() => {
      if (this.#refusing && this.#clock.monotonicMs() - askedMs > refusedWaitMs) throw unavailable(new Error('database is locked, also for those who came before'))
      return run()
    })
    this.#writing = turn.then(() => (this.#refusing = false), (error: unknown) => (this.#refusing = isRefusal(error)))
    return turn
  }

  /** Calls `run` once the transaction is committed, outside of it: `run` may open another. */
  afterCommit(tx: Tx, run: () => void): void {
    // Not `exit`: that would hold only until the first of the transactions that `run` opens.
    tx.afterCommit(() => this.#inside.run(false, run))
  }

  /**
   * Runs `step` when the transaction's work is done, just before its commit: a lock that every writer takes is taken last
   * and held shortest. A throw of it rolls everything back.
   */
  beforeCommit(tx: Tx, step: () => Promise<void>): void {
    const steps = this.#lastSteps.get(tx)
    if (steps === undefined) throw new Error('the transaction was not opened by Storage.transaction')
    steps.push(step)
  }

  async #begin<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    let tx: Tx | undefined
    try {
      tx = await this.sequelize.transaction()
      const steps: (() => Promise<void>)[] = []
      this.#lastSteps.set(tx, steps)
      const result = await work(tx)
      for (const step of steps) await step()
      await within(tx.commit())
      return result
    } catch (error) {
      if (tx !== undefined) await giveUp(tx, this.sequelize.connectionManager)
      throw isOutage(error) && !(error instanceof AppError) ? unavailable(error) : error
    }
  }

  /** Defines a table of a room. Column names are as given; there are no hidden columns. */
  table(name: string, columns: ModelAttributes): Table {
    return this.sequelize.define(name, columns)
  }

  /** Rows of a query that only reads, unparsed; `?` stand for the values. */
  select(sql: string, values: readonly (string | number)[] = []): Promise<unknown[]> {
    return this.sequelize.query(sql, { type: QueryTypes.SELECT, replacements: [...values] })
  }

  /**
   * The same for reading through a large table: without Sequelize between, which parses every value again. Numbers are
   * numbers in both dialects; nothing else is promised.
   */
  scan(sql: string, values: readonly (string | number)[] = []): Promise<Record<string, unknown>[]> {
    return this.#borrow((connection) => scanOn(connection, sql, [...values]))
  }

  /** As `scan`, each row as the list of these columns' values; `rest` is the SELECT behind the columns, with its order. */
  scanLists(columns: readonly string[], rest: string, values: readonly (string | number)[] = []): Promise<unknown[][]> {
    return this.#borrow((connection) => listsOn(connection, columns, rest, [...values]))
  }

  async #borrow<Result>(read: (connection: unknown) => Promise<Result>): Promise<Result> {
    const { connectionManager } = this.sequelize
    const connection: unknown = await connectionManager.getConnection({ type: 'read' })
    try {
      return await read(connection)
    } finally {
      await connectionManager.releaseConnection(connection as Parameters<typeof connectionManager.releaseConnection>[0])
    }
  }

  async close(): Promise<void> {
    await this.#writing
    this.#line?.close()
    await this.sequelize.close()
  }
}

/** Whether the database itself refused; a room may call other things unavailable, e.g. a camera. */
const isRefusal = (error: unknown): boolean => (error instanceof AppError ? error.code === 'unavailable' || error.code === 'audit_unavailable' : isOutage(error))

/** Rolls back; a connection that does not answer even that is closed, and the server then rolls back by itself. */
async function giveUp(tx: Tx, connections: Connections): Promise<void> {
  if ('finished' in tx && tx.finished !== undefined) return
  const connection: unknown = 'connection' in tx ? tx.connection : undefined
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), rollbackWaitMs)))
  const outcome = await Promise.race([tx.rollback().catch(() => undefined), patience])
  clearTimeout(timer)
  // Once the rollback has ended, the connection may be another transaction's already.
  if (outcome === 'late') discard(connection, connections)
}

/** The pool looks at a connection before it gives it out again, and drops one that is closed. */
function discard(connection: unknown, connections: Connections): void {
  if (typeof connection !== 'object' || connection === null || !('destroy' in connection) || typeof connection.destroy !== 'function') return
  connection.destroy()
  connections.releaseConnection(connection as Parameters<Connections['releaseConnection']>[0])
}

/** Whether an error says that a unique index refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && error.name === 'SequelizeUniqueConstraintError'
}

/** A WHERE term: the column contains the text, literally. INSTR means the same in both dialects, unlike LIKE's escapes. */
export function contains(columnName: string, text: string) {
  return where(fn('instr', col(columnName), text), Op.gt, 0)
}
