// Owns reading rows straight from a driver's connection, past Sequelize.
// Refuses: writing, and transactions.
import { z } from 'zod'

type Values = (string | number)[]
type Answered<Row> = (error: Error | null, rows: Row[]) => void
type Named = Record<string, unknown>
interface SqliteConnection {
  all(sql: string, values: Values, answered: Answered<Named>): void
}
interface MysqlConnection {
  query(options: { sql: string; values: Values; typeCast: true }, answered: Answered<Named>): void
  query(options: { sql: string; values: Values; typeCast: true; rowsAsArray: true }, answered: Answered<unknown[]>): void
}

/** @param connection as Sequelize's pool gave it, of either dialect */
export function scanOn(connection: unknown, sql: string, values: Values): Promise<Named[]> {
  return answerOf((answered) => {
    if (isMysql(connection)) connection.query({ sql, values, typeCast: true }, answered)
    else if (isSqlite(connection)) connection.all(sql, values, answered)
    else answered(unknownDriver(), [])
  })
}

/**
 * Each row as the list of these columns' values. SQLite's come as one JSON text: its driver makes objects four times
 * slower than V8 parses them. That text keeps a text's NULs, at which the driver would stop.
 * @param rest what stands behind the columns of the SELECT, with its order
 */
export async function listsOn(connection: unknown, columns: readonly string[], rest: string, values: Values): Promise<unknown[][]> {
  const sql = `SELECT ${columns.join()} ${rest}`
  if (isMysql(connection)) return answerOf<unknown[]>((answered) => connection.query({ sql, values, typeCast: true, rowsAsArray: true }, answered))
  try {
    const [packed] = await scanOn(connection, `SELECT json_group_array(json_array(${columns.join()})) AS packed FROM (${sql})`, values)
    return listsSchema.parse(JSON.parse(String(packed?.['packed'])))
  } catch {
    // A BLOB, which JSON has not.
    return (await scanOn(connection, sql, values)).map((record) => columns.map((name) => record[name]))
  }
}

/** Only the outermost shape: a million rows pass here. */
const listsSchema = z.custom<unknown[][]>((value) => Array.isArray(value) && value.every((row) => Array.isArray(row)))

function answerOf<Row>(ask: (answered: Answered<Row>) => void): Promise<Row[]> {
  return new Promise((resolve, reject) => ask((error, rows) => (error ? reject(error) : resolve(rows))))
}

const unknownDriver = () => new TypeError('the connection is of no known driver')
const has = (connection: unknown, method: string): boolean => typeof connection === 'object' && connection !== null && method in connection
const isMysql = (connection: unknown): connection is MysqlConnection => has(connection, 'query')
const isSqlite = (connection: unknown): connection is SqliteConnection => has(connection, 'all')
