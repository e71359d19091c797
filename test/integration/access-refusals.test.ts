// Owns the refusals of the HTTP border: sign-in, CSRF, origin, paths, bodies, and scope on every kind of route.
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { api } from '#contract/api.ts'
import { rolePermissions } from '#contract/permissions.ts'
import { sessionSchema } from '#contract/session.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, startServer, testPassword, type Answer, type Client, type TestServer } from '../support/server.ts'

/** A problem answer without its request id, to compare two. */
const withoutId = ({ text }: Answer) => text.replace(/"requestId":"[^"]*",?/, '')

/** The status of a GET whose path goes over the wire as written; fetch would tidy it. */
function rawStatus(origin: string, path: string): Promise<number> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    get({ host: hostname, port, path }, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  })
}

eachDatabase('the HTTP border', (make) => {
  let database: TestDatabase
  let server: TestServer

  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  describe('sign-in', () => {
    it('answers the session body of the acceptance surface and sets a strict cookie', async () => {
      const answer = await call(server.origin, 'POST', '/api/session', { username: 'operatorA', password: testPassword }, {})
      assert.equal(answer.status, 200)
      assert.equal(answer.as(sessionSchema).user.username, 'operatorA')
      assert.match(answer.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/i)
      assert.equal(answer.headers.get('cache-control'), 'private, no-store')
    })
    it('gives an unknown name and a wrong password the same answer', async () => {
      const wrong = await call(server.origin, 'POST', '/api/session', { username: 'operatorB', password: 'no' }, {})
      const unknown = await call(server.origin, 'POST', '/api/session', { username: 'nobody-here', password: 'no' }, {})
      assert.equal(wrong.status, 401)
      assert.equal(withoutId(wrong), withoutId(unknown))
    })
    it('locks an account for its source after five failures, also for the right password', async () => {
      for (let attempt = 0; attempt < 5; attempt++) await call(server.origin, 'POST', '/api/session', { username: 'chiefB', password: `no${attempt}` }, {})
      const locked = await call(server.origin, 'POST', '/api/session', { username: 'chiefB', password: testPassword }, {})
      assert.equal(locked.status, 429)
      assert.ok(Number(locked.headers.get('retry-after')) > 60)
    })
    it('records the refused and the done sign-in in the audit', async () => {
      const auditor = await server.signIn('auditor')
      const { items } = (await auditor.get('/api/audit?action=session.sign-in&pageSize=200')).as(api.listAudit.result)
      const outcomes = new Set(items.map((entry) => entry.outcome))
      assert.deepEqual(outcomes, new Set(['done', 'refused']))
    })
  })

  it('ends a session at sign-out: the cookie is dead at the next request', async () => {
    const client = await server.signIn('operatorB')
    assert.equal((await client.get('/api/session')).status, 200)
    assert.equal((await client.request('DELETE', '/api/session')).status, 204)
    assert.equal((await client.get('/api/session')).status, 401)
  })

  it('refuses every non-GET route without the CSRF token, and from another origin', async () => {
    const client = await server.signIn('operatorA')
    const routes = Object.values(api).filter(({ method, access }) => method !== 'get' && access.kind !== 'public')
    assert.ok(routes.length > 15)
    for (const { method, path } of routes) {
      const concrete = path.replace(/:\w+/g, server.cameraId('roomA'))
      const bare = await call(server.origin, method.toUpperCase(), concrete, undefined, { cookie: client.cookie })
      assert.equal(`${method} ${path} ${bare.status} ${bare.code}`, `${method} ${path} 403 csrf_refused`)
      const foreign = await client.request(method.toUpperCase(), concrete, undefined, { origin: 'http://127.0.0.1.evil.example' })
      assert.equal(`${foreign.status} ${foreign.code}`, '403 origin_refused')
    }
  })

  it('refuses every route without a session, and without the permission', async () => {
    const clients: [keyof typeof rolePermissions, Client][] = [
      ['secadmin', await server.signIn('secadmin')],
      ['auditor', await server.signIn('auditor')],
      ['sysadmin', await server.signIn('sysadmin')],
      ['maintainer', await server.signIn('maintainer')],
    ]
    for (const { method, path, access, consumes } of Object.values(api)) {
      if (access.kind === 'public') continue
      const concrete = path.replace(':stream', 'sub').replace(':file', 'index.m3u8').replace(/:\w+/g, server.cameraId('roomA'))
      const verb = method.toUpperCase()
      const body = method === 'get' || method === 'delete' ? undefined : consumes === 'text/csv' ? 'x' : {}
      assert.equal(`${path} ${(await call(server.origin, verb, concrete, body, {})).status}`, `${path} 401`)
      if (access.kind === 'signed-in') continue
      for (const [role, client] of clients) {
        const answer = await client.request(verb, concrete, body)
        const granted = rolePermissions[role].includes(access.permission)
        assert.equal(`${role} ${verb} ${path} ${answer.status === 403 && answer.code === 'no_permission'}`, `${role} ${verb} ${path} ${!granted}`)
      }
    }
  })

  it('answers 400 with a stable code to paths that a proxy could read differently', async () => {
    for (const path of ['/api/cameras/..%2fusers', '/api//cameras', '/api/cameras;.js', '/api/%2e%2e/x', '/media/%00']) {
      assert.equal(`${path} ${await rawStatus(server.origin, path)}`, `${path} 400`)
    }
  })

  it('refuses wrong types, unknown keys, forbidden keys, oversized and non-JSON bodies without touching the prototype', async () => {
    const client = await server.signIn('supervisor')
    const tries: [unknown, number, string][] = [
      [{ cameraId: 7, stream: 'sub' }, 400, 'invalid_request'],
      [{ cameraId: server.cameraId('roomA'), stream: 'sub', more: 1 }, 400, 'invalid_request'],
      [[], 400, 'invalid_request'],
      [JSON.parse('{"__proto__":{"polluted":1},"cameraId":"x","stream":"sub"}'), 400, 'forbidden_key'],
      [{ cameraId: 'x'.repeat(100_000), stream: 'sub' }, 413, 'body_too_large'],
    ]
    for (const [body, status, code] of tries) {
      const answer = await client.request('POST', '/api/live', body)
      assert.equal(`${answer.status} ${answer.code}`, `${status} ${code}`)
    }
    const broken = await fetch(`${server.origin}/api/live`, { method: 'POST', body: '{', headers: { 'content-type': 'application/json', cookie: client.cookie, 'x-csrf-token': client.csrfToken } })
    assert.equal(broken.status, 400)
    const form = await fetch(`${server.origin}/api/live`, { method: 'POST', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: client.cookie, 'x-csrf-token': client.csrfToken } })
    assert.equal(form.status, 415)
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })

  it('gives the right answer to the right request of the same kind', async () => {
    const client = await server.signIn('supervisor')
    const units = await client.get('/api/units')
    assert.equal(units.status, 200)
    assert.equal(units.as(api.listUnits.result).items.length, 5)
    assert.match((await client.get('/api/openapi.json')).text, /"openapi":"3.1.0"/)
    assert.equal((await call(server.origin, 'GET', '/healthz', undefined, {})).status, 200)
    assert.equal((await call(server.origin, 'GET', '/readyz', undefined, {})).status, 200)
    assert.match((await call(server.origin, 'GET', '/metrics', undefined, {})).text, /tianwang_cameras\{status="unknown"\} 6/)
  })

  describe('two stations', () => {
    it('see their own cameras and none of the other’s, in lists, counts, searches and single look-ups', async () => {
      for (const [user, own, other] of [['operatorA', 'stationA', 'stationB'], ['operatorB', 'stationB', 'stationA']] as const) {
        const client = await server.signIn(user)
        const { items, total } = (await client.get('/api/cameras?pageSize=200')).as(api.listCameras.result)
        const ownUnits = new Set([server.unitId(own), server.unitId(own === 'stationA' ? 'roomA' : 'roomB')])
        assert.ok(total > 0)
        for (const camera of items) assert.ok(ownUnits.has(camera.unitId))
        const units = (await client.get('/api/units')).as(api.listUnits.result).items
        assert.deepEqual(new Set(units.map((unit) => unit.id)), ownUnits)
        assert.equal(units.find((unit) => unit.parentId === null)?.cameras.total, total)
        assert.equal((await client.get(`/api/cameras?unitId=${server.unitId(other)}`)).as(api.listCameras.result).total, 0)
        for (const path of ['', '/health', '/snapshot']) {
          assert.equal(`${path} ${(await client.get(`/api/cameras/${server.cameraId(other)}${path}`)).status}`, `${path} 404`)
        }
        const live = await client.request('POST', '/api/live', { cameraId: server.cameraId(other), stream: 'sub' })
        assert.equal(`${live.status} ${live.code}`, '404 not_found')
        assert.equal((await client.get(`/media/${server.cameraId(other)}/sub/index.m3u8`)).status, 404)
        assert.equal((await client.get(`/api/units/${server.unitId(other)}/health`)).status, 404)
        const csv = await client.get('/api/cameras.csv')
        assert.equal(csv.text.trimEnd().split('\n').length - 1, total)
      }
    })
    it('get the same words for what is out of scope and what does not exist', async () => {
      const client = await server.signIn('operatorA')
      const outOfScope = await client.get(`/api/cameras/${server.cameraId('roomB')}`)
      const nowhere = await client.get('/api/cameras/00000000000000000000000000')
      assert.equal(withoutId(outOfScope), withoutId(nowhere))
    })
    it('a room sees only its own, the bureau all', async () => {
      assert.equal((await (await server.signIn('officerA')).get('/api/cameras')).as(api.listCameras.result).total, 2)
      const all = (await (await server.signIn('supervisor')).get('/api/cameras')).as(api.listCameras.result).items.map((camera) => camera.id)
      for (const unit of ['stationA', 'roomA', 'stationB', 'roomB', 'bureau'] as const) assert.ok(all.includes(server.cameraId(unit)))
    })
  })

  it('gives the console for an address of its own, and nothing for a file that is not there', async () => {
    const server404 = await call(server.origin, 'GET', '/api/nothing', undefined, {})
    assert.equal(`${server404.status} ${server404.code}`, '404 not_found')
    assert.ok([200, 404].includes((await call(server.origin, 'GET', '/cases', undefined, {})).status))
  })

  it('never gives a camera password back, in any answer', async () => {
    const client = await server.signIn('supervisor')
    const set = await client.request('PUT', `/api/cameras/${server.cameraId('roomA')}/credential`, { username: 'admin', password: 'canary-5522-中' })
    assert.equal(set.status, 204)
    for (const path of [`/api/cameras/${server.cameraId('roomA')}`, '/api/cameras', '/api/credential-sets', '/api/cameras.csv']) {
      const { text } = await client.get(path)
      assert.ok(!text.includes('canary'), path)
    }
    const detail = await client.get(`/api/cameras/${server.cameraId('roomA')}`)
    assert.equal(detail.as(api.getCamera.result).device.hasPassword, true)
    const auditor = await server.signIn('auditor')
    assert.ok(!(await auditor.get('/api/audit?pageSize=200')).text.includes('canary'))
  })

  it('refuses cameras outside the camera networks and stream addresses that no camera has', async () => {
    const client = await server.signIn('supervisor')
    const detail = await client.get(`/api/cameras/${server.cameraId('roomA')}`)
    const archive = { ...detail.as(api.getCamera.result).archive, gbCode: '14990351001320999999' }
    const create = (address: string, url: string) =>
      client.request('POST', '/api/cameras', { unitId: server.unitId('bureau'), archive, address, onvifPort: null, streams: [{ stream: 'sub', url }] })
    for (const address of ['8.8.8.8', '169.254.169.254', '2130706433', '0x7f000001', '127.1', '::ffff:127.0.0.1', 'localhost']) {
      const answer = await create(address, `rtsp://${address}/x`)
      assert.ok(answer.status === 400 && ['camera_address_refused', 'camera_url_refused'].includes(answer.code), `${address} ${answer.status} ${answer.text}`)
    }
    for (const url of ['file:///etc/passwd', 'http://127.0.0.1/x', 'rtsp://user:pw@127.0.0.1/x', 'rtsp://127.0.0.1/a\nb', 'concat:a|b', 'pipe:0', '-version', 'rtsp://127.0.0.2/x']) {
      const answer = await create('127.0.0.1', url)
      assert.equal(`${JSON.stringify(url)} ${answer.status} ${answer.code}`, `${JSON.stringify(url)} 400 camera_url_refused`)
    }
    assert.equal((await create('127.0.0.1', 'rtsp://127.0.0.1:9554/ok?x=1')).status, 200)
  })

  it('ends the sessions of a user whose rights change', async () => {
    const secadmin = await server.signIn('secadmin')
    const client = await server.signIn('chiefA')
    const changed = await secadmin.request('PATCH', `/api/users/${client.userId}`, { roles: ['operator'] })
    assert.equal(changed.status, 200)
    assert.equal((await client.get('/api/session')).status, 401)
    const both = await secadmin.request('PATCH', `/api/users/${client.userId}`, { roles: ['sysadmin', 'auditor'] })
    assert.equal(both.status, 400)
    const own = await secadmin.request('PATCH', `/api/users/${secadmin.userId}`, { roles: ['operator'] })
    assert.equal(own.status, 403)
  })
})
