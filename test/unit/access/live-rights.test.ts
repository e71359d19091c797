// Owns proof that what is held open for a person is cut when the right ends, once, and that nothing else is.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { newId } from '#base/ids.ts'
import type { SessionId } from '#contract/ids.ts'
import { LiveRights, type CutReason, type RightsChanged } from '../../../backend/access/index.ts'
import type { Principal } from '../../../backend/http/index.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { samplePrincipal } from '../registry/sample-camera.ts'
import { unitIds } from '../../integration/registry-room.ts'

describe('what is held open for a person', () => {
  let clock: FakeClock
  let rights: LiveRights
  let told: RightsChanged[]
  const live = new Map<SessionId, Principal>()
  const officer: Principal = { ...samplePrincipal([unitIds.first], 'operator'), sessionId: newId<SessionId>(1) }
  const other: Principal = { ...officer, sessionId: newId<SessionId>(2) }
  beforeEach(() => {
    clock = new FakeClock()
    live.clear()
    for (const principal of [officer, other]) live.set(principal.sessionId, principal)
    rights = new LiveRights({
      clock,
      now: async (sessionId) => live.get(sessionId) ?? null,
      onListenerError: (error) => {
        throw error
      },
    })
    told = []
    rights.events.on('rightsChanged', (change) => told.push(change))
  })
  afterEach(() => rights.close())

  const held = (principal: Principal, allowed?: (now: Principal) => boolean) => {
    const cuts: CutReason[] = []
    const release = rights.hold({ principal, cut: (reason) => cuts.push(reason), ...(allowed ? { allowed } : {}) })
    return { cuts, release }
  }

  it('is cut at once when its session ends, before anybody is told; another session of the same person is not', () => {
    const mine = held(officer)
    const theirs = held(other)
    let cutsWhenTold = 0
    rights.events.on('rightsChanged', () => (cutsWhenTold = mine.cuts.length))
    rights.sessionEnded({ sessionId: officer.sessionId, userId: officer.userId, reason: 'disabled', endedAtMs: 7 })
    assert.deepEqual(mine.cuts, ['disabled'])
    assert.deepEqual(theirs.cuts, [])
    assert.equal(cutsWhenTold, 1)
    assert.deepEqual(told, [{ sessionId: officer.sessionId, userId: officer.userId, reason: 'disabled', endedAtMs: 7, over: true }])
    assert.equal(rights.held, 1)
  })
  it('is cut within 1.5 s of a look when another machine ended the session', async () => {
    const mine = held(officer)
    live.delete(officer.sessionId)
    clock.advance(1_499)
    assert.deepEqual(mine.cuts, [])
    clock.advance(1)
    await new Promise(setImmediate)
    assert.deepEqual(mine.cuts, ['expired'])
  })
  it('is cut when the session lives and the right to this thing does not, and kept when it does', async () => {
    const lost = held(officer, (now) => now.scope.unitIds.has(unitIds.first))
    const kept = held(officer, (now) => now.scope.unitIds.has(unitIds.second))
    live.set(officer.sessionId, { ...officer, scope: { ...officer.scope, unitIds: new Set([unitIds.second]) } })
    await rights.userChanged(officer.userId, 9)
    assert.deepEqual([lost.cuts, kept.cuts], [['right-ended'], []])
    assert.deepEqual(told, [{ sessionId: null, userId: officer.userId, reason: 'right-ended', endedAtMs: 9, over: false }])
  })
  it('is cut when nobody can tell any more, and live video only when that has gone on for too long', async () => {
    const away = new AppError('unavailable', 'unavailable', 'away')
    let bridged = true
    rights.close()
    rights = new LiveRights({
      clock,
      now: async (_sessionId, live) => {
        if (live && bridged) return officer
        throw away
      },
      onListenerError: (error) => {
        throw error
      },
    })
    const file = held(officer)
    const cuts: CutReason[] = []
    rights.hold({ principal: officer, live: true, allowed: (now) => now.scope.unitIds.has(unitIds.first), cut: (reason) => cuts.push(reason) })
    await rights.recheck()
    assert.deepEqual([file.cuts, cuts], [['unavailable'], []])
    bridged = false
    await rights.recheck()
    assert.deepEqual(cuts, ['unavailable'])
  })
  it('is judged although another one could not be', async () => {
    const errors: unknown[] = []
    rights.close()
    rights = new LiveRights({ clock, now: async (sessionId) => live.get(sessionId) ?? null, onListenerError: (error) => errors.push(error) })
    const odd = held(officer, () => {
      throw new Error('a fault of ours')
    })
    const gone = held(other)
    live.delete(other.sessionId)
    await rights.recheck()
    assert.deepEqual([odd.cuts, gone.cuts, errors.length], [[], ['expired'], 1])
  })
  it('is not cut after it was let go, and never twice', async () => {
    const gone = held(officer)
    gone.release()
    const once = held(officer)
    rights.sessionEnded({ sessionId: officer.sessionId, userId: officer.userId, reason: 'signed-out', endedAtMs: 1 })
    live.delete(officer.sessionId)
    await rights.recheck()
    assert.deepEqual([gone.cuts, once.cuts], [[], ['signed-out']])
    assert.equal(rights.held, 0)
  })
})
