// The door of the audit room.
export { AuditTrail, systemActor, type Act, type Actor } from './audit-service.ts'
export { AuditStore } from './audit-store.ts'
export { auditMigrations } from './audit-migrations.ts'
export { auditRoutes } from './audit-routes.ts'
