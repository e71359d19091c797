// Proves what the keys do in the left tree: rows that are open, ends, units without cameras, a mark that was filtered away.
import assert from 'node:assert/strict'
import { cameraIdSchema, unitIdSchema } from '#contract/ids.ts'
import type { TreeNode } from '../../../../frontend/src/features/registry/camera-tree.ts'
import { openUnits, treeStep } from '../../../../frontend/src/features/registry/tree-keys.ts'

const id = (tail: string): string => `01m85p4qpxbsg0hyrkdjvge${tail}`
const camera = (tail: string): TreeNode => ({ key: cameraIdSchema.parse(id(tail)), kind: 'camera', label: tail })
const unit = (tail: string, ...children: TreeNode[]): TreeNode => ({ key: unitIdSchema.parse(id(tail)), kind: 'unit', label: tail, children })

describe('keys of the tree', () => {
  const inner = unit('4j2', camera('4j3'))
  const empty = unit('4j6')
  const top = unit('4j1', inner, camera('4j4'), empty)
  const nodes = [top, camera('4j5')]
  const press = (key: string, at: string | undefined, ...open: string[]) => {
    const step = treeStep(key, nodes, at && id(at), (wanted) => open.map(id).includes(wanted))
    return step && `${step.kind} ${step.node.label}`
  }

  it('know which units are open for all to see', () => {
    const openOf = (...open: string[]) => openUnits(nodes, (key) => open.map(id).includes(key)).map((key) => key.slice(-3))
    assert.deepEqual(openOf(), [])
    assert.deepEqual(openOf('4j1', '4j2'), ['4j1', '4j2'])
    assert.deepEqual(openOf('4j2'), [], 'below a closed one')
  })

  it('goes down and up over the rows that are open only, and not past the ends', () => {
    assert.equal(press('ArrowDown', '4j1'), 'go 4j5')
    assert.equal(press('ArrowDown', '4j1', '4j1'), 'go 4j2')
    assert.equal(press('ArrowUp', '4j4', '4j1'), 'go 4j2')
    assert.equal(press('ArrowUp', '4j4', '4j1', '4j2'), 'go 4j3')
    assert.equal(press('ArrowUp', '4j1'), undefined)
    assert.equal(press('ArrowDown', '4j5'), undefined)
  })

  it('opens and closes units sideways, then goes in and out', () => {
    assert.equal(press('ArrowRight', '4j1'), 'expand 4j1')
    assert.equal(press('ArrowRight', '4j1', '4j1'), 'go 4j2')
    assert.equal(press('ArrowLeft', '4j2', '4j1', '4j2'), 'collapse 4j2')
    assert.equal(press('ArrowLeft', '4j2', '4j1'), 'go 4j1')
    assert.equal(press('ArrowRight', '4j4', '4j1'), undefined)
    assert.equal(press('ArrowRight', '4j6', '4j1'), undefined, 'a unit without cameras')
  })

  it('starts at the first row when nothing is marked, or what was marked is filtered away', () => {
    assert.equal(press('ArrowDown', undefined), 'go 4j1')
    assert.equal(press('ArrowUp', '4j9'), 'go 4j1')
    assert.equal(press('End', undefined), 'go 4j5')
  })

  it('opens the marked row by Enter and leaves other keys to the page', () => {
    assert.equal(press('Enter', '4j5'), 'open 4j5')
    assert.equal(press('Enter', undefined), undefined)
    assert.equal(press('t', '4j5'), undefined)
  })
})
