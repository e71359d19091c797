// Owns what a grant is, who may decide about it, and what it allows now. Pure.
import { grantActions, type GrantAction, type GrantState } from '#contract/grants.ts'
import type { CameraId, GrantId, UnitId, UserId } from '#contract/ids.ts'
import type { Permission } from '#contract/permissions.ts'
import type { Principal } from '../http/index.ts'
import type { Officer } from './register-entry.ts'

export interface GrantCamera {
  id: CameraId
  gbCode: string
  name: string
  unitId: UnitId
}
export interface Grant {
  id: GrantId
  state: GrantState
  askedAtMs: number
  userId: UserId
  asker: Officer
  gbCodes: string[]
  /** As they were when approved; empty before. */
  cameras: GrantCamera[]
  actions: GrantAction[]
  fromMs: number
  toMs: number
  reason: string
  caseNumber: string | null
  incidentNumber: string | null
  decidedById: UserId | null
  decidedBy: string | null
  decidedAtMs: number | null
  note: string
}

/** Whoever decides has every one of the cameras in the own subtree; a right that was itself granted does not count. */
export function mayDecide(principal: Principal, cameras: readonly GrantCamera[]): boolean {
  return cameras.length > 0 && cameras.every(({ unitId }) => principal.scope.unitIds.has(unitId))
}

/** What live grants allow: which permissions, on which cameras. */
export function grantedBy(grants: readonly Grant[], nowMs: number): ReadonlyMap<CameraId, ReadonlySet<Permission>> {
  const granted = new Map<CameraId, Set<Permission>>()
  for (const grant of grants) {
    if (grant.state !== 'approved' || nowMs < grant.fromMs || nowMs >= grant.toMs) continue
    for (const { id } of grant.cameras) {
      const held = granted.get(id) ?? new Set()
      for (const action of grant.actions) for (const permission of grantActions[action]) held.add(permission)
      granted.set(id, held)
    }
  }
  return granted
}
