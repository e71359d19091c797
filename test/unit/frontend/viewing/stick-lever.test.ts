// Proves how fast a head goes for a joystick's distance from its middle, at every size of a tile.
import assert from 'node:assert/strict'
import { leverOf, pressReachPx } from '../../../../frontend/src/features/viewing/ptz/stick-lever.ts'

describe('the lever of a joystick', () => {
  it('goes right and up for a pointer that is right of the middle and above it, the faster the further', () => {
    const [near, far] = [leverOf({ x: 15, y: -15 }, 60).velocity, leverOf({ x: 30, y: -30 }, 60).velocity]
    assert.deepEqual([near, far], [{ pan: 0.25, tilt: 0.25 }, { pan: 0.5, tilt: 0.5 }])
  })

  it('goes at full speed in the pointer’s direction beyond its reach, with the knob on the rim', () => {
    const { knob, velocity } = leverOf({ x: 300, y: 400 }, 50)
    assert.deepEqual([knob, velocity], [{ x: 0.6, y: 0.8 }, { pan: 0.6, tilt: -0.8 }])
  })

  it('rests in its middle', () => assert.equal(leverOf({ x: 3, y: 3 }, 50).velocity, undefined))

  it('reaches as far as a hand in a large tile, and not beyond the edges of a small one', () => {
    assert.deepEqual([pressReachPx({ width: 1600, height: 900 }), pressReachPx({ width: 176, height: 100 })], [60, 35])
  })
})
