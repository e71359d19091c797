// The door of the viewing room.
import type { Migration } from '../storage/index.ts'
import { layoutMigration } from './layout-store.ts'
import { wallMigration } from './wall-store.ts'

export { createViewingRoom, type ViewingRoom, type ViewingRoomDeps } from './viewing-room.ts'
export const viewingMigrations: readonly Migration[] = [wallMigration, layoutMigration]
export { WatchLedger } from './watch-ledger.ts'
