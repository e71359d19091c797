// The door of the access room.
import type { Migration } from '../storage/index.ts'
import { sessionMigration } from './session-store.ts'
import { unitMigration } from './unit-store.ts'
import { userMigration } from './user-store.ts'

export { may } from './access-policy.ts'
export { accessRoutes } from './access-routes.ts'
export { createGate } from './gate.ts'
export { Passwords } from './passwords.ts'
export { SessionService } from './session-service.ts'
export { SessionStore } from './session-store.ts'
export { SetUpService } from './set-up-service.ts'
export { StreamTickets } from './stream-ticket.ts'
export { UnitTree, type Unit } from './unit.ts'
export { UnitStore } from './unit-store.ts'
export { UserService } from './user-service.ts'
export { UserStore, type User } from './user-store.ts'
export const accessMigrations: readonly Migration[] = [unitMigration, userMigration, sessionMigration]
