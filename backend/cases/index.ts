// The door of the cases room.
import type { Migration } from '../storage/index.ts'
import { caseMigration } from './case-row.ts'
import { tagMigration } from './tag-row.ts'

export { createCaseRoom, type CaseRoom, type CaseRoomDeps } from './case-room.ts'
export type { RegisterPort } from './tag-service.ts'
export const caseMigrations: readonly Migration[] = [caseMigration, tagMigration]
