// Owns proof that ids have the declared form, sort by time and differ.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'

describe('ids', () => {
  it('have the form that the contract declares', () => {
    for (let byte = 0; byte < 256; byte++) {
      const id = newId<CameraId>(Date.UTC(2026, 10, 23), (size) => Buffer.alloc(size, byte))
      assert.ok(cameraIdSchema.safeParse(id).success, id)
    }
  })

  it('sort by the time they were made', () => {
    const times = [0, 1, 31, 32, 1_023, 1_024, Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1, Date.UTC(9_999, 0, 1)]
    const ids = times.map((atMs) => newId<CameraId>(atMs))
    assert.deepEqual([...ids].sort(), ids)
  })

  it('differ within one millisecond', () => {
    assert.equal(new Set(Array.from({ length: 1_000 }, () => newId<CameraId>(5))).size, 1_000)
  })

  it('are refused by the contract when a character is one that Crockford leaves out', () => {
    for (const letter of ['i', 'l', 'o', 'u', 'A', '-']) assert.ok(!cameraIdSchema.safeParse(letter + newId<CameraId>(5).slice(1)).success, letter)
  })
})
