// The door of the audit room.
export { AuditTrail, systemActor, type Act, type Actor } from './audit-service.ts'
export { AuditStore, auditMigrations } from './audit-store.ts'
export { auditRoutes } from './audit-routes.ts'
