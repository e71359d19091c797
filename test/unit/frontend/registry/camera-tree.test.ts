// Proves the left tree: order, search by name, code and initials, status filter, and counts that equal the leaves.
import assert from 'node:assert/strict'
import { cameraStatuses, type CameraSummary } from '#contract/cameras.ts'
import { cameraIdSchema, unitIdSchema } from '#contract/ids.ts'
import type { UnitView } from '#contract/units.ts'
import { countsByUnit, noCameras } from '../../../../frontend/src/features/registry/camera-counts.ts'
import { countLeaves, treeOf, type TreeNode } from '../../../../frontend/src/features/registry/camera-tree.ts'
import { childrenByParent } from '../../../../frontend/src/features/registry/unit-tree.ts'

const idOf = (n: number): string => String(n).padStart(26, '0')
const unit = (n: number, parent: number | null, name: string): UnitView => ({
  id: unitIdSchema.parse(idOf(n)), parentId: parent === null ? null : unitIdSchema.parse(idOf(parent)), tier: 'station', code: String(n), name, cameras: noCameras(),
})
const camera = (n: number, unitN: number, name: string, initials: string, status: CameraSummary['status'] = 'online'): CameraSummary => ({
  id: cameraIdSchema.parse(idOf(n)), gbCode: `1499030000132000${String(n).padStart(4, '0')}`, name, initials, unitId: unitIdSchema.parse(idOf(unitN)), unitName: '', status, cause: null,
  statusSince: '2026-11-23T12:00:00.000Z', pictureProvenAt: null, cameraType: 1, hasPtz: false, codec: 'h264', ipv4: '', manufacturer: '', model: '', deviceStatus: 1, longitude: null, latitude: null, posture: null,
})
const units = [unit(1, 99, '分局'), unit(2, 1, '平潭街派出所'), unit(3, 2, '中沙坪警务室'), unit(4, 1, '空所')]
const cameras = [camera(10, 3, '南门10', 'nm10'), camera(11, 3, '南门2', 'nm2', 'offline'), camera(12, 2, '广场', 'gc'), camera(13, 1, '大院', 'dy', 'abnormal')]
const build = (text = '', status?: CameraSummary['status']) => treeOf(childrenByParent(units), cameras, { text, status })
const outline = (nodes: readonly TreeNode[]): string => nodes.map((node) => (node.kind === 'camera' ? node.label : `${node.label}[${outline(node.children)}]`)).join(' ')

describe('the left tree', () => {
  it('hangs units under units, then cameras in natural order, with a root whose parent is out of scope', () => {
    assert.equal(outline(build()), '分局[平潭街派出所[中沙坪警务室[南门2 南门10] 广场] 空所[] 大院]')
  })
  for (const [text, found] of [['南门', '南门2 南门10'], ['NM10', '南门10']] as const) {
    it(`finds by “${text}”`, () => assert.equal(outline(build(text)).replace(/^.*\[(?=[^[]*$)|\].*$/g, ''), found))
  }
  it('finds by 国标编码', () => assert.equal(outline(build('14990300001320000012')), '分局[平潭街派出所[广场]]'))
  it('keeps every camera of a unit that the search names', () => {
    assert.equal(outline(build('平潭')), '分局[平潭街派出所[中沙坪警务室[南门2 南门10] 广场]]')
  })
  it('filters by status and leaves out units without a match', () => {
    assert.equal(outline(build('', 'offline')), '分局[平潭街派出所[中沙坪警务室[南门2]]]')
  })
  it('counts as many cameras per unit as it has leaves', () => {
    const counts = countsByUnit(cameras, new Map(units.map((one) => [one.id, one])))
    const check = (nodes: readonly TreeNode[]): void => {
      for (const node of nodes) {
        if (node.kind === 'camera') continue
        const of = counts.get(node.key) ?? noCameras()
        assert.equal(of.total, countLeaves([node]), node.label)
        assert.equal(of.total, cameraStatuses.reduce((sum, status) => sum + of[status], 0), node.label)
        check(node.children)
      }
    }
    check(build())
  })
  it('builds 10,000 leaves in well under a second', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => camera(100 + i, 2 + (i % 2), `摄像机${i}`, `sxj${i}`))
    const before = performance.now()
    assert.equal(countLeaves(treeOf(childrenByParent(units), many, { text: '', status: undefined })), 10_000)
    assert.ok(performance.now() - before < 1_000)
  })
})
