// Owns proof of the inbox's pure rules: what a device's identification changes, and when it is another device.
import assert from 'node:assert/strict'
import { brandId } from '#base/ids.ts'
import type { CameraId, FindingId, UnitId } from '#contract/ids.ts'
import type { DeviceIdentity } from '../../../backend/onvif/index.ts'
import { firstRecord, identified, merged, nameFrom, released, type FoundRecord } from '../../../backend/onvif/finding.ts'

const told: DeviceIdentity = { manufacturer: 'Maker', model: 'M1', firmware: '1', serial: 'S-1', mac: '02-00-00-00-00-01', hasPtz: false, clockOffsetMs: 0, profiles: [], streamPaths: {} }
const found = firstRecord(brandId<FindingId>('f1'), { target: { host: '10.0.0.1', port: 80, tls: false }, foundBy: 'multicast', endpoint: 'urn:1', name: 'East Gate', hardware: 'HW' }, 5)
const adopted: FoundRecord = { ...identified(found, told), state: 'adopted', unitId: brandId<UnitId>('u1'), knownCameraId: brandId<CameraId>('c1'), name: '东门' }

describe('a finding', () => {
  it('is identified by what the device says, and keeps what was decided', () => {
    assert.equal(merged(found, identified(found, told)).state, 'identified')
    const again = merged(adopted, identified(found, { ...told, firmware: '2' }))
    assert.deepEqual([again.state, again.knownCameraId, again.name, again.firmware], ['adopted', 'c1', '东门', '2'])
  })

  it('keeps what was known of a device that does not tell this time', () => {
    const mute = merged(adopted, { ...found, fault: 'onvif_refused', lastSeenMs: 9 })
    assert.deepEqual([mute.serial, mute.state, mute.fault, mute.lastSeenMs], ['S-1', 'adopted', 'onvif_refused', 9])
  })

  it('starts anew when another device answers at the address: the old camera is not its', () => {
    const other = merged(adopted, identified(found, { ...told, serial: 'S-9', mac: '02-00-00-00-00-09' }))
    assert.deepEqual([other.id, other.state, other.knownCameraId, other.unitId, other.serial], ['f1', 'identified', null, null, 'S-9'])
  })

  it('stays the same device when only its serial or only its MAC can be compared and fits', () => {
    const seen = (changes: Partial<DeviceIdentity>) => merged(adopted, identified(found, { ...told, ...changes })).knownCameraId
    assert.equal(seen({ mac: '' }), 'c1')
    assert.equal(seen({ serial: 'S-9' }), 'c1')
    assert.equal(seen({ serial: 'S-9', mac: '' }), null)
  })

  it('keeps what was decided when the device moves to another address', () => {
    const seen: FoundRecord = { ...identified(found, told), id: brandId<FindingId>('f2'), address: '10.0.0.7', lastSeenMs: 9 }
    const moved = merged({ ...adopted, state: 'ignored' }, seen)
    assert.deepEqual([moved.id, moved.address, moved.state, moved.unitId, moved.name, moved.lastSeenMs], ['f1', '10.0.0.7', 'ignored', 'u1', '东门', 9])
  })

  it('is an identified device again when its camera has another device', () => {
    assert.deepEqual([released(adopted).state, released(adopted).knownCameraId], ['identified', null])
  })

  it('is named by the template, and by its address when the template leaves nothing', () => {
    assert.equal(nameFrom('{model}-{serial}-{n}', { ...adopted }, 3), 'M1-S-1-3')
    assert.equal(nameFrom('{model}', { ...adopted, model: '' }, 1), '10.0.0.1')
    assert.equal(nameFrom('x'.repeat(80), adopted, 1).length, 50)
  })
})
