// Owns telling why the database lets no server start. Refuses: faults of ours (a statement that is wrong, a migration that
// breaks), which are better seen whole.
import { StartError } from '#base/start-error.ts'

/** Sign-in, database name or right refused; by the server's error names (MySQL and MariaDB). */
const REFUSED = /ER_ACCESS_DENIED|ER_DBACCESS_DENIED|ER_TABLEACCESS_DENIED|ER_BAD_DB_ERROR|ER_SPECIFIC_ACCESS_DENIED|ER_BINLOG_CREATE_ROUTINE_NEED_SUPER|ER_HOST_NOT_PRIVILEGED/
const UNREACHABLE = /ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ECONNRESET|PROTOCOL_CONNECTION_LOST|ER_CON_COUNT_ERROR|ER_SERVER_SHUTDOWN/
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const BROKEN_FILE = new Set([11, 26])

/** A StartError for what the operator can mend; null for the rest. */
export function databaseProblem(error: unknown): StartError | null {
  if (!(error instanceof Error)) return null
  const inner = 'original' in error && error.original instanceof Error ? error.original : error
  const name = 'code' in inner ? String(inner.code) : ''
  if (REFUSED.test(name)) return new StartError('database_refused', `${inner.message}. See DATABASE_URL; the database must be there, and its user be allowed what docs/operations.md names.`, { cause: error })
  if (UNREACHABLE.test(`${name} ${inner.message}`) && error.name.startsWith('Sequelize')) return new StartError('database_unreachable', `${inner.message}. See DATABASE_URL.`, { cause: error })
  if ('errcode' in inner && BROKEN_FILE.has(Number(inner.errcode) & 0xff)) return new StartError('database_unreadable', `tianwang.sqlite in DATA_DIR: ${inner.message}. Put it aside, not away, and bring back a copy.`, { cause: error })
  return null
}
