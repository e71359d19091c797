// Owns reading rows straight from a driver's connection, past Sequelize.
// Refuses: writing, and transactions.

type Answered = (error: Error | null, rows: Record<string, unknown>[]) => void
interface SqliteConnection {
  all(sql: string, values: (string | number)[], answered: Answered): void
}
interface MysqlConnection {
  query(options: { sql: string; values: (string | number)[]; typeCast: true }, answered: Answered): void
}

/** @param connection as Sequelize's pool gave it, of either dialect */
export function scanOn(connection: unknown, sql: string, values: (string | number)[]): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    const answered: Answered = (error, rows) => (error ? reject(error) : resolve(rows))
    if (isMysql(connection)) connection.query({ sql, values, typeCast: true }, answered)
    else if (isSqlite(connection)) connection.all(sql, values, answered)
    else reject(new TypeError('the connection is of no known driver'))
  })
}

const has = (connection: unknown, method: string): boolean => typeof connection === 'object' && connection !== null && method in connection
const isMysql = (connection: unknown): connection is MysqlConnection => has(connection, 'query')
const isSqlite = (connection: unknown): connection is SqliteConnection => has(connection, 'all')
