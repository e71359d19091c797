// Owns proof of the inbox's pure rules: what a device's identification changes, and when it is another device.
import assert from 'node:assert/strict'
import { brandId } from '#base/ids.ts'
import type { CameraId, FindingId, UnitId } from '#contract/ids.ts'
import type { DeviceIdentity } from '../../../backend/onvif/index.ts'
import { firstRecord, identified, movedTo, nameFrom, type FoundRecord } from '../../../backend/onvif/finding.ts'

const told: DeviceIdentity = { manufacturer: 'Maker', model: 'M1', firmware: '1', serial: 'S-1', mac: '02-00-00-00-00-01', hasPtz: false, clockOffsetMs: 0, profiles: [], streamPaths: {} }
const found = firstRecord(brandId<FindingId>('f1'), { target: { host: '10.0.0.1', port: 80, tls: false }, foundBy: 'multicast', endpoint: 'urn:1', name: 'East Gate', hardware: 'HW' }, 5)
const adopted: FoundRecord = { ...identified(found, told), state: 'adopted', unitId: brandId<UnitId>('u1'), knownCameraId: brandId<CameraId>('c1'), name: '东门' }

describe('a finding', () => {
  it('is identified by what the device says, and keeps a later state', () => {
    assert.equal(identified(found, told).state, 'identified')
    assert.equal(identified(adopted, { ...told, firmware: '2' }).state, 'adopted')
    assert.equal(identified(adopted, { ...told, firmware: '2' }).firmware, '2')
  })

  it('starts anew when another device answers at the address: the old camera is not its', () => {
    const other = identified(adopted, { ...told, serial: 'S-9', mac: '02-00-00-00-00-09' })
    assert.deepEqual([other.state, other.knownCameraId, other.unitId, other.serial], ['identified', null, null, 'S-9'])
  })

  it('stays the same device when only its serial or only its MAC can be compared and fits', () => {
    assert.equal(identified(adopted, { ...told, mac: '' }).knownCameraId, 'c1')
    assert.equal(identified(adopted, { ...told, serial: 'S-9' }).knownCameraId, 'c1')
    assert.equal(identified(adopted, { ...told, serial: 'S-9', mac: '' }).knownCameraId, null)
  })

  it('keeps what was decided when the device moves to another address', () => {
    const seen: FoundRecord = { ...identified(found, told), id: brandId<FindingId>('f2'), address: '10.0.0.7', lastSeenMs: 9 }
    const moved = movedTo({ ...adopted, state: 'assigned' }, seen)
    assert.deepEqual([moved.id, moved.address, moved.state, moved.unitId, moved.name, moved.lastSeenMs], ['f1', '10.0.0.7', 'assigned', 'u1', '东门', 9])
  })

  it('is named by the template, and by its address when the template leaves nothing', () => {
    assert.equal(nameFrom('{model}-{serial}-{n}', { ...adopted }, 3), 'M1-S-1-3')
    assert.equal(nameFrom('{model}', { ...adopted, model: '' }, 1), '10.0.0.1')
    assert.equal(nameFrom('x'.repeat(80), adopted, 1).length, 50)
  })
})
