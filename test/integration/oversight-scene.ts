// Owns putting acts of yesterday on record for tests of oversight: through the audit trail, with a clock that stands there.
import { randomBytes } from 'node:crypto'
import { beijingDayStartMs, dayMs } from '#base/beijing-time.ts'
import { AuditStore, AuditTrail, type Act } from '../../backend/audit/index.ts'
import type { TestServer, TestUser } from '../support/server.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'

export const yesterdayMs = beijingDayStartMs(Date.now()) - dayMs
export const atHour = (hour: number): number => yesterdayMs + Math.round(hour * 3_600_000)

export interface Recorded extends Partial<Act> {
  hour: number
}

/** Writes the acts of one person down, as the rooms do it. */
export async function record(server: TestServer, username: TestUser | (string & {}), acts: readonly Recorded[]): Promise<void> {
  const user = await server.app.users.byUsername(username)
  if (user === null) throw new Error(`no user ${username}`)
  const { storage } = server.app
  const unitName = (await server.app.units.tree()).get(user.unitId)?.name ?? ''
  for (const { hour, ...act } of acts) {
    const trail = new AuditTrail({ store: new AuditStore(storage), clock: new FakeClock(atHour(hour)), random: randomBytes })
    const actor = { userId: user.id, displayName: user.displayName, unitName, unitId: user.unitId, ip: '10.0.0.9' }
    await storage.transaction((tx) => trail.record(tx, actor, { action: 'live.open', targetKind: 'camera', targetId: '', ...act }))
  }
}

/** A view of a camera beyond the own units without a case. */
export const beyond = (hour: number, camera = 'elsewhere'): Recorded => ({ hour, targetId: camera, targetName: camera, purpose: 'security', detail: { stream: 'sub', registerId: 'r' } })
