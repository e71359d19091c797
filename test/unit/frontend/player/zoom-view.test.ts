// Proves that digital zoom keeps what is under the pointer in place and never leaves the picture.
import assert from 'node:assert/strict'
import { panned, SCALE_MAX, transformOf, wholePicture, zoomedAt } from '../../../../frontend/src/player/zoom-view.ts'

describe('digital zoom', () => {
  it('keeps what lies under the pointer in place', () => {
    const once = zoomedAt(wholePicture, 2, 0.75, 0.5)
    const twice = zoomedAt(once, 2, 0.75, 0.5)
    for (const view of [once, twice]) assert.deepEqual([view.left + 0.75 / view.scale, view.top + 0.5 / view.scale], [0.75, 0.5])
  })
  it('shows the whole picture again when zoomed out, wherever the pointer is', () => {
    assert.deepEqual(zoomedAt(zoomedAt(wholePicture, 4, 0.9, 0.9), 0.1, 0.1, 0.2), wholePicture)
  })
  it('stops at the largest scale', () => assert.equal(zoomedAt(wholePicture, 1_000, 0.5, 0.5).scale, SCALE_MAX))
  it('follows the hand and stops at the edges', () => {
    const view = zoomedAt(wholePicture, 2, 0.5, 0.5)
    assert.deepEqual(panned(view, 0.1, -0.1), { scale: 2, left: 0.2, top: 0.3 })
    assert.deepEqual(panned(view, 5, -5), { scale: 2, left: 0, top: 0.5 })
  })
  it('is no transform at all for the whole picture', () => {
    assert.equal(transformOf(wholePicture), 'none')
    assert.equal(transformOf({ scale: 2, left: 0.25, top: 0.5 }), 'scale(2) translate(-25%, -50%)')
  })
})
