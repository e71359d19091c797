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
  'camera:ptz',
  'credential:edit',
  'health:view',
  'health:suspend',
  'posture:view',
  'posture:check',
  'case:view',
  'case:create',
  'case:edit',
  'tag:create',
  'layout:own',
  'user:view',
  'user:create',
  'user:rights',
  'policy:view',
  'watermark:edit',
  'register:create',
  'register:view',
  'grant:request',
  'grant:decide',
  'oversight:view',
  'oversight:answer',
  'oversight:explain',
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

const watching = ['unit:view', 'camera:view', 'camera:live', 'camera:snapshot', 'health:view', 'layout:own', 'register:create', 'grant:request', 'oversight:explain'] as const
/** Whoever supervises reads the registers of the own unit, decides about rights given for a time, answers for irregularities. */
const supervising = ['user:view', 'register:view', 'grant:decide', 'oversight:view', 'oversight:answer'] as const
/** Which cameras answer a stranger is told to those who mend it, and to nobody else: it names the ones to misuse. */
const guarding = ['posture:view', 'posture:check'] as const

/** Which role may do what. The three administrators (三员) see no video by that role. */
export const rolePermissions: Record<Role, readonly Permission[]> = {
  operator: [...watching, 'camera:ptz', 'case:view', 'case:create', 'case:edit', 'tag:create'],
  station_supervisor: [...watching, 'camera:ptz', 'camera:edit', 'health:suspend', ...guarding, 'case:view', 'case:create', 'case:edit', 'tag:create', ...supervising],
  bureau_supervisor: [
    ...watching,
    'camera:ptz',
    'camera:edit',
    'camera:adopt',
    'credential:edit',
    'health:suspend',
    ...guarding,
    'case:view',
    'case:create',
    'case:edit',
    'tag:create',
    ...supervising,
  ],
  investigator: [...watching, 'case:view', 'case:create', 'case:edit', 'tag:create'],
  // 维护单位 sees status and one still (799号 art. 19), no video.
  maintainer: ['unit:view', 'camera:view', 'camera:snapshot', 'health:view', 'camera:edit', 'camera:adopt', 'health:suspend', ...guarding, 'oversight:explain'],
  inspector: ['unit:view', 'camera:view', 'health:view', 'posture:view', 'register:view', 'policy:view', 'oversight:view', 'oversight:answer', 'oversight:explain', 'audit:view', 'audit:export'],
  // Makes accounts, which have no right; the security administrator gives rights to accounts that exist.
  sysadmin: ['user:view', 'user:create', 'policy:view', 'unit:view', 'unit:edit', 'camera:view', 'camera:edit', 'camera:adopt', 'credential:edit', 'health:view', ...guarding, 'system:view', 'oversight:explain'],
  // How plainly pictures name who looks at them is protection against leaks, not the running of machines.
  secadmin: ['unit:view', 'user:view', 'user:rights', 'policy:view', 'watermark:edit'],
  auditor: ['unit:view', 'user:view', 'policy:view', 'register:view', 'oversight:explain', 'audit:view', 'audit:export'],
}
