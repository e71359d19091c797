// Owns proof of rights given for a time: who asks, who decides, that every list agrees with them, and that they end.
import assert from 'node:assert/strict'
import { sleep, systemClock } from '#base/clock.ts'
import { api } from '#contract/api.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { signIn, startServer, type Client, type TestServer } from '../support/server.ts'
import { connectSocket, within } from './acceptance-scene.ts'

const caseNumber = 'A1499035100002026110001'
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

eachDatabase('a right given for a time', (make) => {
  let database: TestDatabase
  let server: TestServer
  let asker: Client
  let chief: Client
  let cameraId: string
  let gbCode: string
  let nobodysCode: string
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    asker = await server.signIn('operatorA')
    chief = await server.signIn('chiefB')
    cameraId = server.cameraId('stationB')
    gbCode = (await chief.get(`/api/cameras/${cameraId}`)).as(api.getCamera.result).gbCode
    nobodysCode = `${gbCode.slice(0, 14)}999999`
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  const ask = (fields: object = {}, client = asker) =>
    client.request('POST', '/api/grants', { gbCodes: [gbCode], actions: ['live'], from: inMs(-1_000), to: inMs(3_600_000), reason: '跨所追查嫌疑车辆', caseNumber, ...fields })
  const asked = async (fields: object = {}) => (await ask(fields)).as(api.askGrant.result)
  const decide = (id: string, approve: boolean, client = chief) => client.request('POST', `/api/grants/${id}/decision`, { approve })
  const approved = async (fields: object = {}) => {
    const { id } = await asked(fields)
    assert.equal((await decide(id, true)).status, 200)
    return id
  }
  const revoke = (id: string, client = chief) => client.request('POST', `/api/grants/${id}/revocation`, {})
  const seen = async () => (await asker.get(`/api/cameras/${cameraId}`)).status
  const live = (client = asker) => client.request('POST', '/api/live', { cameraId, stream: 'sub' })
  const register = () => asker.request('POST', '/api/register', { purpose: 'case', act: 'live', caseNumber, cameraIds: [cameraId], from: inMs(-60_000), to: inMs(3_600_000) })

  it('is asked for with the same answer whether or not a code exists, and names nothing', async () => {
    const real = await asked()
    const unreal = await asked({ gbCodes: [nobodysCode] })
    assert.deepEqual(real.cameras, [{ gbCode, name: '' }])
    assert.deepEqual(unreal.cameras, [{ gbCode: nobodysCode, name: '' }])
    assert.deepEqual({ ...real, id: '', askedAt: '', from: '', to: '', cameras: [] }, { ...unreal, id: '', askedAt: '', from: '', to: '', cameras: [] })
    assert.equal(await seen(), 404)
    const { items } = (await chief.get('/api/grants?state=asked')).as(api.listGrants.result)
    assert.deepEqual(items.map(({ id }) => id), [real.id], 'a code that no camera has reaches nobody')
    assert.notEqual(items[0]?.cameras[0]?.name, '')
  })
  it('is refused without a case, for longer than 30 days, in the past, and for whoever may not watch', async () => {
    assert.equal((await ask({ caseNumber: null })).code, 'purpose_incomplete')
    assert.equal((await ask({ to: inMs(31 * 86_400_000) })).code, 'invalid_request')
    assert.equal((await ask({ to: inMs(-500) })).code, 'invalid_request')
    assert.equal((await ask({ gbCodes: ['1'] })).code, 'invalid_request')
    for (const user of ['maintainer', 'inspector', 'secadmin'] as const) assert.equal((await ask({}, await server.signIn(user))).code, 'no_permission')
  })
  it('is decided by another person whose own subtree has the cameras, and by nobody else', async () => {
    const { id } = await asked()
    assert.equal((await decide(id, true, asker)).code, 'no_permission')
    assert.equal((await decide(id, true, await server.signIn('chiefA'))).code, 'not_found')
    assert.equal((await decide(id, true, await server.signIn('operatorB'))).code, 'no_permission')
    const own = (await ask({}, await server.signIn('supervisor'))).as(api.askGrant.result)
    assert.equal((await decide(own.id, true, await server.signIn('supervisor'))).code, 'no_permission')
    assert.equal((await decide(id, false)).status, 200)
    assert.equal((await decide(id, true)).code, 'conflict')
    assert.equal(await seen(), 404)
  })
  it('makes list, count, search, unit, single look-up, wall and colleague’s view agree, and gives nothing else', async () => {
    const total = async () => (await asker.get('/api/cameras')).as(api.listCameras.result).total
    const before = await total()
    const id = await approved()
    assert.equal(await seen(), 200)
    assert.equal(await total(), before + 1)
    assert.equal((await asker.get(`/api/cameras?q=${gbCode}`)).as(api.listCameras.result).items[0]?.id, cameraId)
    const units = (await asker.get('/api/units')).as(api.listUnits.result).items
    assert.equal(units.filter(({ parentId }) => parentId === null).reduce((sum, unit) => sum + unit.cameras.total, 0), before + 1)
    assert.equal(units.find((unit) => unit.id === server.unitId('stationB'))?.cameras.total, 1)
    assert.equal((await asker.request('PUT', '/api/wall', { tiles: 1, cameraIds: [cameraId] })).status, 204)
    assert.deepEqual((await asker.get('/api/wall')).as(api.getWall.result).cameraIds, [cameraId])
    // Live was granted: not one still, not the neighbour, not the unit, and no right that the role has not.
    assert.equal((await asker.get(`/api/cameras/${cameraId}/snapshot`)).code, 'no_permission')
    assert.equal((await asker.get(`/api/cameras/${server.cameraId('roomB')}`)).status, 404)
    assert.equal((await asker.get(`/api/units/${server.unitId('stationB')}/health`)).status, 404)
    assert.equal((await asker.request('PATCH', `/api/cameras/${cameraId}`, { version: 1, archive: {} })).code, 'no_permission')
    assert.equal((await (await server.signIn('officerA')).get(`/api/cameras/${cameraId}`)).status, 404)
    const given = (await asker.get('/api/grants/own')).as(api.ownGrants.result).items.find((grant) => grant.id === id)
    assert.notEqual(given?.cameras[0]?.name, '')
    assert.equal((await revoke(id)).status, 200)
    assert.equal(await seen(), 404)
    assert.equal(await total(), before)
    assert.deepEqual((await asker.get('/api/wall')).as(api.getWall.result).cameraIds, [null])
  })
  it('opens live only with a register entry, because it is beyond standing duty', async () => {
    const id = await approved()
    const without = await live()
    assert.deepEqual([without.status, without.code], [403, 'purpose_needed'])
    assert.equal((await register()).status, 200)
    assert.notEqual((await live()).status, 403)
    await revoke(id)
    assert.equal((await live()).code, 'not_found')
    assert.equal((await register()).code, 'not_found')
  })
  it('is told to who asked when it is decided and when it is over, and to nobody else', async () => {
    const [own, other] = await Promise.all([asker, chief].map(({ origin, cookie }) => connectSocket(origin, { cookie, origin })))
    assert.ok(own && other)
    const told: string[] = []
    other.on('grant:changed', () => told.push('to somebody else'))
    const next = () => within(5_000, 'word of the grant', new Promise((resolve) => own.once('grant:changed', resolve)))
    const first = next()
    const id = await approved()
    assert.deepEqual(await first, { grantId: id, state: 'approved' })
    assert.equal(await seen(), 200, 'who is told finds the camera')
    const second = next()
    await revoke(id)
    assert.deepEqual(await second, { grantId: id, state: 'revoked' })
    assert.equal(await seen(), 404)
    await other.timeout(2_000).emitWithAck('clock:ping', {})
    assert.deepEqual(told, [])
    own.disconnect()
    other.disconnect()
  })
  it('brings the events of that camera to the socket, and no longer than it lasts', async () => {
    const socket = await connectSocket(asker.origin, { cookie: asker.cookie, origin: asker.origin })
    const tell = () => server.app.cameraService.events.emit('changed', { cameraId: server.cameraId('stationB'), unitId: server.unitId('stationB'), streamsChanged: false })
    let heard = 0
    socket.on('camera:changed', (payload: { cameraId: string }) => payload.cameraId === cameraId && heard++)
    const round = async () => {
      tell()
      // A socket that sends more than 50 events a second is ended.
      await sleep(systemClock, 100)
      await socket.timeout(2_000).emitWithAck('clock:ping', {})
    }
    await round()
    assert.equal(heard, 0)
    const id = await approved()
    const until = async (stop: () => Promise<boolean>) => {
      while (!(await stop())) await round()
    }
    await within(5_000, 'the first event', until(async () => heard > 0))
    await revoke(id)
    await within(
      5_000,
      'silence',
      until(async () => {
        const before = heard
        await round()
        return heard === before
      }),
    )
    socket.disconnect()
  })
  it('ends by itself within 5 s of its time, with a row that says when it was cut; and is given back by who has it', async function () {
    this.timeout(20_000)
    const toMs = Date.now() + 2_500
    const id = await approved({ to: new Date(toMs).toISOString() })
    assert.equal(await seen(), 200)
    const gone = async () => {
      while ((await seen()) !== 404) await new Promise((resolve) => setImmediate(resolve))
    }
    await within(8_000, 'the end', gone())
    assert.ok(Date.now() - toMs <= 5_000)
    const auditor = await signIn(server.origin, 'auditor')
    const row = async () => (await auditor.get('/api/audit?action=grant.end')).as(api.listAudit.result).items.find((entry) => entry.targetId === id)
    let found = await row()
    while (found === undefined) found = await row()
    assert.ok(Date.parse(String(found.detail['cutAt'])) - Date.parse(String(found.detail['rightEndedAt'])) <= 5_000)
    const given = await approved()
    assert.equal((await chief.request('DELETE', `/api/grants/${given}`)).code, 'not_found')
    assert.equal((await asker.request('DELETE', `/api/grants/${given}`)).status, 200)
    assert.equal(await seen(), 404)
    assert.equal((await revoke(given)).code, 'conflict')
  })
})
