// Owns the one policy: may this principal use this permission, and on something of this unit?
// Everything asks here: routes, socket events, stream tickets, stores.
import { rolePermissions, type Permission, type Role } from '#contract/permissions.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import type { Principal } from '../http/index.ts'

export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]))
}

/**
 * Whether the principal has the permission at all, or, with a unit, on things of that unit; with a camera, also by a live
 * grant on it. A grant widens where a permission of the role reaches; it never gives one that the role has not.
 */
export function may(principal: Principal, permission: Permission, unitId?: UnitId, cameraId?: CameraId): boolean {
  if (principal.ticket !== null && permission !== 'camera:live') return false
  if (!principal.permissions.has(permission)) return false
  if (unitId === undefined || principal.scope.unitIds.has(unitId)) return true
  return cameraId !== undefined && principal.scope.granted?.get(cameraId)?.has(permission) === true
}

/** Where a permission reaches, as the stores put it into every WHERE: units of the subtree, and single granted cameras. */
export interface Reach {
  unitIds: ReadonlySet<UnitId>
  cameraIds: ReadonlySet<CameraId>
}
export function reach(principal: Principal, permission: Permission): Reach {
  const { unitIds, granted } = principal.scope
  return { unitIds, cameraIds: new Set([...(granted ?? [])].filter(([, held]) => held.has(permission)).map(([id]) => id)) }
}

const administrators: readonly Role[] = ['sysadmin', 'secadmin', 'auditor']

export function isAdministrator(role: Role): boolean {
  return administrators.includes(role)
}

/** 三员分立: an administrator holds that one role and nothing else. */
export function rolesMayBeTogether(roles: readonly Role[]): boolean {
  return !roles.some((role) => administrators.includes(role)) || new Set(roles).size === 1
}
