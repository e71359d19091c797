// Owns counting cameras by status and unit, so that the tree's numbers are those of the lists.
import type { CameraSummary } from '#contract/cameras.ts'
import type { UnitId } from '#contract/ids.ts'
import type { CameraCounts, UnitView } from '#contract/units.ts'
import { lineageOf } from './unit-tree.ts'

export const noCameras = (): CameraCounts => ({ total: 0, online: 0, offline: 0, abnormal: 0, unauthorized: 0, suspended: 0, unknown: 0 })

/** Every unit that has cameras, with the counts of its whole subtree. */
export function countsByUnit(cameras: readonly CameraSummary[], units: ReadonlyMap<UnitId, UnitView>): Map<UnitId, CameraCounts> {
  const counts = new Map<UnitId, CameraCounts>()
  const lines = new Map<UnitId, UnitId[]>()
  for (const camera of cameras) {
    let line = lines.get(camera.unitId)
    if (line === undefined) {
      line = lineageOf(camera.unitId, units).map((unit) => unit.id)
      lines.set(camera.unitId, line)
    }
    for (const unitId of line) {
      const of = counts.get(unitId) ?? noCameras()
      of.total++
      of[camera.status]++
      counts.set(unitId, of)
    }
  }
  return counts
}
