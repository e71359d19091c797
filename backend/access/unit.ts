// Owns units: the tree 分局 → 派出所 → 社区警务室 in memory, and questions about it.
// Refuses: cameras; counting them is the registry's.
import type { UnitId } from '#contract/ids.ts'
import type { Tier } from '#contract/units.ts'

export interface Unit {
  id: UnitId
  parentId: UnitId | null
  tier: Tier
  code: string
  name: string
}

export class UnitTree {
  readonly #byId: ReadonlyMap<UnitId, Unit>
  readonly #children = new Map<UnitId | null, Unit[]>()

  constructor(units: readonly Unit[]) {
    this.#byId = new Map(units.map((unit) => [unit.id, unit]))
    for (const unit of units) this.#children.set(unit.parentId, [...(this.#children.get(unit.parentId) ?? []), unit])
  }

  get(id: UnitId): Unit | undefined {
    return this.#byId.get(id)
  }

  all(): Unit[] {
    return [...this.#byId.values()]
  }

  childrenOf(id: UnitId | null): Unit[] {
    return this.#children.get(id) ?? []
  }

  /** The unit and everything below it. */
  subtree(id: UnitId): UnitId[] {
    if (!this.#byId.has(id)) return []
    return [id, ...this.childrenOf(id).flatMap((child) => this.subtree(child.id))]
  }

  /** The same as units. */
  under(id: UnitId): Unit[] {
    return this.subtree(id).flatMap((one) => this.#byId.get(one) ?? [])
  }

  /** The unit and everything above it, nearest first. */
  lineage(id: UnitId): UnitId[] {
    const unit = this.#byId.get(id)
    if (!unit) return []
    return unit.parentId === null ? [id] : [id, ...this.lineage(unit.parentId)]
  }
}
