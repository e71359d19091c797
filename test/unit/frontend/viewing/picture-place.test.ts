// Proves where a picture lies in its tile, zoomed and between bars: what a click means, and what is in sight.
import assert from 'node:assert/strict'
import { wholePicture, zoomedAt, type ZoomView } from '../../../../frontend/src/player/zoom-view.ts'
import { placeInPicture, visiblePart, type Part } from '../../../../frontend/src/features/viewing/picture-place.ts'

const wide = { width: 1600, height: 900 }
const old = { width: 640, height: 480 }
const zoomed = (scale: number, left: number, top: number): ZoomView => ({ scale, left, top })
const isNear = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`)
const isPart = (part: Part, expected: Part) => {
  for (const key of ['left', 'top', 'width', 'height'] as const) isNear(part[key], expected[key])
}

describe('the place of a picture in its tile', () => {
  it('is the whole tile when both have one shape', () => {
    const picture = { width: 1280, height: 720 }
    for (const [x, y] of [[0, 0], [0.5, 0.5], [0.75, 0.3], [1, 1]] as const) {
      const place = placeInPicture({ x, y }, wholePicture, wide, picture)
      isNear(place?.x ?? NaN, x)
      isNear(place?.y ?? NaN, y)
    }
    isPart(visiblePart(wholePicture, wide, picture), { left: 0, top: 0, width: 1, height: 1 })
  })

  it('is right of the middle for the left of a tile that is zoomed into the right edge', () => {
    const view = zoomedAt(wholePicture, 4, 1, 0.5)
    const left = placeInPicture({ x: 0, y: 0.5 }, view, wide, wide)
    isNear(left?.x ?? NaN, 0.75)
    isNear(left?.y ?? NaN, 0.5)
    isNear(placeInPicture({ x: 0.5, y: 0 }, view, wide, wide)?.x ?? NaN, 0.875)
    isPart(visiblePart(view, wide, wide), { left: 0.75, top: 0.375, width: 0.25, height: 0.25 })
  })

  it('leaves bars out of a 4:3 picture in a wide tile, and a click on them means nothing', () => {
    // 1200 px of the tile's 1600 are picture: from 0.125 to 0.875.
    isNear(placeInPicture({ x: 0.125, y: 0 }, wholePicture, wide, old)?.x ?? NaN, 0)
    isNear(placeInPicture({ x: 0.3125, y: 0.25 }, wholePicture, wide, old)?.x ?? NaN, 0.25)
    isNear(placeInPicture({ x: 0.3125, y: 0.25 }, wholePicture, wide, old)?.y ?? NaN, 0.25)
    for (const x of [0, 0.12, 0.88, 1]) assert.equal(placeInPicture({ x, y: 0.5 }, wholePicture, wide, old), undefined)
    isPart(visiblePart(wholePicture, wide, old), { left: 0, top: 0, width: 1, height: 1 })
  })

  it('leaves out the bars above and below a wide picture in a high tile', () => {
    const high = { width: 900, height: 900 }
    assert.equal(placeInPicture({ x: 0.5, y: 0.2 }, wholePicture, high, wide), undefined)
    isNear(placeInPicture({ x: 0.5, y: 0.359375 }, wholePicture, high, wide)?.y ?? NaN, 0.25)
    isPart(visiblePart(zoomed(2, 0, 0), high, wide), { left: 0, top: 0, width: 0.5, height: 0.5 })
  })

  it('takes bars and zoom together', () => {
    // The left half of the tile: the bar (0.125) and half of the picture.
    const view = zoomed(2, 0, 0.5)
    assert.equal(placeInPicture({ x: 0.2, y: 0.5 }, view, wide, old), undefined)
    isNear(placeInPicture({ x: 0.25, y: 0.5 }, view, wide, old)?.x ?? NaN, 0)
    isNear(placeInPicture({ x: 1, y: 0.5 }, view, wide, old)?.x ?? NaN, 0.5)
    isPart(visiblePart(view, wide, old), { left: 0, top: 0.5, width: 0.5, height: 0.5 })
  })

  it('agrees: the corners of what is in sight are what a click on them means', () => {
    const view = zoomed(4, 0.3, 0.6)
    const part = visiblePart(view, wide, wide)
    const [first, last] = [placeInPicture({ x: 0, y: 0 }, view, wide, wide), placeInPicture({ x: 1, y: 1 }, view, wide, wide)]
    isPart(part, { left: first?.x ?? NaN, top: first?.y ?? NaN, width: (last?.x ?? NaN) - part.left, height: (last?.y ?? NaN) - part.top })
  })

  it('is nothing when only a bar is in sight, before there is a picture, and in a tile without size', () => {
    assert.equal(visiblePart(zoomed(10, 0, 0.4), wide, old).width, 0)
    for (const [box, picture] of [[wide, { width: 0, height: 0 }], [{ width: 0, height: 0 }, wide]] as const) {
      assert.equal(placeInPicture({ x: 0.5, y: 0.5 }, wholePicture, box, picture), undefined)
      assert.deepEqual(visiblePart(wholePicture, box, picture), { left: 0, top: 0, width: 0, height: 0 })
    }
  })
})
