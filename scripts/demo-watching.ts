// Owns putting yesterday's watching of the demo on record the way it gets there: grant, register entry, watch ledger, each
// with a clock that stands at its moment; then some of what the rules find is taken up. Refuses: a database with watching in it.
import { randomBytes } from 'node:crypto'
import { dayMs } from '#base/beijing-time.ts'
import type { Clock } from '#base/clock.ts'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { demoWatching, type DemoWatching } from '#config/demo/district.ts'
import { configSchema } from '#config/schema.ts'
import { api } from '#contract/api.ts'
import type { SessionId } from '#contract/ids.ts'
import { grantedBy, GrantService, GrantStore, permissionsOf, RegisterService, RegisterStore } from '../backend/access/index.ts'
import type { App } from '../backend/app.ts'
import { AuditStore, AuditTrail } from '../backend/audit/index.ts'
import type { Principal } from '../backend/http/index.ts'
import type { Camera } from '../backend/registry/index.ts'
import { WatchLedger } from '../backend/viewing/index.ts'
import { demoSession } from './demo-session.ts'

/** Stands where it was put; its timers never fire. */
class StandingClock implements Clock {
  atMs = 0
  now = () => this.atMs
  monotonicMs = () => this.atMs
  after = () => ({ cancel: () => undefined })
  every = () => ({ cancel: () => undefined })
}
const ip = '127.0.0.1'
const onListenerError = (error: unknown) => {
  throw error
}

/** Nothing when somebody has watched before. */
export async function seedWatching(app: App, nowMs: number): Promise<void> {
  const { storage, users, units } = app
  const store = new AuditStore(storage)
  if ((await store.list({ action: 'live.open', page: 1, pageSize: 1 })).total > 0) return
  const clock = new StandingClock()
  const trail = new AuditTrail({ store, clock, random: randomBytes })
  const cameras = await app.cameraService.watchList()
  const cardOf = ({ id, unitId, archive }: Camera) => ({ id, unitId, name: archive.name, gbCode: archive.gbCode })
  const grantStore = new GrantStore(storage)
  const grants = new GrantService({ storage, clock, random: randomBytes, trail, grants: grantStore, byGbCodes: async (codes) => cameras.filter(({ archive }) => codes.includes(archive.gbCode)).map(cardOf), onListenerError })
  const { cases, access } = configSchema.parse({})
  const register = new RegisterService({
    storage, clock, random: randomBytes, trail, entries: new RegisterStore(storage), users, units,
    directory: { visible: async (_principal, ids) => cameras.filter(({ id }) => ids.includes(id)).map(cardOf) }, patterns: cases, purposeMs: access.purposeMs,
  })
  const ledger = new WatchLedger({ storage, clock, trail, logger: silentLogger, purposes: register })
  const tree = await units.tree()
  const principalOf = async (username: string): Promise<Principal> => {
    const user = await users.byUsername(username)
    if (user === null) throw new Error(`the demo has no ${username}`)
    const { id, displayName, policeNumber, unitId, roles } = user
    const scope = { unitIds: new Set(tree.subtree(unitId)), granted: grantedBy(await grantStore.approvedOf(id), clock.now()) }
    return { userId: id, sessionId: newId<SessionId>(clock.now(), randomBytes), username, displayName, policeNumber, unitId, unitName: tree.get(unitId)?.name ?? '', roles, permissions: permissionsOf(roles), scope, csrfToken: '', expiresAtMs: clock.now() + dayMs, ticket: null }
  }
  const play = async ({ username, unitCode, beyond, views }: DemoWatching) => {
    const under = new Set(tree.all().filter(({ code }) => code === unitCode).flatMap(({ id }) => tree.subtree(id)))
    const own = cameras.filter(({ unitId }) => under.has(unitId)).sort((a, b) => (a.archive.gbCode < b.archive.gbCode ? -1 : 1))
    const shown = views.filter(({ camera }) => camera < own.length).sort((a, b) => a.atMs - b.atMs)
    const [firstView] = shown
    if (firstView === undefined) return
    clock.atMs = firstView.atMs - 3_600_000
    if (beyond !== null) {
      const wanted = own.filter((_, at) => shown.some(({ camera }) => camera === at)).map(({ id, archive }) => ({ id, gbCode: archive.gbCode }))
      const time = { fromMs: clock.now(), toMs: clock.now() + dayMs / 4 }
      const numbers = { caseNumber: null, incidentNumber: beyond.incidentNumber }
      const asked = await grants.ask(await principalOf(username), { gbCodes: wanted.map(({ gbCode }) => gbCode), actions: ['live'], ...time, reason: beyond.reason, ...numbers }, { ip })
      await grants.decide(await principalOf(beyond.approvedBy), asked.id, { approve: true, note: '' }, { ip })
      await register.enter(await principalOf(username), { purpose: 'security', act: 'live', note: beyond.note, caseNumber: null, incidentNumber: null, secondPoliceNumber: null, cameraIds: wanted.map(({ id }) => id), ...time }, { ip })
    }
    for (const { camera, atMs, forMs } of shown) {
      const one = own[camera]
      if (one === undefined) continue
      clock.atMs = atMs
      const principal = await principalOf(username)
      await ledger.watching(principal, { cameraId: one.id, cameraName: one.archive.name, unitId: one.unitId, stream: 'main' }, ip)
      clock.atMs = atMs + forMs
      ledger.touch(principal.sessionId, one.id, 'main')
      await ledger.endSession(principal.sessionId)
    }
  }
  try {
    for (const scene of demoWatching(nowMs)) await play(scene)
  } finally {
    await ledger.close()
    grants.close()
  }
}

/** The report of the demo: what the rules found, one thing being asked about, one answered. Nothing when it was done before. */
export async function seedOversight(app: App, options: { origin: string; password: string }): Promise<void> {
  await app.oversight.watch.look()
  const asChief = await demoSession(options.origin, 'chief', options.password)
  const asSupervisor = await demoSession(options.origin, 'supervisor', options.password)
  const openOf = async (session: typeof asChief, rule: string) => {
    const { items } = api.listIrregularities.result.parse(await (await session.send('GET', `/api/oversight/irregularities?rule=${rule}`)).json())
    return items.filter(({ state }) => state === 'open')
  }
  for (const { id } of await openOf(asChief, 'one-camera')) await asChief.send('POST', `/api/oversight/irregularities/${id}/steps`, { step: 'ask', text: '当日多次查看同一摄像机，请说明事由。' })
  for (const { id } of await openOf(asSupervisor, 'without-case')) {
    await asSupervisor.send('POST', `/api/oversight/irregularities/${id}/steps`, { step: 'answer', conclusion: 'duty', text: '经与平潭街派出所核实，系集市日联勤巡防，已有授权和登记。' })
  }
  await asChief.end()
  await asSupervisor.end()
}
