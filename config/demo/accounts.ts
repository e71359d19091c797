// Owns the demo's accounts: role names instead of people. All of them get the password of the demo run.
// Refuses: passwords, and any name of a person.
import type { Role } from '#contract/permissions.ts'
import { bureauCode, communityCode, demoStations, type DemoStation } from './units.ts'

export interface DemoAccount {
  username: string
  displayName: string
  /** Fictitious: real police numbers have no letters in front. */
  policeNumber: string
  roles: Role[]
  unitCode: string
}

function station(position: number): DemoStation {
  const found = demoStations[position]
  if (found === undefined) throw new RangeError(`there is no station ${position}`)
  return found
}

export const demoAccounts: readonly DemoAccount[] = [
  { username: 'supervisor', displayName: '分局主管甲', policeNumber: 'DEMO01', roles: ['bureau_supervisor'], unitCode: bureauCode },
  { username: 'operator', displayName: '值班员甲', policeNumber: 'DEMO02', roles: ['operator'], unitCode: station(0).code },
  { username: 'operator2', displayName: '值班员乙', policeNumber: 'DEMO03', roles: ['operator'], unitCode: station(1).code },
  { username: 'officer', displayName: '社区民警甲', policeNumber: 'DEMO04', roles: ['operator'], unitCode: communityCode(station(0), 0) },
  { username: 'investigator', displayName: '刑侦侦查员甲', policeNumber: 'DEMO05', roles: ['investigator'], unitCode: bureauCode },
  { username: 'sysadmin', displayName: '系统管理员', policeNumber: 'DEMO06', roles: ['sysadmin'], unitCode: bureauCode },
  { username: 'secadmin', displayName: '安全管理员', policeNumber: 'DEMO07', roles: ['secadmin'], unitCode: bureauCode },
  { username: 'auditor', displayName: '审计管理员', policeNumber: 'DEMO08', roles: ['auditor'], unitCode: bureauCode },
  { username: 'chief', displayName: '所领导甲', policeNumber: 'DEMO09', roles: ['station_supervisor'], unitCode: station(0).code },
  { username: 'maintainer', displayName: '维护员甲', policeNumber: 'DEMO10', roles: ['maintainer'], unitCode: bureauCode },
  { username: 'inspector', displayName: '督察员甲', policeNumber: 'DEMO11', roles: ['inspector'], unitCode: bureauCode },
]
