// Proves that a console knows who holds a head before anything changes, and that an old list never covers newer news.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { CameraId, UserId } from '#contract/ids.ts'
import type { PtzHolder } from '#contract/ptz.ts'
import { PtzLeases } from '../../../../frontend/src/features/viewing/ptz/ptz-leases.ts'

const [gate, square, bridge] = [newId<CameraId>(1), newId<CameraId>(2), newId<CameraId>(3)]
const holder = (displayName: string): PtzHolder => ({ userId: newId<UserId>(1), displayName, unitName: '分局', tier: 'bureau', since: '2026-01-01T00:00:00.000Z' })

describe('who holds a head', () => {
  let leases: PtzLeases
  beforeEach(() => (leases = new PtzLeases()))
  const names = () => [gate, square, bridge].map((id) => leases.holderOf(id)?.displayName ?? null)
  const listOf = (...held: [CameraId, string][]) => async () => held.map(([cameraId, name]) => ({ cameraId, holder: holder(name), unstopped: null }))

  it('is known from the list, and then by each change', async () => {
    await leases.load(listOf([gate, '王'], [square, '李']))
    assert.deepEqual(names(), ['王', '李', null])
    leases.heard({ cameraId: gate, holder: null, unstopped: null })
    leases.heard({ cameraId: bridge, holder: holder('赵'), unstopped: null })
    assert.deepEqual(names(), [null, '李', '赵'])
  })

  it('is free when a later list does not name it: its release was missed', async () => {
    leases.heard({ cameraId: gate, holder: holder('王'), unstopped: null })
    await leases.load(listOf([square, '李']))
    assert.deepEqual(names(), [null, '李', null])
  })

  it('is what was heard while the list was on its way, whatever the list says', async () => {
    let give: () => void = () => {}
    const asked = new Promise<void>((resolve) => (give = resolve))
    const loading = leases.load(async () => {
      await asked
      return listOf([gate, '王'])()
    })
    leases.heard({ cameraId: gate, holder: null, unstopped: null })
    leases.heard({ cameraId: square, holder: holder('李'), unstopped: null })
    give()
    await loading
    assert.deepEqual(names(), [null, '李', null])
  })

  it('stays as it was when the list cannot be had, and a list of before is nothing to who comes next', async () => {
    leases.heard({ cameraId: gate, holder: holder('王'), unstopped: null })
    await assert.rejects(leases.load(() => Promise.reject(new Error('no line'))), /no line/)
    assert.deepEqual(names(), ['王', null, null])
    let give: () => void = () => {}
    const asked = new Promise<void>((resolve) => (give = resolve))
    const loading = leases.load(async () => {
      await asked
      return listOf([square, '李'])()
    })
    leases.clear()
    give()
    await loading
    assert.deepEqual(names(), [null, null, null])
  })

  it('is told beside the head that took no stop, until that has stopped, whoever holds it', async () => {
    const unstopped = { fault: 'onvif_silent' as const, since: '2026-01-01T00:00:00.000Z' }
    const seen = () => [gate, square].map((id) => leases.isUnstopped(id))
    await leases.load(async () => [{ cameraId: gate, holder: null, unstopped }])
    assert.deepEqual([seen(), names()], [[true, false], [null, null, null]])
    leases.heardHolder(gate, holder('王'))
    assert.deepEqual([seen(), names()], [[true, false], ['王', null, null]])
    leases.heard({ cameraId: gate, holder: holder('王'), unstopped: null })
    leases.heard({ cameraId: square, holder: null, unstopped })
    assert.deepEqual([seen(), names()], [[false, true], ['王', null, null]])
    leases.heard({ cameraId: square, holder: null, unstopped: null })
    assert.deepEqual(seen(), [false, false])
  })
})
