// Owns bringing a database to the present schema: each room's migrations, in order of name, once.
// Refuses: going down. A wrong migration is mended by a new one; backups are how one goes back.
import { DataTypes, type QueryInterface } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'
import type { Dialect, Storage } from './storage.ts'

export interface Migration {
  /** `NNNN-room-what`; the number orders all rooms together. */
  name: string
  up(schema: SchemaChange): Promise<void>
}

export interface SchemaChange {
  query: QueryInterface
  dialect: Dialect
  /** Creates a table with the dialect's charset and binary collation. */
  createTable(name: string, columns: Parameters<QueryInterface['createTable']>[1]): Promise<void>
  /** `unique` and `name` are optional; the name defaults to `table_column_column`. */
  addIndex(table: string, columns: string[], options?: { unique?: boolean }): Promise<void>
  raw(sql: string): Promise<void>
  /** Rows of a query, unparsed; `?` stand for the values. */
  select(sql: string, values?: readonly (string | number)[]): Promise<unknown[]>
}

/** Runs what has not run yet, and records it in `schema_migrations`. */
export async function migrate(storage: Storage, migrations: readonly Migration[]): Promise<void> {
  const { sequelize, dialect } = storage
  const query = sequelize.getQueryInterface()
  const change: SchemaChange = {
    query,
    dialect,
    createTable: (name, columns) =>
      query.createTable(name, columns, dialect === 'mysql' ? { charset: 'utf8mb4', collate: 'utf8mb4_bin', engine: 'InnoDB' } : {}),
    addIndex: (table, columns, options = {}) =>
      query.addIndex(table, { fields: columns, unique: options.unique ?? false, name: `${table}_${columns.join('_')}`.slice(0, 60) }),
    raw: async (sql) => {
      await sequelize.query(sql)
    },
    select: (sql, values) => storage.select(sql, values),
  }
  const umzug = new Umzug({
    migrations: [...migrations]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((migration) => ({ name: migration.name, up: () => migration.up(change) })),
    storage: new SequelizeStorage({ sequelize, modelName: 'schema_migrations' }),
    logger: undefined,
  })
  await umzug.up()
}

/** Column shorthands, so that the same thing has the same type in every table. */
export const column = {
  id: () => ({ type: DataTypes.STRING(26), primaryKey: true, allowNull: false }),
  ref: (allowNull = false) => ({ type: DataTypes.STRING(26), allowNull }),
  /** UTC milliseconds. */
  instantMs: (allowNull = false) => ({ type: DataTypes.BIGINT, allowNull }),
  text: (length: number, allowNull = false) => ({ type: DataTypes.STRING(length), allowNull }),
  longText: (allowNull = false) => ({ type: DataTypes.TEXT, allowNull }),
  /** JSON written and parsed by the room itself, so that both dialects keep the same bytes. */
  json: () => ({ type: DataTypes.TEXT, allowNull: false }),
  int: (allowNull = false) => ({ type: DataTypes.INTEGER, allowNull }),
  bigint: (allowNull = false) => ({ type: DataTypes.BIGINT, allowNull }),
  real: (allowNull = false) => ({ type: DataTypes.DOUBLE, allowNull }),
  bool: () => ({ type: DataTypes.BOOLEAN, allowNull: false }),
  blob: (allowNull = false) => ({ type: DataTypes.BLOB('medium'), allowNull }),
} as const
