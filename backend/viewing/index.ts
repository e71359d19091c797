// The door of the viewing room.
import type { Migration } from '../storage/index.ts'
import { layoutMigration } from './layout-store.ts'
import { wallMigration } from './wall-store.ts'
import { watermarkMigration } from './watermark-store.ts'

export { createViewingRoom, type ViewingRoom, type ViewingRoomDeps } from './viewing-room.ts'
export const viewingMigrations: readonly Migration[] = [wallMigration, layoutMigration, watermarkMigration]
export { WatchLedger } from './watch-ledger.ts'
