// The door of the audit room.
export { createAuditRoom, type AuditRoom, type AuditRoomDeps } from './audit-room.ts'
export { AuditTrail, systemActor, type Act, type Actor } from './audit-service.ts'
export { AuditStore } from './audit-store.ts'
export { auditMigrations } from './audit-migrations.ts'
