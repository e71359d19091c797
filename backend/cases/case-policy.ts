// Owns who may see and change a case: its members, and supervisors whose scope has the case's unit. Pure.
// Refuses: permissions, which the routes declare; this narrows them to single cases.
import type { Role } from '#contract/permissions.ts'
import type { UnitId, UserId } from '#contract/ids.ts'
import type { Principal } from '../http/index.ts'
import type { Case, CaseMember } from './case.ts'

const supervising: readonly Role[] = ['station_supervisor', 'bureau_supervisor']

/** Which cases a caller sees, in the form that the stores put into every WHERE. */
export interface CaseSight {
  /** Sees the cases of which this user is a member … */
  userId: UserId
  /** … and the cases of these units. Empty for who supervises nobody. */
  supervisedUnitIds: readonly UnitId[]
}

export function isSupervisor(roles: readonly Role[]): boolean {
  return roles.some((role) => supervising.includes(role))
}

export function sightOf(principal: Principal): CaseSight {
  return { userId: principal.userId, supervisedUnitIds: isSupervisor(principal.roles) ? [...principal.scope.unitIds] : [] }
}

/** The same rule as the stores' WHERE, for a case in hand. */
export function maySee(principal: Principal, found: Pick<Case, 'unitId'>, members: readonly CaseMember[]): boolean {
  const { userId, supervisedUnitIds } = sightOf(principal)
  return members.some((member) => member.userId === userId) || supervisedUnitIds.includes(found.unitId)
}

/** Changing a case and its members: leads 主办, and supervisors. Tagging is for everybody who sees it. */
export function mayEdit(principal: Principal, found: Pick<Case, 'unitId'>, members: readonly CaseMember[]): boolean {
  const lead = members.some((member) => member.userId === principal.userId && member.duty === 'lead')
  return lead || sightOf(principal).supervisedUnitIds.includes(found.unitId)
}
