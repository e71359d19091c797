// Owns proof of what a session's memory is good for while the database is away: live video of whoever was watching a moment
// ago, for a limited time, and never beyond the end of a right.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { newId } from '#base/ids.ts'
import type { CameraId, GrantId, SessionId, UserId } from '#contract/ids.ts'
import { may, SessionReader, UnitTree, type Grant } from '../../../backend/access/index.ts'
import type { Session } from '../../../backend/access/session-store.ts'
import type { User } from '../../../backend/access/user-store.ts'
import { unitIds } from '../../integration/registry-room.ts'
import { FakeClock } from '../base/fake-clock.ts'

const idleMs = 700_000
const longestMs = 600_000
const sessionMs = 10_000

const gone = () => new AppError('unavailable', 'unavailable', 'away')

describe('a session while the database is away', () => {
  let clock: FakeClock
  let reader: SessionReader
  let away: boolean
  let reads: number
  let session: Session
  const camera = newId<CameraId>(7)
  const user: User = { id: newId<UserId>(1), username: 'a', displayName: 'A', policeNumber: '', passwordHash: '', roles: ['operator'], unitId: unitIds.first, disabled: false, lastSignInAtMs: null, passwordAtMs: null }
  let grants: Grant[]

  beforeEach(() => {
    clock = new FakeClock()
    away = false
    reads = 0
    session = { id: newId<SessionId>(2), tokenHash: 'h', userId: user.id, csrfToken: 'c', createdAtMs: clock.now(), seenAtMs: clock.now(), ip: '' }
    grants = []
    const asked = async <Found>(found: Found): Promise<Found> => {
      reads++
      if (away) throw gone()
      return found
    }
    reader = new SessionReader({
      // Writing down when a session was last used is refused too.
      storage: { transaction: () => Promise.reject(gone()) },
      clock,
      users: { byId: () => asked(user) },
      sessions: { byTokenHash: () => asked(session), byId: () => asked(session), seen: async () => undefined },
      units: { tree: async () => new UnitTree([{ id: unitIds.first, parentId: null, tier: 'station', code: '1', name: 'first' }]) },
      grants: () => asked(grants),
      limits: { idleMs, absoluteMs: 10 * idleMs },
      maxPasswordAgeDays: null,
      outage: { sessionMs, longestMs },
    })
  })
  const ask = (use: 'request' | 'look' | 'live-request' | 'live-look') => reader.byId(session.id, use)
  const isAway = (error: unknown) => error instanceof AppError && error.code === 'unavailable'

  it('goes on watching live and has no other permission; nobody else is answered', async () => {
    const before = await ask('live-look')
    assert.ok(before && may(before, 'camera:snapshot', unitIds.first))
    away = true
    clock.advance(2_000)
    const now = await ask('live-look')
    assert.ok(now && may(now, 'camera:live', unitIds.first))
    assert.deepEqual([...now.permissions], ['camera:live'])
    for (const use of ['request', 'look'] as const) await assert.rejects(ask(use), isAway)
  })
  it('that cannot be marked as used goes on watching live too', async () => {
    await ask('live-request')
    clock.advance(61_000)
    await ask('live-look')
    clock.advance(2_000)
    assert.notEqual(await ask('live-request'), null)
    await assert.rejects(ask('request'), isAway)
  })
  it('was read a moment before the database went away, or does not go on', async () => {
    await ask('live-look')
    clock.advance(sessionMs + 1)
    away = true
    await assert.rejects(ask('live-look'), isAway)
  })
  it('goes on for ten minutes and no longer', async () => {
    await ask('live-look')
    away = true
    for (let passedMs = 0; passedMs < longestMs; passedMs += 60_000) {
      clock.advance(60_000 - (passedMs === 0 ? 55_000 : 0))
      assert.notEqual(await ask('live-look'), null)
    }
    clock.advance(55_001)
    await assert.rejects(ask('live-look'), isAway)
  })
  it('ends at its own end, which needs no database', async () => {
    clock.advance(idleMs - 5_000)
    await ask('live-look')
    away = true
    clock.advance(4_999)
    assert.notEqual(await ask('live-look'), null)
    clock.advance(1)
    assert.equal(await ask('live-look'), null)
  })
  it('loses a grant at the grant’s end, and gains one at its beginning', async () => {
    const grant = { id: newId<GrantId>(3), state: 'approved' as const, askedAtMs: 0, userId: user.id, asker: { displayName: '', policeNumber: '', unitName: '' }, gbCodes: [], cameras: [{ id: camera, gbCode: '', name: '', unitId: unitIds.second }], actions: ['live' as const], reason: '', caseNumber: null, incidentNumber: null, decidedById: null, decidedBy: null, decidedAtMs: null, note: '' }
    grants = [{ ...grant, fromMs: 0, toMs: clock.now() + 30_000 }]
    const mayWatch = async () => {
      const now = await ask('live-look')
      return now !== null && may(now, 'camera:live', unitIds.second, camera)
    }
    assert.equal(await mayWatch(), true)
    away = true
    clock.advance(5_000)
    assert.equal(await mayWatch(), true)
    clock.advance(25_000)
    assert.equal(await mayWatch(), false)
  })
  it('that ended here before is not brought back, nor one whose rights changed here', async () => {
    await ask('live-look')
    reader.forget([session.id])
    away = true
    await assert.rejects(ask('live-look'), isAway)
    away = false
    clock.advance(500)
    session = { ...session, id: newId<SessionId>(4) }
    await ask('live-look')
    reader.refresh([user.id])
    away = true
    clock.advance(1_000)
    await assert.rejects(ask('live-look'), isAway)
  })
  it('asks the database again twice a second, and is whole when it answers', async () => {
    await ask('live-look')
    away = true
    clock.advance(3_000)
    await ask('live-look')
    const before = reads
    for (let count = 0; count < 50; count++) await ask('live-look')
    assert.equal(reads, before)
    away = false
    clock.advance(500)
    const now = await ask('live-look')
    assert.ok(now && may(now, 'camera:snapshot', unitIds.first))
  })
})
