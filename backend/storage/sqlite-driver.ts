// Owns the shape that Sequelize 6 expects of an SQLite driver (the sqlite3 callback API) over @photostructure/sqlite.
// Refuses: being asynchronous in truth. Statements run at once; callbacks come by setImmediate so that timers still get
// their turn. Queries must therefore be short and indexed.
import { DatabaseSync } from '@photostructure/sqlite'

type Row = Record<string, unknown>
type Bindable = string | number | bigint | null | Uint8Array
type Callback = (this: Statement, error: Error | null, rows?: Row[]) => void

/** Sequelize looks at the constructor's name and reads these two after an insert. */
class Statement {
  lastID = 0
  changes = 0
}

function bindable(value: unknown): Bindable {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) return value.toISOString()
  throw new TypeError(`cannot bind a ${typeof value}`)
}

function withCode(error: unknown): Error {
  const known = error instanceof Error ? error : new Error(String(error))
  const constraint = /constraint failed|RAISE|immutable/i.test(known.message)
  const busy = /database (table )?is locked/i.test(known.message)
  return Object.assign(known, { code: constraint ? 'SQLITE_CONSTRAINT' : busy ? 'SQLITE_BUSY' : 'SQLITE_ERROR' })
}

class Database {
  readonly filename: string
  uuid: string | undefined
  readonly #database: InstanceType<typeof DatabaseSync>

  constructor(filename: string, _mode: number, opened: (error: Error | null) => void) {
    this.filename = filename
    this.#database = new DatabaseSync(filename)
    this.#database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=250')
    setImmediate(() => opened(null))
  }

  serialize(run: () => void): void {
    run()
  }

  #execute(sql: string, parameters: unknown, callback: Callback | undefined): void {
    const statement = new Statement()
    let failure: Error | null = null
    let rows: Row[] = []
    try {
      const prepared = this.#database.prepare(sql)
      const bound: unknown[] = Array.isArray(parameters) ? parameters.map(bindable) : []
      if (parameters !== null && typeof parameters === 'object' && !Array.isArray(parameters)) {
        const named = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bindable(value)]))
        if (Object.keys(named).length > 0) bound.push(named)
      }
      if (prepared.columns().length > 0) {
        rows = prepared.all(...bound)
      } else {
        const outcome = prepared.run(...bound)
        statement.changes = Number(outcome.changes)
        statement.lastID = Number(outcome.lastInsertRowid)
      }
    } catch (error) {
      failure = withCode(error)
    }
    if (callback) setImmediate(() => (failure ? callback.call(statement, failure) : callback.call(statement, null, rows)))
  }

  all(sql: string, parameters?: unknown, callback?: Callback): void {
    if (typeof parameters === 'function') this.#execute(sql, undefined, (error, rows) => parameters.call(new Statement(), error, rows))
    else this.#execute(sql, parameters, callback)
  }

  run(sql: string, parameters?: unknown, callback?: Callback): void {
    this.all(sql, parameters, callback)
  }

  close(closed?: (error: Error | null) => void): void {
    if (this.#database.isOpen) this.#database.close()
    if (closed) setImmediate(() => closed(null))
  }
}

/** Given to Sequelize as `dialectModule`. */
export const sqliteDriver = { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4 }
