// Owns by what a caller may choose cameras, and which of them a choice may reach; the list and its file ask here alike.
// Refuses: choosing by posture without the right to know it: the answer would tell it.
import { AppError } from '#base/app-error.ts'
import type { CameraStatus } from '#contract/cameras.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UnitId } from '#contract/ids.ts'
import type { Posture } from '#contract/posture.ts'
import { may, reach, type Reach, type UnitTree } from '../access/index.ts'
import type { Principal } from '../http/index.ts'
import type { CameraFilter } from './camera-store.ts'

export interface AskedFilter {
  unitId?: UnitId | undefined
  status?: CameraStatus | undefined
  posture?: Posture | undefined
  q?: string | undefined
}

/** @throws AppError no_permission */
export function allowedFilter(principal: Principal, asked: AskedFilter, tree: UnitTree): { scope: Reach; filter: CameraFilter } {
  const { unitId, status, posture, q } = asked
  if (posture !== undefined && !may(principal, 'posture:view')) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
  return {
    scope: reach(principal, posture === undefined ? 'camera:view' : 'posture:view'),
    filter: { status, posture, q, unitIds: unitId === undefined ? undefined : tree.subtree(unitId) },
  }
}
