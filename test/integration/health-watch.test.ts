// Owns proof of the watch on each database: statuses, periods without gaps, restarts, suspensions, figures, refusals.
import assert from 'node:assert/strict'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import { PeriodStore } from '../../backend/health/period-store.ts'
import type { Principal, Route } from '../../backend/http/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { samplePrincipal } from '../unit/registry/sample-camera.ts'
import { HealthScene, limits, startMs, unchecked } from './health-room.ts'
import { unitIds } from './registry-room.ts'

const everybody = Object.values(unitIds)
const instant = (ms: number) => new Date(ms).toISOString()

eachDatabase('the watch', (make) => {
  let database: TestDatabase
  let scene: HealthScene
  const [one, two, three, four] = [unchecked('first', 1), unchecked('community', 2), unchecked('second', 3), unchecked('second', 4, { onvifPort: null })] as const
  const all = [one, two, three, four]

  beforeEach(async () => {
    database = make()
    scene = await HealthScene.open(database, all)
    await scene.start()
    for (const camera of all) await scene.becomes(camera.id, 'online -')
  })
  afterEach(async () => {
    await scene.health.stop()
    await database.drop()
  })

  const call = async (endpoint: Route['endpoint'], principal: Principal, context: { params?: unknown; query?: unknown; body?: unknown }) => {
    const found = scene.health.routes.find((candidate) => candidate.endpoint === endpoint)
    assert.ok(found)
    const nothing = { requestId: '', ip: '10.0.0.1', secure: false, signal: new AbortController().signal, sessionToken: null }
    const reply = { sessionCookie() {}, header() {} }
    return found.handle({ params: {}, query: {}, body: {}, ...context, request: nothing, reply }, principal)
  }
  const periodsOf = async (id: (typeof one)['id']) =>
    (await new PeriodStore(scene.registry.storage).of([id], { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }, 100)).reverse()
  const refusal = (kind: string) => (error: unknown) => error instanceof Error && 'kind' in error && error.kind === kind

  it('proves every camera after the start and shows when its picture was proven', async () => {
    const camera = await scene.registry.cameraService.find(one.id)
    assert.ok(camera && camera.health.pictureProvenMs !== null && camera.health.pictureProvenMs >= startMs)
  })

  it('changes a dead camera at the second sweep, not at the first, and no other', async () => {
    scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable' })
    await scene.sweep()
    assert.equal(await scene.status(one.id), 'online -')
    await scene.sweep()
    await scene.becomes(one.id, 'offline unreachable')
    for (const other of [two, three, four]) assert.equal(await scene.status(other.id), 'online -')
  })

  it('takes no answer that was asked for before the check on demand', async () => {
    scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable' })
    await scene.sweep()
    await scene.sweep()
    await scene.becomes(one.id, 'offline unreachable')
    let release = () => {}
    const until = new Promise<void>((resolve) => (release = resolve))
    scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable', until })
    const asked = scene.asked.length
    scene.clock.advance(limits.sweepPeriodMs)
    await scene.until(() => scene.asked.slice(asked).includes(one.address))
    scene.script(one, null)
    const checked = scene.health.checkNow(one.id)
    release()
    await checked
    assert.equal(scene.asked.slice(asked).filter((address) => address === one.address).length, 2)
    await scene.becomes(one.id, 'online -')
  })

  it('brings a camera back by a fresh proof, not by the one from before the outage', async () => {
    scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable' })
    await scene.sweep()
    await scene.sweep()
    await scene.becomes(one.id, 'offline unreachable')
    scene.script(one, { picture: 'frozen' })
    const before = scene.proofs
    await scene.sweep()
    await scene.until(() => scene.proofs > before)
    assert.equal(await scene.status(one.id), 'offline unreachable')
    scene.script(one, null)
    await scene.sweep()
    await scene.sweep()
    await scene.becomes(one.id, 'online -')
  })

  const faults = [
    [{ onvif: 'onvif_silent' }, 'abnormal onvif_silent'],
    [{ rtsp: 'rtsp_silent' }, 'abnormal rtsp_silent'],
    [{ onvif: 'onvif_refused', rtsp: 'rtsp_refused' }, 'unauthorized onvif_refused'],
    [{ rtsp: 'auth_downgrade' }, 'unauthorized auth_downgrade'],
    [{ onvif: 'onvif_malformed', rtsp: 'stream_reset' }, 'abnormal onvif_malformed'],
    [{ onvif: 'probe_failed', rtsp: 'probe_failed' }, 'unknown probe_failed'],
  ] as const
  for (const [script, expected] of faults) {
    it(`says "${expected}" within two sweeps and online again within two`, async () => {
      scene.script(two, script)
      await scene.sweep()
      await scene.sweep()
      await scene.becomes(two.id, expected)
      scene.script(two, null)
      await scene.sweep()
      await scene.becomes(two.id, 'online -')
      assert.equal(await scene.status(one.id), 'online -')
    })
  }

  it('finds a frozen picture by the patrol and confirms it before saying so', async () => {
    scene.script(three, { picture: 'frozen' })
    scene.health.proveSoon(three.id)
    const before = scene.proofs
    await scene.until(() => scene.proofs > before)
    assert.equal(await scene.status(three.id), 'online -')
    await scene.sweep()
    await scene.becomes(three.id, 'abnormal picture_frozen')
    scene.script(three, null)
    await scene.sweep()
    await scene.sweep()
    await scene.becomes(three.id, 'online -')
  })

  it('looks at once at a camera whose running stream breaks off', async () => {
    const before = scene.proofs
    scene.onState({ cameraId: one.id, stream: 'sub', form: 'original', queue: null, state: 'stalled', fault: { code: 'stream_silent', retry: 'soon', detail: '' }, sinceMs: 0, transcoded: false, edition: 1, viewersSeenMs: 0, bytesReceived: 0, ringBytes: 0, newestFrameMs: null })
    await scene.until(() => scene.proofs > before)
  })

  it('keeps periods without a gap or an overlap, and uptime adds up to the whole time', async () => {
    for (let round = 0; round < 3; round++) {
      scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable' })
      await scene.sweep()
      await scene.sweep()
      scene.script(one, null)
      await scene.sweep()
      await scene.becomes(one.id, 'online -')
    }
    const periods = await periodsOf(one.id)
    assert.deepEqual(periods.map((period) => period.status), ['unknown', 'online', 'offline', 'online', 'offline', 'online', 'offline', 'online'])
    for (const [index, period] of periods.entries()) assert.equal(period.toMs, periods[index + 1]?.fromMs ?? null)
    const fromMs = startMs
    const toMs = scene.clock.now()
    const sums = (await new PeriodStore(scene.registry.storage).sums([one.id], { fromMs, toMs })).get(one.id)
    assert.ok(sums)
    assert.equal(Object.values(sums).reduce((a, b) => a + b, 0), toMs - fromMs)
    const offlineMs = periods.filter((period) => period.status === 'offline').reduce((sum, period) => sum + (period.toMs ?? toMs) - period.fromMs, 0)
    assert.equal(sums.offline, offlineMs)
    assert.ok(offlineMs >= 3 * limits.sweepPeriodMs)
  })

  it('writes no period and tells nothing while nothing changes', async () => {
    const told = scene.said.length
    for (let sweep = 0; sweep < 5; sweep++) await scene.sweep()
    assert.equal(scene.said.length, told)
    assert.equal((await periodsOf(one.id)).length, 2)
  })

  it('counts the time in which the server was down as unknown, to the millisecond', async () => {
    const stoppedMs = scene.clock.now()
    await scene.restart(3_600_000)
    await scene.becomes(one.id, 'online -')
    const [, , outage] = await periodsOf(one.id)
    assert.equal(outage?.status, 'unknown')
    assert.equal(outage?.cause, 'probe_failed')
    assert.equal(outage?.fromMs, stoppedMs)
    assert.ok((outage?.toMs ?? 0) >= stoppedMs + 3_600_000)
  })

  it('keeps a clock offset and writes it again only when it moved noticeably', async () => {
    scene.script(one, { clockOffsetMs: 90_000 })
    await scene.sweep()
    assert.equal((await scene.registry.cameraService.find(one.id))?.clockOffsetMs, 90_000)
    scene.script(one, { clockOffsetMs: 90_400 })
    await scene.sweep()
    assert.equal((await scene.registry.cameraService.find(one.id))?.clockOffsetMs, 90_000)
  })

  it('takes a new camera into the watch when it is registered', async () => {
    const fresh = unchecked('first', 9)
    const { storage, cameraService } = scene.registry
    const actor = { userId: null, displayName: 'test', unitName: '', ip: '' }
    const added = await storage.transaction((tx) => cameraService.add(tx, actor, { unitId: fresh.unitId, archive: fresh.archive, device: fresh, credentialSetId: null, credential: null }))
    await scene.becomes(added.id, 'online -')
  })

  it('checks again at once when the login was changed, and forgets what was proven with the old one', async () => {
    scene.script(one, { onvif: 'onvif_refused', rtsp: 'rtsp_refused' })
    await scene.sweep()
    await scene.sweep()
    await scene.becomes(one.id, 'unauthorized onvif_refused')
    scene.script(one, null)
    await scene.registry.cameraService.setCredential(samplePrincipal(everybody), one.id, { username: 'admin', password: new Secret('right') }, { ip: '' })
    await scene.becomes(one.id, 'online -')
  })

  describe('suspending', () => {
    const wanted = (ms: number) => ({ reason: '道路施工停电', until: instant(scene.clock.now() + ms) })

    it('takes the camera out of the watch with an audit entry, and ends by itself at its time', async () => {
      const untilMs = scene.clock.now() + 45_000
      await call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: { reason: '道路施工停电', until: instant(untilMs) } })
      assert.equal(await scene.status(one.id), 'suspended suspended')
      scene.script(one, { onvif: 'unreachable', rtsp: 'unreachable' })
      await scene.sweep()
      assert.equal(await scene.status(one.id), 'suspended suspended')
      scene.script(one, null)
      await scene.sweep()
      await scene.becomes(one.id, 'online -')
      const suspended = (await periodsOf(one.id)).find((period) => period.status === 'suspended')
      assert.equal(suspended?.toMs, untilMs)
      assert.equal(suspended?.detail, '道路施工停电')
      const { items } = await scene.registry.audit.list({ page: 1, pageSize: 10 })
      assert.deepEqual(items.map((entry) => entry.action).filter((action) => action.startsWith('camera.') && action !== 'camera.posture').sort(), ['camera.resume', 'camera.suspend'])
    })

    it('tells who filed it, why and until when, for as long as it holds', async () => {
      const ask = async () => api.cameraHealth.result.parse(await call(api.cameraHealth, samplePrincipal(everybody), { params: { cameraId: one.id }, query: {} }))
      assert.equal((await ask()).suspension, null)
      const first = wanted(3_600_000)
      await call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: first })
      const later = { reason: '供电部门停电', until: instant(scene.clock.now() + 7_200_000) }
      await call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: later })
      assert.deepEqual((await ask()).suspension, { ...later, from: instant(scene.clock.now()), by: '值班员甲' })
      await call(api.resumeCamera, samplePrincipal(everybody), { params: { cameraId: one.id } })
      assert.equal((await ask()).suspension, null)
    })

    it('holds over a restart', async () => {
      await call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: wanted(7_200_000) })
      await scene.restart(3_600_000)
      assert.equal(await scene.status(one.id), 'suspended suspended')
      assert.equal((await periodsOf(one.id)).at(-1)?.toMs, null)
    })

    it('is ended by a person, and the camera is checked at once', async () => {
      await call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: wanted(7_200_000) })
      await call(api.resumeCamera, samplePrincipal(everybody), { params: { cameraId: one.id } })
      await scene.becomes(one.id, 'online -')
    })

    it('refuses a camera out of scope as missing, a time that is over and one beyond a year', async () => {
      const other = samplePrincipal([unitIds.second])
      await assert.rejects(call(api.suspendCamera, other, { params: { cameraId: one.id }, body: wanted(60_000) }), refusal('missing'))
      await assert.rejects(call(api.resumeCamera, other, { params: { cameraId: one.id } }), refusal('missing'))
      await assert.rejects(call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: wanted(-1) }), refusal('invalid'))
      await assert.rejects(call(api.suspendCamera, samplePrincipal(everybody), { params: { cameraId: one.id }, body: wanted(400 * 86_400_000) }), refusal('invalid'))
      assert.equal(await scene.status(one.id), 'online -')
    })
  })

  describe('told over HTTP', () => {
    const kill = async () => {
      scene.script(two, { onvif: 'unreachable', rtsp: 'unreachable' })
      await scene.sweep()
      await scene.sweep()
      await scene.becomes(two.id, 'offline unreachable')
    }

    it('shows the rungs, periods and uptime of one camera', async () => {
      await kill()
      const shown = api.cameraHealth.result.parse(await call(api.cameraHealth, samplePrincipal(everybody), { params: { cameraId: two.id } }))
      assert.deepEqual(shown.rungs.map((rung) => `${rung.rung} ${rung.outcome}`), ['reachable failed', 'onvif failed', 'rtsp failed', 'picture not-tried', 'changing not-tried'])
      assert.equal(shown.periods[0]?.status, 'offline')
      assert.ok(shown.uptime.ratio !== null && shown.uptime.ratio < 1)
    })

    it('sums a unit and its children from the same rows as the list', async () => {
      await kill()
      const shown = api.unitHealth.result.parse(await call(api.unitHealth, samplePrincipal(everybody), { params: { unitId: unitIds.bureau } }))
      assert.equal(shown.counts.total, 4)
      assert.equal(shown.counts.offline, 1)
      assert.deepEqual(shown.children.map((child) => [child.name, child.counts.total, child.counts.offline]), [['一所', 2, 1], ['二所', 2, 0]])
      assert.equal(shown.children[0]?.uptime.offlineMs, shown.uptime.offlineMs)
      assert.equal(shown.children[1]?.uptime.ratio, 1)
      assert.equal(shown.lastSweep.cameras, 4)
      const station = api.unitHealth.result.parse(await call(api.unitHealth, samplePrincipal([unitIds.second]), { params: { unitId: unitIds.second } }))
      assert.equal(station.lastSweep.cameras, 2, 'a station learned how many cameras others have')
      assert.equal(shown.changes[0]?.cameraName, two.archive.name)
    })

    it('gives the home page’s figures of the caller’s scope only', async () => {
      await kill()
      const bureau = api.overview.result.parse(await call(api.overview, samplePrincipal(everybody), {}))
      assert.equal(bureau.onlineRatio, 0.75)
      assert.equal(bureau.clockAccurateRatio, 1)
      assert.deepEqual([bureau.openCases, bureau.tagsToday, bureau.accessesToday, bureau.watchingNow], [3, 2, 4, 1])
      const maintainer = api.overview.result.parse(await call(api.overview, samplePrincipal(everybody, 'maintainer'), {}))
      assert.deepEqual([maintainer.openCases, maintainer.tagsToday, maintainer.watchingNow], [null, null, 1], 'no claim about cases to a role that sees none')
      assert.equal(bureau.trend.length, 24)
      assert.deepEqual(bureau.ranking.map((row) => [row.name, row.ratio]), [['二所', 1], ['一所', 0.5]])
      assert.deepEqual(bureau.longestOffline.map((row) => row.cameraId), [two.id])
      assert.deepEqual(bureau.causes, [{ cause: 'unreachable', cameras: 1 }])
      const station = api.overview.result.parse(await call(api.overview, samplePrincipal([unitIds.second]), {}))
      assert.equal(station.counts.total, 2)
      assert.deepEqual([station.longestOffline, station.causes], [[], []])
    })

    it('refuses cameras and units out of scope as missing, and ranges that end before they begin', async () => {
      const station = samplePrincipal([unitIds.second])
      await assert.rejects(call(api.cameraHealth, station, { params: { cameraId: two.id } }), refusal('missing'))
      await assert.rejects(call(api.unitHealth, station, { params: { unitId: unitIds.first } }), refusal('missing'))
      const backwards = { from: instant(startMs + 10), to: instant(startMs) }
      await assert.rejects(call(api.cameraHealth, samplePrincipal(everybody), { params: { cameraId: two.id }, query: backwards }), refusal('invalid'))
    })
  })
})
