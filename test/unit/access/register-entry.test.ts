// Owns proof of what an entry covers, and nothing beside it.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { CameraId, RegisterId, UnitId, UserId } from '#contract/ids.ts'
import { covers, type RegisterEntry, type WantedAccess } from '../../../backend/access/register-entry.ts'

const cameraId = newId<CameraId>(1)
const entry: RegisterEntry = {
  id: newId<RegisterId>(1), atMs: 1_000, purpose: 'case', act: 'playback', note: '', caseNumber: 'A', incidentNumber: null, cameras: [{ id: cameraId, name: '', gbCode: '' }],
  fromMs: 100, toMs: 200, goodUntilMs: 5_000, userId: newId<UserId>(1), user: { displayName: '', policeNumber: '', unitName: '' }, unitId: newId<UnitId>(1), secondOfficer: null,
}
const wanted: WantedAccess = { act: 'playback', cameraId, fromMs: 100, toMs: 200 }

describe('a register entry', () => {
  it('covers what it names while it is good', () => {
    assert.ok(covers(entry, wanted, 1_000))
    assert.ok(covers(entry, { ...wanted, fromMs: 150, toMs: 150 }, 4_999))
  })
  const beside: [string, WantedAccess, number][] = [
    ['another act', { ...wanted, act: 'export' }, 1_000],
    ['another camera', { ...wanted, cameraId: newId<CameraId>(2) }, 1_000],
    ['a moment before', { ...wanted, fromMs: 99 }, 1_000],
    ['a moment after', { ...wanted, toMs: 201 }, 1_000],
    ['the time when it is no longer good', wanted, 5_000],
    ['the time before it was written', wanted, 999],
  ]
  for (const [what, access, nowMs] of beside) it(`does not cover ${what}`, () => assert.ok(!covers(entry, access, nowMs)))
})
