// Owns roles, permissions and the one table that joins them.
// Refuses: scope. Which cameras a permission reaches is the caller's unit subtree, applied in the stores.
import { z } from 'zod'

export const permissions = [
  'unit:view',
  'unit:edit',
  'camera:view',
  'camera:edit',
  'camera:adopt',
  'camera:live',
  'camera:snapshot',
  'credential:edit',
  'health:view',
  'health:suspend',
  'case:view',
  'case:create',
  'case:edit',
  'tag:create',
  'layout:own',
  'user:view',
  'user:edit',
  'audit:view',
  'audit:export',
  'system:view',
] as const
export const permissionSchema = z.enum(permissions)
export type Permission = (typeof permissions)[number]

export const roles = [
  'operator',
  'station_supervisor',
  'bureau_supervisor',
  'investigator',
  'maintainer',
  'inspector',
  'sysadmin',
  'secadmin',
  'auditor',
] as const
export const roleSchema = z.enum(roles)
export type Role = (typeof roles)[number]

const watching = ['unit:view', 'camera:view', 'camera:live', 'camera:snapshot', 'health:view', 'layout:own'] as const

/** Which role may do what. The three administrators (三员) see no video by that role. */
export const rolePermissions: Record<Role, readonly Permission[]> = {
  operator: [...watching, 'case:view', 'case:create', 'case:edit', 'tag:create'],
  station_supervisor: [...watching, 'camera:edit', 'health:suspend', 'case:view', 'case:create', 'case:edit', 'tag:create', 'user:view'],
  bureau_supervisor: [
    ...watching,
    'camera:edit',
    'camera:adopt',
    'credential:edit',
    'health:suspend',
    'case:view',
    'case:create',
    'case:edit',
    'tag:create',
    'user:view',
  ],
  investigator: [...watching, 'case:view', 'case:create', 'case:edit', 'tag:create'],
  maintainer: ['unit:view', 'camera:view', 'health:view', 'camera:edit', 'camera:adopt', 'health:suspend'],
  inspector: ['unit:view', 'camera:view', 'health:view', 'audit:view', 'audit:export'],
  sysadmin: ['unit:view', 'unit:edit', 'camera:view', 'camera:edit', 'camera:adopt', 'credential:edit', 'health:view', 'system:view'],
  secadmin: ['unit:view', 'user:view', 'user:edit'],
  auditor: ['unit:view', 'user:view', 'audit:view', 'audit:export'],
}
