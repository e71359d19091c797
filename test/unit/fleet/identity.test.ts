// Owns the make-up of the fleet: how many of each kind, and that identities are stable and do not collide.
import assert from 'node:assert/strict'
import { cameraIdentity } from '../../fleet/identity.ts'

describe('camera identity', () => {
  const fleet = Array.from({ length: 185 }, (_, i) => cameraIdentity('demo', i + 1))

  it('is the same for the same seed and number', () => {
    assert.deepEqual(cameraIdentity('demo', 17), cameraIdentity('demo', 17))
  })

  it('has other passwords under another seed', () => {
    assert.notEqual(cameraIdentity('demo', 17).password, cameraIdentity('other', 17).password)
  })

  it('takes a name', () => {
    assert.equal(cameraIdentity('demo', 1, { name: 'gate' }).name, 'gate')
  })

  for (const field of ['serial', 'mac', 'password'] as const) {
    it(`gives each camera its own ${field}`, () => {
      assert.equal(new Set(fleet.map((camera) => camera[field])).size, 185)
    })
  }

  it('has locally administered MAC addresses', () => {
    for (const { mac } of fleet) assert.match(mac, /^02(:[0-9a-f]{2}){5}$/)
  })

  it('has a dozen H.265 cameras, half of them on the sub stream too, all with Media2', () => {
    const h265 = fleet.filter(({ codec }) => codec.main === 'h265')
    assert.equal(h265.length, 12)
    assert.equal(h265.filter(({ codec }) => codec.sub === 'h265').length, 6)
    assert.ok(h265.every(({ hasMedia2 }) => hasMedia2))
  })

  it('has 3 MJPEG sub streams, 4 cameras with audio, a fifth with PTZ, a third with Media2', () => {
    assert.equal(fleet.filter(({ codec }) => codec.sub === 'mjpeg').length, 3)
    assert.equal(fleet.filter(({ hasAudio }) => hasAudio).length, 4)
    assert.equal(fleet.filter(({ hasPtz }) => hasPtz).length, 37)
    assert.equal(fleet.filter(({ hasMedia2 }) => hasMedia2).length, 62)
  })

  it('refuses numbers that are no camera', () => {
    assert.throws(() => cameraIdentity('demo', 0), RangeError)
    assert.throws(() => cameraIdentity('demo', 1.5), RangeError)
  })
})
