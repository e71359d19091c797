// Owns proof of what a door's answer to a stranger means, since when it holds, and when a camera's turn comes. On times only.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { CameraId } from '#contract/ids.ts'
import { faultCodes } from '#contract/faults.ts'
import { afterReading, askedPlace, doorsOf, holdOf, nextTurnMs, postureOf, readingOf, type DoorRecord } from '../../../backend/health/posture.ts'

const weekMs = 7 * 24 * 3_600_000
const closed = { kind: 'answered', answer: 'closed' } as const
const open = { kind: 'answered', answer: 'open' } as const

describe('a door’s answer to a stranger', () => {
  it('is closed only when the door itself refused; whatever else went wrong is no answer', () => {
    const taken = faultCodes.filter((code) => readingOf(code).kind === 'answered')
    assert.deepEqual(new Set(taken), new Set(['onvif_refused', 'rtsp_refused', 'clock_skew', 'auth_downgrade']))
    assert.deepEqual(readingOf('auth_downgrade'), { kind: 'answered', answer: 'clear-text' })
    assert.deepEqual(readingOf(null), open)
  })

  it('holds since it was first given, and anew after another', () => {
    const first = afterReading(undefined, 'rtsp', open, 1_000)
    const second = afterReading(first, 'rtsp', open, 2_000)
    assert.deepEqual(second, { door: 'rtsp', answer: 'open', sinceMs: 1_000, answeredMs: 2_000, askedMs: 2_000, fault: null })
    assert.equal(afterReading(second, 'rtsp', closed, 3_000).sinceMs, 3_000)
  })

  it('stays when a later question is not answered, with why', () => {
    const known = afterReading(undefined, 'rtsp', open, 1_000)
    const silent = afterReading(known, 'rtsp', { kind: 'fault', fault: 'unreachable' }, 5_000)
    assert.deepEqual(silent, { ...known, askedMs: 5_000, fault: 'unreachable' })
    assert.equal(afterReading(silent, 'rtsp', closed, 9_000).fault, null)
  })

  it('is not known of a door that never answered', () => {
    const never = afterReading(undefined, 'onvif', { kind: 'fault', fault: 'onvif_silent' }, 5_000)
    assert.deepEqual(never, { door: 'onvif', answer: null, sinceMs: null, answeredMs: null, askedMs: 5_000, fault: 'onvif_silent' })
  })
})

describe('a camera’s posture', () => {
  const record = (door: DoorRecord['door'], answer: DoorRecord['answer']): DoorRecord => ({ door, answer, sinceMs: 1, answeredMs: 1, askedMs: 1, fault: null })

  it('is closed only when every door that it has is known to be', () => {
    assert.equal(postureOf(['rtsp', 'onvif'], [record('rtsp', 'closed'), record('onvif', 'closed')]), 'closed')
    assert.equal(postureOf(['rtsp', 'onvif'], [record('rtsp', 'closed')]), 'unknown')
    assert.equal(postureOf(['rtsp', 'onvif'], [record('rtsp', 'closed'), record('onvif', null)]), 'unknown')
    assert.equal(postureOf([], []), 'unknown')
  })

  it('is weak by one door, whatever the other says', () => {
    for (const answer of ['open', 'clear-text'] as const) assert.equal(postureOf(['rtsp', 'onvif'], [record('rtsp', 'closed'), record('onvif', answer)]), 'weak')
    assert.equal(postureOf(['rtsp', 'onvif'], [record('rtsp', 'open'), record('onvif', null)]), 'weak')
  })

  it('is asked of the doors that there are', () => {
    assert.deepEqual(doorsOf({ streamPaths: [], onvifPort: null }), [])
    assert.deepEqual(doorsOf({ streamPaths: [{ stream: 'sub', tls: false, port: 554, path: '/' }], onvifPort: 80 }), ['rtsp', 'onvif'])
  })

  it('is not asked of a camera that is offline, suspended or not known, unless only our ffmpeg is missing', () => {
    for (const status of ['offline', 'suspended', 'unknown'] as const) assert.equal(holdOf({ status, cause: 'not_checked' }), status)
    for (const status of ['online', 'abnormal', 'unauthorized'] as const) assert.equal(holdOf({ status, cause: 'rtsp_refused' }), null)
    assert.equal(holdOf({ status: 'unknown', cause: 'transcoder_missing' }), null)
    assert.equal(holdOf({ status: 'unknown', cause: 'probe_failed' }), 'unknown')
  })

  it('belongs to one device at one address', () => {
    const camera = { address: '10.0.0.1', onvifPort: 80, serial: 'A' }
    const place = { tls: false, port: 554, path: '/sub' }
    const known = askedPlace(camera, place)
    assert.equal(askedPlace({ ...camera }, { ...place }), known)
    for (const other of [askedPlace({ ...camera, address: '10.0.0.2' }, place), askedPlace({ ...camera, serial: 'B' }, place), askedPlace({ ...camera, onvifPort: 81 }, place), askedPlace(camera, { ...place, port: 555 }), askedPlace(camera, null)]) assert.notEqual(other, known)
  })
})

describe('the turns of cameras', () => {
  const ids = Array.from({ length: 2_000 }, (_, at) => newId<CameraId>(at))

  it('come at once for one that was never asked, and after a day of the week for one that did not answer', () => {
    assert.equal(nextTurnMs(ids[0] ?? newId<CameraId>(0), null, weekMs), 0)
    assert.equal(nextTurnMs(ids[0] ?? newId<CameraId>(0), { atMs: 1_000, answered: false }, weekMs), 1_000 + weekMs / 7)
  })

  it('are spread evenly, even when all were first asked in the same minute, and stay a week apart', () => {
    const atMs = Date.UTC(2026, 0, 5, 8)
    const first = ids.map((id) => nextTurnMs(id, { atMs, answered: true }, weekMs))
    for (const turn of first) assert.ok(turn >= atMs + weekMs / 2 && turn <= atMs + 1.5 * weekMs)
    const days = new Map<number, number>()
    for (const turn of first) days.set(Math.floor(((turn - atMs) / weekMs) * 7 + 0.5), (days.get(Math.floor(((turn - atMs) / weekMs) * 7 + 0.5)) ?? 0) + 1)
    for (const [day, cameras] of days) assert.ok(cameras < 2_000 / 7 + 80, `${cameras} cameras on day ${day}`)
    for (const [at, turn] of first.entries()) assert.ok(Math.abs(nextTurnMs(ids[at] ?? newId<CameraId>(0), { atMs: turn, answered: true }, weekMs) - turn - weekMs) < 1)
  })
})
