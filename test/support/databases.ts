// Owns running the same suite on every database: SQLite in a temporary directory always, MariaDB/MySQL when
// TEST_DATABASE_URL names a server. What is missing is skipped by name.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { migrate, Storage, type Migration } from '../../backend/storage/index.ts'

export interface TestDatabase {
  name: 'SQLite' | 'MariaDB'
  /** A migrated, empty database; closed and dropped by `drop`. */
  open(migrations: readonly Migration[]): Promise<Storage>
  /** The DATABASE_URL of an empty database, for tests that start a whole server; '' = SQLite in dataDir. */
  url(): Promise<string>
  drop(): Promise<void>
}

function sqlite(): TestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'tianwang-db-'))
  const opened: Storage[] = []
  return {
    name: 'SQLite',
    async open(migrations) {
      const storage = new Storage({ sqliteFile: join(directory, `${opened.length}.sqlite`) })
      opened.push(storage)
      await migrate(storage, migrations)
      return storage
    },
    url: async () => '',
    async drop() {
      for (const storage of opened) await storage.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function mariadb(serverUrl: string): TestDatabase {
  const made: string[] = []
  const opened: Storage[] = []
  const create = async () => {
    const name = `tianwang_test_${randomBytes(6).toString('hex')}`
    const connection = await createConnection(serverUrl)
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    await connection.end()
    made.push(name)
    const url = new URL(serverUrl)
    url.pathname = `/${name}`
    return url.toString()
  }
  return {
    name: 'MariaDB',
    async open(migrations) {
      const storage = new Storage({ mysqlUrl: await create() })
      opened.push(storage)
      await migrate(storage, migrations)
      return storage
    },
    url: create,
    async drop() {
      for (const storage of opened) await storage.close()
      const connection = await createConnection(serverUrl)
      for (const name of made) await connection.query(`DROP DATABASE IF EXISTS ${name}`)
      await connection.end()
    },
  }
}

/** Every database that this machine has, for benches. */
export function databasesHere(): TestDatabase[] {
  const serverUrl = process.env['TEST_DATABASE_URL']
  return [sqlite(), ...(serverUrl ? [mariadb(serverUrl)] : [])]
}

/** Declares the suite once per database. `make()` inside a `before` gives the database; `drop` it in `after`. */
export function eachDatabase(title: string, suite: (make: () => TestDatabase) => void): void {
  describe(`${title} (SQLite)`, () => suite(sqlite))
  const serverUrl = process.env['TEST_DATABASE_URL']
  if (serverUrl) {
    describe(`${title} (MariaDB)`, function () {
      this.timeout(60_000)
      suite(() => mariadb(serverUrl))
    })
  } else {
    describe(`${title} (MariaDB)`, () => {
      it('needs TEST_DATABASE_URL', function () {
        this.skip()
      })
    })
  }
}
