// Owns everything that a database holds, as text by table, for tests that ask what was changed or what must not be in it.
import { QueryTypes } from 'sequelize'
import { z } from 'zod'
import type { Storage } from '../../backend/storage/index.ts'

/** Rows of every table as JSON lines in a fixed order; binary columns are written as latin1, so that a text in them is found. */
export async function databaseDump(storage: Storage): Promise<Map<string, string>> {
  const { sequelize } = storage
  const names = z.array(z.union([z.string(), z.object({ tableName: z.string() }).transform(({ tableName }) => tableName)])).parse(await sequelize.getQueryInterface().showAllTables())
  const dump = new Map<string, string>()
  for (const name of names.toSorted()) {
    const rows = await sequelize.query(`SELECT * FROM ${sequelize.getQueryInterface().quoteIdentifier(name)}`, { type: QueryTypes.SELECT })
    const lines = rows.map((row) => JSON.stringify(row, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)))
    dump.set(name, lines.toSorted().join('\n'))
  }
  return dump
}
