// Owns proof that a device which answers strangers is told, with the whole server and simulated cameras: what it is asked
// and what is not sent, what is shown to whom, and that a person may have it asked.
import assert from 'node:assert/strict'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import { rolePermissions } from '#contract/permissions.ts'
import type { DoorReport } from '#contract/posture.ts'
import { SimulatedCamera } from '../fleet/camera.ts'
import { newCounters } from '../fleet/counters.ts'
import { Fleet, type FaultName } from '../fleet/index.ts'
import { cameraIdentity } from '../fleet/identity.ts'
import { Pacer } from '../fleet/pacer.ts'
import { toneFrames } from '../fleet/rtp/audio.ts'
import { prebuild } from '../fleet/rtp/prebuilt.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { clientOfEachRole } from '../support/role-clients.ts'
import { startServer, type Client, type TestServer } from '../support/server.ts'
import { tinyLibrary } from '../unit/fleet/support.ts'

async function openFleet(count: number): Promise<Fleet> {
  const [pacer, counters, library] = [new Pacer({ clock: systemClock }), newCounters(), tinyLibrary()]
  const cameras = Array.from({ length: count }, (_, at) => new SimulatedCamera({ identity: cameraIdentity('posture', at + 1), host: '127.0.0.1', onvifPort: 0, rtspPort: 0, clock: systemClock, logger: silentLogger, library, pacer, prebuilt: prebuild, tone: toneFrames(), counters }))
  for (const camera of cameras) await camera.start()
  return new Fleet({ host: '127.0.0.1', cameras, pacer, counters, closers: [] })
}

/** Cameras 1 to 6 stand in the order of the server's layout: stationA, roomA twice, stationB, roomB, bureau. */
const CAMERAS = 6

eachDatabase('a device that answers strangers', (make) => {
  let database: TestDatabase
  let fleet: Fleet
  let server: TestServer
  let maintainer: Client
  const cameraOf = (index: number) => [server.cameraId('stationA'), server.cameraId('roomA'), server.cameraId('roomA', 1), server.cameraId('stationB'), server.cameraId('roomB'), server.cameraId('bureau')][index - 1] ?? ''
  const path = (index: number) => `/api/cameras/${cameraOf(index)}/posture`
  const check = async (index: number) => {
    const answer = await maintainer.request('POST', path(index))
    assert.equal(answer.status, 200, answer.text)
    return answer.as(api.checkPosture.result)
  }
  const door = (doors: readonly DoorReport[], name: DoorReport['door']) => doors.find((report) => report.door === name)
  const answers = (doors: readonly DoorReport[]) => Object.fromEntries(doors.map((report) => [report.door, report.answer]))
  const has = async (index: number, ...faults: FaultName[]) => {
    fleet.clearFault(index)
    for (const name of faults) fleet.setFault(index, { name })
    await fleet.settled()
  }
  const listed = async (client: Client, query: string) => (await client.get(`/api/cameras?${query}`)).as(api.listCameras.result).items

  const credentialOf = async (cameraId: Parameters<typeof server.app.cameras.get>[1]) => {
    const camera = await server.app.cameras.get('all', cameraId)
    assert.ok(camera)
    return server.app.cameraService.credentialOf(camera)
  }
  /** Camera 1 is weak, and no other. */
  const onlyFirstWeak = async () => {
    for (let index = 2; index <= CAMERAS; index++) await check(index)
    await has(1, 'rtsp-open')
    await check(1)
  }

  before(async function () {
    this.timeout(60_000)
    database = make()
    fleet = await openFleet(CAMERAS)
    server = await startServer({
      databaseUrl: await database.url(),
      devices: fleet.cameras.map((camera) => ({
        device: { address: '127.0.0.1', onvifPort: camera.onvifPort, manufacturer: 'Test', model: 'T1', firmware: '1', serial: camera.serial, mac: camera.mac.toUpperCase().replaceAll(':', '-'), hasPtz: false, clockOffsetMs: null, profiles: [], streamPaths: [{ stream: 'sub', tls: false, port: camera.rtspPort, path: camera.rtspPaths.sub }] },
        username: camera.username,
        password: camera.password,
      })),
    })
    maintainer = await server.signIn('maintainer')
  })
  after(async () => {
    await server.close()
    await fleet.close()
    await database.drop()
  })
  beforeEach(async () => {
    for (let index = 1; index <= CAMERAS; index++) await has(index)
  })

  it('is not known before it was asked: neither fine nor weak', async () => {
    const answer = (await maintainer.get(path(6))).as(api.cameraPosture.result)
    assert.equal(answer.posture, 'unknown')
    for (const report of answer.doors) assert.deepEqual(report, { door: report.door, answer: null, since: null, answeredAt: null, askedAt: null, fault: null })
    assert.equal(answer.doors.length, 2)
  })

  it('is told when its RTSP is open, with since when, until that ends', async () => {
    await has(1, 'rtsp-open')
    const first = await check(1)
    assert.equal(first.posture, 'weak')
    assert.deepEqual(answers(first.doors), { rtsp: 'open', onvif: 'closed' })
    const again = await check(1)
    assert.equal(door(again.doors, 'rtsp')?.since, door(first.doors, 'rtsp')?.since)
    assert.ok((door(again.doors, 'rtsp')?.answeredAt ?? '') > (door(first.doors, 'rtsp')?.answeredAt ?? ''))
    assert.deepEqual((await maintainer.get(path(1))).as(api.cameraPosture.result).doors, again.doors)
    await has(1)
    const ended = await check(1)
    assert.equal(ended.posture, 'closed')
    assert.ok((door(ended.doors, 'rtsp')?.since ?? '') > (door(first.doors, 'rtsp')?.since ?? ''))
  })

  it('is told when its ONVIF is open', async () => {
    await has(2, 'onvif-open')
    const found = await check(2)
    assert.equal(found.posture, 'weak')
    assert.deepEqual(answers(found.doors), { rtsp: 'closed', onvif: 'open' })
  })

  it('is told when it asks for the password in clear text', async () => {
    await has(3, 'basic-auth')
    const found = await check(3)
    assert.equal(found.posture, 'weak')
    assert.equal(door(found.doors, 'rtsp')?.answer, 'clear-text')
  })

  it('is called closed when both doors refused, also when its clock is far off', async () => {
    assert.equal((await check(4)).posture, 'closed')
    await has(4, 'clock-off')
    assert.equal((await check(4)).posture, 'closed')
  })

  it('could not be asked when it is off, which is neither fine nor an end of what was found', async () => {
    await has(5, 'off')
    const never = await check(5)
    assert.equal(never.posture, 'unknown')
    for (const report of never.doors) assert.deepEqual([report.answer, report.since, report.answeredAt, report.fault], [null, null, null, 'unreachable'])
    await has(5, 'rtsp-open')
    const found = await check(5)
    await has(5, 'off')
    const kept = await check(5)
    assert.equal(kept.posture, 'weak')
    assert.deepEqual(door(kept.doors, 'rtsp'), { ...door(found.doors, 'rtsp'), askedAt: door(kept.doors, 'rtsp')?.askedAt, fault: 'unreachable' })
    await has(5)
    assert.equal((await check(5)).posture, 'closed')
  })

  it('is asked by at most five requests, none of which carries a login, whatever it answers', async () => {
    for (const faults of [[], ['rtsp-open', 'onvif-open'], ['basic-auth'], ['clock-off']] satisfies FaultName[][]) {
      await has(1, ...faults)
      const before = fleet.knocks(1).length
      await check(1)
      const knocks = fleet.knocks(1).slice(before)
      assert.ok(knocks.length >= 2 && knocks.length <= 5, JSON.stringify(knocks))
      assert.ok(knocks.some((knock) => knock.door === 'rtsp' && knock.operation === 'DESCRIBE') && knocks.some((knock) => knock.operation === 'GetDeviceInformation'))
      assert.deepEqual(knocks.filter(({ login }) => login), [])
    }
    // That the fleet would have noticed: the sweep's own question carries the camera's login.
    const before = fleet.knocks(1).length
    await server.app.onvif.ping({ host: '127.0.0.1', port: fleet.cameras[0]?.onvifPort ?? 0, tls: false }, await credentialOf(server.cameraId('stationA')), {})
    assert.ok(fleet.knocks(1).slice(before).some(({ login }) => login))
  })

  it('is found in the list and counted on the home page by those who may know', async () => {
    await onlyFirstWeak()
    const found = await listed(maintainer, 'posture=weak')
    assert.deepEqual(found.map(({ id, posture }) => [id, posture]), [[cameraOf(1), 'weak']])
    assert.equal((await maintainer.get('/api/overview')).as(api.overview.result).weakCameras, 1)
    const chiefB = await server.signIn('chiefB')
    assert.deepEqual(await listed(chiefB, 'posture=weak'), [])
    assert.equal((await chiefB.get('/api/overview')).as(api.overview.result).weakCameras, 0)
  })

  it('is nothing that a role without the right learns, from any answer', async () => {
    await onlyFirstWeak()
    for (const [role, client] of await clientOfEachRole(server)) {
      const permissions: readonly string[] = rolePermissions[role]
      const may = (permission: string, status: number) => (permissions.includes(permission) ? status : 403)
      assert.equal((await client.get(path(1))).status, may('posture:view', 200), role)
      assert.equal((await client.request('POST', path(1))).status, may('posture:check', 200), role)
      if (!permissions.includes('camera:view')) continue
      for (const list of ['/api/cameras', '/api/cameras.csv']) assert.equal((await client.get(`${list}?posture=weak`)).status, may('posture:view', 200), role)
      const mayKnow = permissions.includes('posture:view')
      assert.deepEqual(new Set((await listed(client, '')).map(({ posture }) => posture !== null)), new Set([mayKnow]), role)
      assert.equal((await client.get(`/api/cameras/${cameraOf(1)}`)).as(api.getCamera.result).posture, mayKnow ? 'weak' : null, role)
      if (permissions.includes('health:view')) assert.equal((await client.get('/api/overview')).as(api.overview.result).weakCameras, mayKnow ? 1 : null, role)
    }
  })

  it('is as missing for whoever’s unit is another', async () => {
    const chiefB = await server.signIn('chiefB')
    for (const method of ['GET', 'POST']) assert.equal((await chiefB.request(method, path(1))).status, 404)
  })

  it('is not asked while it is suspended', async () => {
    await server.app.storage.transaction((tx) => server.app.cameraService.setHealth(tx, server.cameraId('bureau'), { status: 'suspended', cause: 'suspended', sinceMs: systemClock.now(), pictureProvenMs: null }))
    const before = fleet.knocks(6).length
    const answer = await maintainer.request('POST', path(6))
    assert.deepEqual([answer.status, answer.code], [409, 'conflict'])
    assert.equal(fleet.knocks(6).length, before)
    assert.equal((await maintainer.get(path(6))).as(api.cameraPosture.result).hold, 'suspended')
  })

  it('takes one question at a time, and no queue of them', async () => {
    await has(4, 'slow-soap')
    const before = fleet.knocks(4).length
    const answers = await Promise.all(Array.from({ length: 5 }, () => maintainer.request('POST', path(4))))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 429, 429, 429, 429])
    assert.ok(fleet.knocks(4).length - before <= 5)
  })

  it('stands in the audit: who had it asked, and what was found', async () => {
    await has(2, 'rtsp-open')
    await check(2)
    const auditor = await server.signIn('auditor')
    const entries = async (action: string) => (await auditor.get(`/api/audit?action=${action}&camera=${cameraOf(2)}`)).as(api.listAudit.result).items
    const [asked] = await entries('camera.check-posture')
    assert.equal(asked?.actorName, 'maintainer')
    assert.deepEqual(asked?.detail, { rtsp: 'open', onvif: 'closed' })
    const [found] = await entries('camera.posture')
    assert.equal(found?.actorName, 'system')
    assert.deepEqual(found?.detail['weak'], ['rtsp open'])
  })
})
