// Owns pure questions about the three tiers: parents, subtrees, order.
import type { UnitId } from '#contract/ids.ts'
import type { UnitView } from '#contract/units.ts'

/** Children by parent id; the units whose parent is out of scope are under `null`. Order as given. */
export function childrenByParent(units: readonly UnitView[]): Map<UnitId | null, UnitView[]> {
  const known = new Set(units.map((unit) => unit.id))
  const children = new Map<UnitId | null, UnitView[]>()
  for (const unit of units) {
    const parent = unit.parentId !== null && known.has(unit.parentId) ? unit.parentId : null
    children.set(parent, [...(children.get(parent) ?? []), unit])
  }
  return children
}

/** The unit and everything above it that is in scope, nearest first. */
export function lineageOf(unitId: UnitId, byId: ReadonlyMap<UnitId, UnitView>): UnitView[] {
  const line: UnitView[] = []
  let unit = byId.get(unitId)
  while (unit !== undefined && !line.includes(unit)) {
    line.push(unit)
    unit = unit.parentId === null ? undefined : byId.get(unit.parentId)
  }
  return line
}
