// Owns `npm run migrate`: brings the database to the present schema as its owner, for installations whose server runs as a
// user that may not change tables.
import { join } from 'node:path'
import { loadConfig } from '#config/load.ts'
import { allMigrations } from '../backend/app.ts'
import { sayWhyNot } from '../backend/start-problem.ts'
import { migrate, Storage } from '../backend/storage/index.ts'

let storage: Storage | undefined
try {
  const { dataDir, databaseUrl } = loadConfig(process.env).storage
  storage = new Storage(databaseUrl === '' ? { sqliteFile: join(dataDir, 'tianwang.sqlite') } : { mysqlUrl: databaseUrl })
  await migrate(storage, allMigrations)
  console.log('the database has the present schema')
} catch (error) {
  sayWhyNot(error)
} finally {
  await storage?.close()
}
