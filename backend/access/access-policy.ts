// Owns the one policy: may this principal use this permission, and on something of this unit?
// Everything asks here: routes, socket events, stream tickets, stores.
import { rolePermissions, type Permission, type Role } from '#contract/permissions.ts'
import type { UnitId } from '#contract/ids.ts'
import type { Principal } from '../http/index.ts'

export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]))
}

/** Whether the principal has the permission at all, or, with a unit, on things of that unit. */
export function may(principal: Principal, permission: Permission, unitId?: UnitId): boolean {
  if (principal.ticket !== null && permission !== 'camera:live') return false
  if (!principal.permissions.has(permission)) return false
  return unitId === undefined || principal.scope.unitIds.has(unitId)
}

const administrators: readonly Role[] = ['sysadmin', 'secadmin', 'auditor']

/** 三员分立: an administrator holds that one role and nothing else. */
export function rolesMayBeTogether(roles: readonly Role[]): boolean {
  return !roles.some((role) => administrators.includes(role)) || new Set(roles).size === 1
}
