// Owns proof that what a request claims beyond its declared shape does nothing: paths that two programs read differently,
// requests from other pages, keys that no body has, bodies that unpack or nest without end. Walked over every route.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Endpoint } from '#contract/wire.ts'
import { ensureConsole } from '../../scripts/ensure-console.ts'
import { databaseDump } from '../support/database-dump.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { callersOf, concrete, everyRoute, thingsOf, type Callers } from '../support/every-route.ts'
import { call, startServer, type TestServer, type TestUser } from '../support/server.ts'

const endpoints = everyRoute
const writes = endpoints.filter(([, { method }]) => method !== 'get')
const asJson = writes.filter(([, { consumes }]) => consumes === undefined)

/** The answer to a request whose bytes go over the wire as written. */
async function raw(origin: string, request: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  socket.write(Buffer.from(request, 'latin1'))
  await once(socket, 'close')
  const text = Buffer.concat(chunks).toString('latin1')
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }
}

const places = ['/api/cameras/', '/media/00000000000000000000000000/sub/', '/assets/', '/', '/api/exhibits/']
/** Ways up to a file of ours from any of these places, and ways past a check of the path. */
const ways = [
  '../../../package.json', '..%2f..%2f..%2fpackage.json', '%2e%2e/%2e%2e/package.json', '.%2e/package.json', '%2e./package.json', '..%5c..%5cpackage.json', '..\\..\\package.json',
  '%252e%252e%252fpackage.json', '..%252f..%252fpackage.json', '..;/package.json', '.;/package.json', 'x;.js', 'x;jsessionid=1', '%3b.js', '//package.json', '/./package.json', 'a/../package.json',
  '..%c0%af..%c0%afpackage.json', '%c0%ae%c0%ae/package.json', '%e0%80%ae%e0%80%ae/package.json', '%uff0e%uff0e/package.json', '.%00./package.json', 'package.json%00', 'index.m3u8%00.js', 'x%0d%0aSet-Cookie:a=b', 'x%0a',
  '....//package.json', '.git/config', '.env', '%2egit/config', 'C:%5cpackage.json', 'file:///etc/passwd', '%ff%fe', '%', '%zz', '~root/.ssh/id_rsa', 'x'.repeat(3_000),
]

eachDatabase('hostile requests', (make) => {
  let database: TestDatabase
  let server: TestServer
  let callers: Callers
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    callers = await callersOf(server)
  })
  after(async () => {
    await server?.close()
    await database.drop()
  })
  const client = (who: TestUser) => callers.named(who)
  const callerOf = (endpoint: Endpoint) => callers.of(endpoint)

  it('lead to no file of ours, in dozens of ways of writing the path, with a session and without', async function () {
    this.timeout(30_000)
    for (const place of places) {
      for (const way of ways) {
        for (const cookie of ['', `Cookie: ${client('supervisor').cookie}\r\n`]) {
          const { status, text } = await raw(server.origin, `GET ${place}${way} HTTP/1.1\r\nHost: x\r\n${cookie}Connection: close\r\n\r\n`)
          // A name that means nothing to us gets the console's page, like every address of the console.
          const page = status === 200 && /\r\nContent-Type: text\/html/i.test(text) && !/^\/(api|media)\//.test(place)
          assert.ok([400, 401, 404].includes(status) || page, `${place}${way} answers ${status}`)
          assert.ok(!/"dependencies"|root:|\[core\]|Set-Cookie: ?a=b/.test(text), `${place}${way} gives a file`)
          if (/%(2e|2f|5c|0|25|3b|c0|e0|u|ff|zz|$)|;|\\|\/\/|\.\.|.{2049}/i.test(`${place}${way}`)) assert.equal(`${place}${way} ${status}`, `${place}${way} 400`)
        }
      }
    }
  })
  it('come through in no other method, and by no header that names another method or path', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'LINK', 'MOVE', 'COPY', 'SEARCH', 'OPTIONS', 'HEAD']) {
      const { status } = await raw(server.origin, `${method} /api/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      assert.ok([400, 401, 404].includes(status), `${method} answers ${status}`)
    }
    const auditor = client('auditor')
    for (const headers of [{ 'x-http-method-override': 'DELETE' }, { 'x-method-override': 'DELETE' }, { 'x-original-url': '/api/users' }, { 'x-rewrite-url': '/api/users' }]) {
      assert.equal((await auditor.request('GET', '/api/session', undefined, headers)).status, 200)
    }
    assert.equal((await auditor.get('/api/session')).status, 200)
  })

  it('change nothing without the CSRF token or from another page, whatever the route', async function () {
    this.timeout(60_000)
    assert.ok(writes.length > 35)
    // A session that was last used a minute ago is written again by whatever it asks.
    callers = await callersOf(server)
    const before = await databaseDump(server.app.storage)
    for (const [name, endpoint] of writes) {
      const caller = callerOf(endpoint)
      const { access } = endpoint
      const verb = endpoint.method.toUpperCase()
      const ask = (headers: Record<string, string>) => call(server.origin, verb, concrete(endpoint.path), endpoint.consumes === 'text/csv' ? 'x' : {}, { cookie: caller.cookie, ...headers })
      if (access.kind !== 'public') {
        const altered = caller.csrfToken.slice(0, -1) + (caller.csrfToken.endsWith('_') ? '-' : '_')
        for (const headers of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': altered }, { 'x-csrf-token': client('supervisor') === caller ? client('auditor').csrfToken : client('supervisor').csrfToken }]) {
          const { status, code } = await ask(headers)
          assert.equal(`${name} ${status} ${code}`, `${name} 403 csrf_refused`)
        }
      }
      const token = { 'x-csrf-token': caller.csrfToken }
      for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: `${server.origin}.evil.example` }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
        const { status, code } = await ask({ ...token, ...headers })
        assert.equal(`${name} ${JSON.stringify(headers)} ${status} ${code}`, `${name} ${JSON.stringify(headers)} 403 origin_refused`)
      }
    }
    const after = await databaseDump(server.app.storage)
    for (const [table, rows] of before) assert.equal(after.get(table), rows, table)
  })
  it('change nothing by a GET but what was read and when', async function () {
    this.timeout(60_000)
    const before = await databaseDump(server.app.storage)
    for (const [, endpoint] of endpoints) {
      if (endpoint.method === 'get') await callerOf(endpoint).get(concrete(endpoint.path))
    }
    const after = await databaseDump(server.app.storage)
    const changed = [...before].filter(([table, rows]) => after.get(table) !== rows).map(([table]) => table)
    // That something was read is a row of the audit.
    assert.deepEqual(changed.filter((table) => !table.startsWith('audit') && table !== 'sessions'), [])
  })

  const attributes = ['role', 'roles', 'permissions', 'orgId', 'unit_id', 'ownerId', 'userId', 'createdBy', 'createdAt', 'id', 'version_', 'hash', 'prevHash', 'seq', 'holdId', 'retention', 'passwordHash', 'password_hash', 'csrfToken', 'isAdmin', 'admin', 'state', 'approvedBy', 'decidedBy', 'sha256', 'path', 'disabled_', 'activated', '$where', '$or', 'toString', 'length', '']
  it('bind no key that the route does not declare', async function () {
    this.timeout(60_000)
    for (const [name, endpoint] of asJson) {
      for (const { fixed, fields } of thingsOf(endpoint.body)) {
        const foreign = attributes.filter((attribute) => !fields.includes(attribute))
        assert.ok(foreign.length > 25)
        const answer = await callerOf(endpoint).request(endpoint.method.toUpperCase(), concrete(endpoint.path), { ...Object.fromEntries(foreign.map((attribute) => [attribute, 'x'])), ...fixed })
        assert.equal(`${name} ${answer.status} ${answer.code}`, `${name} 400 invalid_request`)
        for (const attribute of foreign) assert.ok(answer.text.includes(JSON.stringify(JSON.stringify(attribute)).slice(1, -1)), `${name} refuses ${attribute}: ${answer.text}`)
      }
    }
    for (const [name, endpoint] of endpoints) {
      const answer = await callerOf(endpoint).request(endpoint.method.toUpperCase(), `${concrete(endpoint.path)}?sort=passwordHash`, endpoint.method === 'get' ? undefined : endpoint.consumes === 'text/csv' ? 'x' : {})
      assert.equal(`${name} ${answer.status} ${answer.code}`, `${name} 400 invalid_request`)
    }
  })

  it('have no forbidden key at any depth and in no spelling, on no route', async function () {
    this.timeout(60_000)
    const spellings = ['{"__proto__":{"polluted":1}}', '{"a":{"b":[{"c":{"__proto__":{"polluted":1}}}]}}', '{"\\u005f_proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '[[{"prototype":1}]]']
    for (const [name, endpoint] of asJson) {
      for (const body of spellings) {
        const caller = callerOf(endpoint)
        const response = await fetch(`${server.origin}${concrete(endpoint.path)}`, { method: endpoint.method.toUpperCase(), body, headers: { 'content-type': 'application/json', cookie: caller.cookie, 'x-csrf-token': caller.csrfToken } })
        assert.equal(`${name} ${body} ${response.status}`, `${name} ${body} 400`)
        assert.match(await response.text(), /"code":"forbidden_key"/)
      }
    }
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })
  it('take no case category and no other listed code from what every object inherits', async () => {
    for (const category of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const answer = await client('supervisor').request('POST', '/api/cases', { title: '试', category, caseNumber: 'A1499035100002026' })
      assert.equal(`${category} ${answer.status}`, `${category} 400`)
    }
  })

  const bombs: [string, string | Buffer, Record<string, string>, number][] = [
    ['ten mebibytes packed into ten kilobytes', gzipSync(Buffer.alloc(10 * 1024 * 1024, 0x20)), { 'content-encoding': 'gzip' }, 413],
    ['a packing that is not one', 'not gzip', { 'content-encoding': 'gzip' }, 400],
    ['a packing that we do not have', '{}', { 'content-encoding': 'zstd' }, 415],
    ['lists in lists, thirty thousand deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, {}, 400],
    ['things in things, forty deep', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, {}, 400],
    ['a NUL in a text', '{"cameraId":"00000000000000000000000000","stream":"su\\u0000b"}', {}, 400],
    ['another character set', '{}', { 'content-type': 'application/json; charset=iso-8859-1' }, 415],
    ['a text', '"text"', {}, 400],
    ['null', 'null', {}, 400],
    ['two bodies', '{}{}', {}, 400],
    ['a form', 'cameraId=x', { 'content-type': 'text/plain' }, 415],
    ['a JSON that says it is a form', '{}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ]
  for (const [what, body, headers, expected] of bombs) {
    it(`are refused with ${expected} when the body is ${what}`, async () => {
      const { cookie, csrfToken } = client('supervisor')
      const response = await fetch(`${server.origin}/api/live`, { method: 'POST', body, headers: { 'content-type': 'application/json', cookie, 'x-csrf-token': csrfToken, ...headers } })
      assert.equal(`${response.status} ${await response.text()}`.slice(0, 3), String(expected))
    })
  }

  it('get no source map of the console', async function () {
    this.timeout(120_000)
    await ensureConsole()
    assert.deepEqual(readdirSync('dist/frontend', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.map')), [])
  })
})
