// Owns proof that bytes stop when a right ends: every way in which a right ends × every path by which bytes reach a person.
// The last byte leaves within 5 s, and the audit says when the cut was made.
import assert from 'node:assert/strict'
import { QueryTypes } from 'sequelize'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { Role } from '#contract/permissions.ts'
import { systemActor } from '../../backend/audit/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { signIn, testPassword, type Client, type UnitName } from '../support/server.ts'
import { ffmpegThere, openScene, watch, within, type Scene } from './acceptance-scene.ts'
import { csvPath, exhibitPath, livePaths, slowDownload, type Path } from './right-ends-paths.ts'

const limitMs = 5_000
const idleMs = 600_000
const absoluteMs = 3_600_000
/** More than the buffers of a connection hold, so that a slow reader's download is still under way. */
const rowsOfAudit = 12_000
const rowsAtOnce = 500
const rowFiller = 'x'.repeat(2_000)

eachDatabase('a right that ends while bytes are given', (make) => {
  let database: TestDatabase
  let scene: Scene
  let people = 0
  before(async function () {
    this.timeout(150_000)
    if (!ffmpegThere) return this.skip()
    database = make()
    scene = await openScene({ databaseUrl: await database.url(), config: { access: { idleMs, absoluteMs } } })
    const { storage, trail } = scene.server.app
    // A commit of all at once is a write of thirty megabytes, longer than a transaction may take on a slow disk.
    for (let from = 0; from < rowsOfAudit; from += rowsAtOnce) {
      await storage.transaction(async (tx) => {
        for (let n = from; n < from + rowsAtOnce; n++) await trail.record(tx, systemActor, { action: 'test.filler', targetKind: 'test', targetId: String(n), detail: { rowFiller } })
      })
    }
  })
  after(async () => {
    await scene?.close()
    await database?.drop()
  })

  /** Somebody for one test only: what is done to the account harms no other. */
  async function somebody(role: Role, unit: UnitName): Promise<Client> {
    const { app } = scene.server
    const [sample] = await app.users.inUnits([scene.server.unitId('stationA')])
    assert.ok(sample)
    const username = `person${++people}`
    await app.storage.transaction((tx) => app.userService.addBySystem(tx, { ...sample, id: newId(Date.now()), username, displayName: username, policeNumber: '', roles: [role], unitId: scene.server.unitId(unit) }))
    return signIn(scene.server.origin, username)
  }
  const audited = async (action: string) => (await (await scene.server.signIn('auditor')).get(`/api/audit?action=${action}&pageSize=200`)).as(api.listAudit.result).items
  /** The row of a cut, when it is there: why, and how long after the right's end it was made. */
  async function untilCut(action: string, userId: string, count = 1): Promise<{ reason: unknown; path: unknown; lagMs: number }[]> {
    for (;;) {
      const rows = (await audited(action)).filter((entry) => entry.actorId === userId && 'cutAt' in entry.detail)
      if (rows.length >= count) return rows.map(({ detail }) => ({ reason: detail['reason'], path: detail['path'], lagMs: Date.parse(String(detail['cutAt'])) - Date.parse(String(detail['rightEndedAt'])) }))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  /** Ends the right while every path gives bytes, and sees every one of them stop in time. */
  async function assertStops(paths: readonly Path[], end: () => Promise<void>): Promise<void> {
    for (const path of paths) assert.ok(await untilByte(path), path.name)
    await end()
    const endedMs = performance.now()
    const stopped = await Promise.all(paths.map((path) => within(limitMs + 3_000, `the end of: ${path.name}`, path.over).then(() => path)))
    for (const { name, lastByteMs } of stopped) assert.ok(lastByteMs() - endedMs <= limitMs, `${name}: the last byte came ${lastByteMs() - endedMs} ms after the end`)
  }
  async function untilByte(path: Path): Promise<boolean> {
    while (path.lastByteMs() === 0) await new Promise((resolve) => setImmediate(resolve))
    return true
  }

  const sql = (text: string, values: (string | number)[]) => scene.server.app.storage.transaction((tx) => scene.server.app.storage.sequelize.query(text, { replacements: values, type: QueryTypes.UPDATE, transaction: tx }))
  const bySecurity = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await (await scene.server.signIn('secadmin')).request(method, path, body)
    assert.ok(status === 200 || status === 204, text)
  }
  /** `reason` as it stands in the audit. */
  const ways: { name: string; reason: string; end: (client: Client) => Promise<unknown> }[] = [
    { name: 'log-out', reason: 'signed-out', end: async (client) => assert.equal((await client.request('DELETE', '/api/session')).status, 204) },
    { name: 'a change of password', reason: 'password', end: async (client) => assert.equal((await client.request('POST', '/api/session/password', { current: testPassword, next: 'another horse battery 43' })).status, 200) },
    { name: 'a change of role', reason: 'changed', end: (client) => bySecurity('PATCH', `/api/users/${client.userId}`, { roles: ['maintainer'] }) },
    { name: 'a change of unit', reason: 'changed', end: (client) => bySecurity('PATCH', `/api/users/${client.userId}`, { unitId: scene.server.unitId('stationB') }) },
    { name: 'disabling', reason: 'disabled', end: (client) => bySecurity('PATCH', `/api/users/${client.userId}`, { disabled: true }) },
    { name: 'revocation by the security administrator', reason: 'revoked', end: (client) => bySecurity('DELETE', `/api/users/${client.userId}/sessions`) },
    // Its last use, or its beginning, is moved so far back that the limit falls on this moment.
    { name: 'the idle limit', reason: 'expired', end: (client) => sql('UPDATE sessions SET seen_at_ms = ? WHERE user_id = ?', [Date.now() - idleMs, client.userId]) },
    { name: 'the absolute limit', reason: 'expired', end: (client) => sql('UPDATE sessions SET created_at_ms = ? WHERE user_id = ?', [Date.now() - absoluteMs, client.userId]) },
    { name: 'an end by another machine', reason: 'expired', end: (client) => sql('DELETE FROM sessions WHERE user_id = ?', [client.userId]) },
  ]
  for (const [at, { name, reason, end }] of ways.entries()) {
    it(`${name}: no byte of live video, exhibit or list later than 5 s, and the time of the cut in the audit`, async function () {
      this.timeout(60_000)
      const client = await somebody('operator', 'stationA')
      const cameraId = scene.server.cameraId('stationA')
      const exhibit = await exhibitPath(client, cameraId, `A14990351000020261101${String(at).padStart(2, '0')}`, [401])
      const paths = [...(await livePaths(client, cameraId, [401])), exhibit, csvPath(client, [401])]
      await assertStops(paths, async () => void (await end(client)))
      const [cut] = await within(limitMs, 'the row of the cut', untilCut('live.close', client.userId))
      assert.equal(cut?.reason, reason)
      assert.ok(cut.lagMs >= 0 && cut.lagMs <= limitMs, `cut ${cut.lagMs} ms after the end`)
    })

    it(`${name}: an export that is under way is cut within 5 s, and that is on record`, async function () {
      this.timeout(60_000)
      const client = await somebody('inspector', 'bureau')
      const downloads = [await slowDownload(client, '/api/audit.csv'), await slowDownload(client, '/api/audit/export')]
      await end(client)
      const cuts = await within(limitMs + 2_000, 'the rows of the cut', untilCut('session.cut', client.userId, downloads.length))
      assert.deepEqual(cuts.map(({ path }) => path).sort(), ['/api/audit.csv', '/api/audit/export'])
      for (const cut of cuts) assert.ok(cut.reason === reason && cut.lagMs >= 0 && cut.lagMs <= limitMs, JSON.stringify(cut))
      for (const download of downloads) {
        download.goOn()
        await within(limitMs, `the end of ${download.name}`, download.over)
        assert.equal(download.complete(), false, `${download.name} ran to its end`)
      }
    })
  }

  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
  const caseNumber = 'A1499035100002026110001'
  /** The person is granted live view of a camera of another station, and has entered why. */
  async function granted(client: Client, toMs: number): Promise<string> {
    const cameraId = scene.server.cameraId('stationB')
    const chief = await scene.server.signIn('chiefB')
    const { gbCode } = (await chief.get(`/api/cameras/${cameraId}`)).as(api.getCamera.result)
    const asked = (await client.request('POST', '/api/grants', { gbCodes: [gbCode], actions: ['live'], from: inMs(-1_000), to: inMs(toMs), reason: '跨所追查嫌疑车辆', caseNumber })).as(api.askGrant.result)
    assert.equal((await chief.request('POST', `/api/grants/${asked.id}/decision`, { approve: true })).status, 200)
    assert.equal((await client.request('POST', '/api/register', { purpose: 'case', act: 'live', caseNumber, cameraIds: [cameraId], from: inMs(-60_000), to: inMs(3_600_000) })).status, 200)
    return asked.id
  }
  const grantEnds: { name: string; end: (client: Client, grantId: string) => Promise<unknown> }[] = [
    { name: 'revocation of a grant', end: async (_client, id) => assert.equal((await (await scene.server.signIn('chiefB')).request('POST', `/api/grants/${id}/revocation`, {})).status, 200) },
    { name: 'giving back of a grant', end: async (client, id) => assert.equal((await client.request('DELETE', `/api/grants/${id}`)).status, 200) },
    { name: 'the end of a grant’s time', end: (_client, id) => sql('UPDATE grants SET to_ms = ? WHERE id = ?', [Date.now(), id]) },
  ]
  for (const { name, end } of grantEnds) {
    it(`${name}: no byte of the camera later than 5 s, and the time of the cut in the audit; the own camera plays on`, async function () {
      this.timeout(60_000)
      const client = await somebody('operator', 'stationA')
      const grantId = await granted(client, 3_600_000)
      const paths = await livePaths(client, scene.server.cameraId('stationB'), [404])
      const { playlistUrl } = await watch(client, scene.server.cameraId('stationA'), 'sub')
      await assertStops(paths, async () => void (await end(client, grantId)))
      const [cut] = await within(limitMs, 'the row of the cut', untilCut('live.close', client.userId))
      assert.ok(cut?.reason === 'right-ended' && cut.lagMs >= 0 && cut.lagMs <= limitMs, JSON.stringify(cut))
      assert.equal((await client.get(playlistUrl)).status, 200)
    })
  }

  it('an answer that is being waited for is cut without a byte', async function () {
    this.timeout(45_000)
    const client = await scene.server.signIn('operatorA')
    const dark = scene.cameras.at(2)
    assert.ok(dark)
    scene.fleet.setFault(dark.index, { name: 'off' })
    assert.equal((await client.request('POST', '/api/live', { cameraId: dark.id, stream: 'sub' })).status, 200)
    const waiting = client.get(`/media/${dark.id}/sub/index.m3u8`).then(({ status }) => status, () => 'cut' as const)
    assert.equal((await client.request('DELETE', '/api/session')).status, 204)
    assert.ok([401, 503, 'cut'].includes(await within(limitMs, 'the end of the wait', waiting)))
    scene.fleet.clearFault(dark.index)
  })

  it('nothing ends for a colleague who watches the same stream', async function () {
    this.timeout(45_000)
    const stays = await scene.server.signIn('operatorA')
    const leaves = await scene.server.signIn('operatorA')
    const cameraId = scene.server.cameraId('stationA')
    const { playlistUrl } = await watch(stays, cameraId, 'sub')
    await watch(leaves, cameraId, 'sub')
    assert.equal((await leaves.request('DELETE', '/api/session')).status, 204)
    assert.equal((await stays.get(playlistUrl)).status, 200)
    assert.equal((await leaves.get(playlistUrl.split('?')[0] ?? '')).status, 401)
  })
})
