// Owns the left tree's nodes: units of the three tiers with their cameras as leaves, cut down by search and status. Pure.
import type { CameraStatus, CameraSummary } from '#contract/cameras.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import type { UnitView } from '#contract/units.ts'

export type TreeNode =
  | { key: UnitId; kind: 'unit'; label: string; children: TreeNode[] }
  | { key: CameraId; kind: 'camera'; label: string; children?: undefined }

export interface TreeFilter {
  /** Name, 国标编码 or pinyin initials; a unit's name keeps all its cameras. */
  text: string
  status: CameraStatus | undefined
}

const sorter = new Intl.Collator('zh-CN', { numeric: true })

export function cameraMatches(camera: Pick<CameraSummary, 'name' | 'gbCode' | 'initials'>, text: string): boolean {
  return camera.name.toLowerCase().includes(text) || camera.initials.includes(text) || camera.gbCode.includes(text)
}

/** Units without a matching camera are left out while a filter is set, and kept otherwise. */
export function treeOf(children: ReadonlyMap<UnitId | null, readonly UnitView[]>, cameras: Iterable<CameraSummary>, filter: TreeFilter): TreeNode[] {
  const text = filter.text.trim().toLowerCase()
  const filtering = text !== '' || filter.status !== undefined
  const byUnit = new Map<UnitId, CameraSummary[]>()
  for (const camera of cameras) {
    if (filter.status !== undefined && camera.status !== filter.status) continue
    const list = byUnit.get(camera.unitId)
    if (list === undefined) byUnit.set(camera.unitId, [camera])
    else list.push(camera)
  }
  const nodeOf = (unit: UnitView, wholeUnit: boolean): TreeNode => {
    const whole = wholeUnit || text === '' || unit.name.toLowerCase().includes(text)
    const leaves = (byUnit.get(unit.id) ?? [])
      .filter((camera) => whole || cameraMatches(camera, text))
      .toSorted((a, b) => sorter.compare(a.name, b.name))
      .map((camera): TreeNode => ({ key: camera.id, kind: 'camera', label: camera.name }))
    return { key: unit.id, kind: 'unit', label: unit.name, children: [...nodesUnder(unit.id, whole && text !== ''), ...leaves] }
  }
  const nodesUnder = (parentId: UnitId | null, whole: boolean): TreeNode[] =>
    (children.get(parentId) ?? []).map((unit) => nodeOf(unit, whole)).filter((node) => !filtering || (node.children?.length ?? 0) > 0)
  return nodesUnder(null, false)
}

export function countLeaves(nodes: readonly TreeNode[]): number {
  return nodes.reduce((sum, node) => sum + (node.kind === 'camera' ? 1 : countLeaves(node.children)), 0)
}

/** Keys of every unit, for opening a filtered tree. */
export function unitKeys(nodes: readonly TreeNode[]): string[] {
  return nodes.flatMap((node) => (node.kind === 'unit' ? [node.key, ...unitKeys(node.children)] : []))
}

/** All cameras in the order in which the tree shows them; of one unit and those below it, when it is named. */
export function inTreeOrder(nodes: readonly TreeNode[], unitId?: UnitId): CameraId[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'camera') return unitId === undefined ? [node.key] : []
    return inTreeOrder(node.children, node.key === unitId ? undefined : unitId)
  })
}
