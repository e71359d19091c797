// Proves the arrangement of the wall: placing, swapping, filling, and where the selection goes.
import assert from 'node:assert/strict'
import { gridSizes } from '#contract/layouts.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'
import { gridCells, neighbourOf } from '../../../../frontend/src/features/viewing/grid-layout.ts'
import { emptied, filled, joined, nextPlace, placed, refilled, slotsOf, swapped } from '../../../../frontend/src/features/viewing/wall-slots.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((letter) => cameraIdSchema.parse(letter.repeat(26)))
assert.ok(a && b && c && d)
const wallOf = (...ids: (CameraId | null)[]) => slotsOf({ cameraIds: ids })
const idsOf = (slots: readonly { cameraId: CameraId | null }[], count = 4) => slots.slice(0, count).map((slot) => slot.cameraId)

describe('the wall', () => {
  it('always has thirty-six places, each with a key of its own', () => {
    assert.equal(new Set(wallOf(a).map((slot) => slot.key)).size, 36)
  })
  it('swaps keys with cameras, so that a picture moves and is not opened anew', () => {
    const slots = swapped(wallOf(a, b), 0, 1)
    assert.deepEqual(slots.slice(0, 2), [{ key: 1, cameraId: b }, { key: 0, cameraId: a }])
  })
  it('moves a camera that is already shown instead of showing it twice', () => {
    assert.deepEqual(idsOf(placed(wallOf(a, b, c), 4, 0, c)), [c, b, a, null])
  })
  it('shows a camera that waits outside of the visible grid', () => {
    assert.deepEqual(idsOf(placed(wallOf(a, null, null, null, b), 4, 1, b)), [a, b, null, null])
  })
  it('fills from a place on up to the end of the grid and leaves out what is shown before it', () => {
    assert.deepEqual(idsOf(filled(wallOf(a), 4, 1, [a, b, c, d, a])), [a, b, c, d])
    assert.deepEqual(idsOf(filled(wallOf(), 4, 2, [a, b, c]), 6), [null, null, a, b, null, null])
  })
  it('empties one place only', () => assert.deepEqual(idsOf(emptied(wallOf(a, b), 0)), [null, b, null, null]))
  it('selects the next free place, going round, or the next one when all are taken', () => {
    assert.equal(nextPlace(wallOf(a, b, null, d), 4, 3), 2)
    assert.equal(nextPlace(wallOf(a, b, c, d), 4, 3), 0)
  })
})

describe('a wall that was read after something was put up', () => {
  const read = (tiles: 4 | 9, ...ids: (CameraId | null)[]) => ({ grid: tiles, slots: wallOf(...ids) })
  const after = (...input: Parameters<typeof joined>) => {
    const { grid, slots } = joined(...input)
    assert.deepEqual(new Set(slots.map(({ key }) => key)).size, 36)
    return [grid, ...idsOf(slots, 6)]
  }
  it('is as it was kept when nothing was', () => assert.deepEqual(after(read(4, a, b), wallOf()), [4, a, b, null, null, null, null]))
  it('has it where it was put when that place is free, else in the next free one, and where it is already shown it stays', () => {
    assert.deepEqual(after(read(4, a, null, null, b), wallOf(null, null, c)), [4, a, null, c, b, null, null])
    assert.deepEqual(after(read(4, a, null, null, b), wallOf(c, null, null, d)), [4, a, c, d, b, null, null])
    assert.deepEqual(after(read(4, a, null, null, b), wallOf(b, a)), [4, a, null, null, b, null, null])
  })
  it('grows when it is full, so that none gives way, and has at least as many tiles as were chosen', () => {
    assert.deepEqual(after(read(4, a, b, null, d), wallOf(c)), [4, a, b, c, d, null, null])
    const [e] = ['e'].map((letter) => cameraIdSchema.parse(letter.repeat(26)))
    assert.deepEqual(after(read(4, a, b, c, d), wallOf(e ?? null)), [6, a, b, c, d, e, null])
    assert.deepEqual(after(read(4, a), wallOf(b), 9), [9, a, b, null, null, null, null])
  })
  it('leaves out what has no place on the largest', () => {
    const many = Array.from({ length: 36 }, (_, at) => cameraIdSchema.parse(String(at).padStart(26, '0')))
    const { grid, slots } = joined(read(9, ...many), wallOf(a))
    assert.deepEqual([grid, slots.map(({ cameraId }) => cameraId)], [36, many])
  })
  it('keeps the tile of what was put up, so that it goes on playing', () => {
    const { slots } = joined(read(4, a, null), wallOf(b))
    assert.deepEqual(slots.slice(0, 2), [{ key: 1, cameraId: a }, { key: 0, cameraId: b }])
  })
  it('has cameras again in places that were empty, unless they stand elsewhere', () => {
    assert.deepEqual(idsOf(refilled(wallOf(null, b, null, d), { cameraIds: [a, c, d] })), [a, b, null, d])
  })
})

describe('the grid', () => {
  for (const size of gridSizes) {
    it(`of ${size} has ${size} tiles that cover the wall without overlap`, () => {
      const cells = gridCells(size)
      assert.equal(cells.length, size)
      const covered = cells.flatMap(({ column, row, span }) => Array.from({ length: span * span }, (_, i) => `${column + (i % span)},${row + Math.floor(i / span)}`))
      const side = Math.sqrt(covered.length)
      assert.ok(Number.isInteger(side))
      assert.equal(new Set(covered).size, covered.length)
    })
  }
  it('moves the selection to the neighbour and stops at the edges', () => {
    assert.deepEqual((['left', 'up'] as const).map((direction) => neighbourOf(9, 0, direction)), [0, 0])
    assert.deepEqual((['right', 'down'] as const).map((direction) => neighbourOf(9, 8, direction)), [8, 8])
    assert.deepEqual((['left', 'right', 'up', 'down'] as const).map((direction) => neighbourOf(9, 4, direction)), [3, 5, 1, 7])
  })
  it('finds the way around a large tile', () => {
    assert.equal(neighbourOf(6, 0, 'right'), 1)
    assert.equal(neighbourOf(6, 2, 'left'), 0)
    assert.equal(neighbourOf(6, 3, 'up'), 0)
    assert.equal(neighbourOf(8, 0, 'down'), 5)
  })
})
