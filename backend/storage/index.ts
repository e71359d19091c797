// The door of the storage room.
export { Storage, contains, isUniqueViolation, type Dialect, type Table, type Tx } from './storage.ts'
export { column, migrate, type Migration, type SchemaChange } from './migrations.ts'
export { databaseProblem } from './start-problem.ts'
export { asOutage, isOutage, within } from './within.ts'
export { keyFile } from './key-file.ts'
export { fromInstant, rowBool, rowBytes, rowInstantMs, rowJson, toInstant, toInstantOrNull } from './rows.ts'
