// Owns proof of sessions: seeing and ending one's own, a new one at every sign-in, the second factor, the profile mlps3.
import assert from 'node:assert/strict'
import { QueryTypes } from 'sequelize'
import { api } from '#contract/api.ts'
import { sessionSchema } from '#contract/session.ts'
import { codeAt, stepOf } from '../../backend/access/one-time-code.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, signIn, startServer, testPassword, type Client, type TestServer } from '../support/server.ts'

/** Back from base 32. */
function bytesOf(text: string): Buffer {
  const bits = [...text].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}

eachDatabase('sessions', (make) => {
  let database: TestDatabase
  let server: TestServer
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url(), config: { access: { lockAfterFailures: 50 } } })
  })
  after(async () => {
    await server.close()
    await database.drop()
  })
  const enter = (username: string, more: object = {}, headers = {}) => call(server.origin, 'POST', '/api/session', { username, password: testPassword, ...more }, headers)
  const own = async (client: Client) => (await client.get('/api/sessions')).as(api.listSessions.result).items

  it('are listed to their owner and ended one by one; nobody ends another person’s', async () => {
    const [first, second, other] = [await server.signIn('operatorA'), await server.signIn('operatorA'), await server.signIn('operatorB')]
    const listed = await own(second)
    assert.deepEqual(listed.map(({ current }) => current), [true, false])
    const firstId = listed[1]?.id ?? ''
    assert.equal((await other.request('DELETE', `/api/sessions/${firstId}`)).code, 'not_found')
    assert.equal((await second.request('DELETE', `/api/sessions/${firstId}`)).status, 204)
    assert.equal((await first.get('/api/session')).status, 401)
    assert.equal((await second.get('/api/session')).status, 200)
    assert.ok(!(await second.get('/api/sessions')).text.includes(second.cookie.split('=')[1] ?? '-'))
  })
  it('begin and end for many people at the same time', async function () {
    this.timeout(60_000)
    const round = async () => {
      const client = await server.signIn('operatorB')
      return (await client.request('DELETE', '/api/session')).status
    }
    const statuses = await Promise.all(Array.from({ length: 24 }, async () => [await round(), await round()]))
    assert.deepEqual([...new Set(statuses.flat())], [204])
  })
  it('never take over a token that the browser brought, and end the one it belonged to', async () => {
    const before = await server.signIn('chiefA')
    const answer = await enter('chiefB', {}, { cookie: before.cookie })
    assert.equal(answer.status, 200)
    assert.notEqual((answer.headers.get('set-cookie') ?? '').split(';')[0], before.cookie)
    assert.equal((await before.get('/api/session')).status, 401)
    const planted = await enter('chiefB', {}, { cookie: 'tianwang=planted-by-somebody' })
    assert.equal((await call(server.origin, 'GET', '/api/session', undefined, { cookie: 'tianwang=planted-by-somebody' })).status, 401)
    assert.equal(planted.status, 200)
  })
  it('use a __Host- cookie that is Secure when the request came by TLS', async () => {
    const proxied = await startServer({ config: { server: { trustedProxies: ['127.0.0.0/8'], secureCookies: 'always' } } })
    const answer = await call(proxied.origin, 'POST', '/api/session', { username: 'operatorA', password: testPassword }, { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.7' })
    assert.match(answer.headers.get('set-cookie') ?? '', /^__Host-tianwang=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/i)
    assert.equal((await call(proxied.origin, 'POST', '/api/session', { username: 'operatorA', password: testPassword }, {})).code, 'tls_required')
    await proxied.close()
  })

  it('ask for the second factor once it is on: each code counts once, also at the same time, and each recovery code', async function () {
    this.timeout(30_000)
    const client = await server.signIn('investigator')
    const { secret, uri } = (await client.request('POST', '/api/session/second-factor')).as(api.beginSecondFactor.result)
    assert.match(uri, /^otpauth:\/\/totp\//)
    const code = (offset = 0) => codeAt(bytesOf(secret), stepOf(Date.now()) + offset)
    assert.equal((await enter('investigator')).status, 200, 'it does not count before it is confirmed')
    assert.equal((await client.request('POST', '/api/session/second-factor/confirm', { code: '000000' })).code, 'second_factor_refused')
    // One code for both: thirty seconds may end between them.
    const used = code()
    const confirmed = (await client.request('POST', '/api/session/second-factor/confirm', { code: used })).as(api.confirmSecondFactor.result)
    assert.equal(new Set(confirmed.recoveryCodes).size, 10)
    assert.equal((await client.request('POST', '/api/session/second-factor')).code, 'conflict')

    const without = await enter('investigator')
    assert.deepEqual([without.status, without.code, without.headers.get('set-cookie')], [401, 'second_factor_needed', null])
    assert.equal((await enter('investigator', { password: 'no', code: code(1) })).code, 'sign_in_refused')
    assert.equal((await enter('investigator', { code: used })).code, 'sign_in_refused', 'used at the confirmation')
    const now = code(1)
    const tries = await Promise.all(Array.from({ length: 20 }, () => enter('investigator', { code: now })))
    assert.equal(tries.filter(({ status }) => status === 200).length, 1)
    const [recovery = ''] = confirmed.recoveryCodes
    assert.match(recovery, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
    assert.equal((await enter('investigator', { code: ` ${recovery.replaceAll('-', ' ').toLowerCase()} ` })).status, 200)
    assert.equal((await enter('investigator', { code: recovery })).code, 'sign_in_refused')
    const [kept] = await server.app.storage.sequelize.query<{ sealed: string; recovery: string }>('SELECT sealed, recovery FROM second_factors', { type: QueryTypes.SELECT })
    assert.ok(kept && !JSON.stringify(kept).includes(secret) && !kept.recovery.includes(confirmed.recoveryCodes[1] ?? '-'))
    assert.equal((await client.request('POST', '/api/session/second-factor/remove', { code: confirmed.recoveryCodes[1] })).status, 204)
    assert.equal((await enter('investigator')).status, 200)
  })
})

eachDatabase('sign-in under the profile mlps3', (make) => {
  let database: TestDatabase
  let server: TestServer
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url(), config: { access: { passwordProfile: 'mlps3', administratorNetworks: ['10.9.0.0/16'] } } })
  })
  after(async () => {
    await server.close()
    await database.drop()
  })
  const passwords = ['Quiet-river-0', 'Quiet-river-1', 'Quiet-river-2', 'Quiet-river-3', 'Quiet-river-4', 'Quiet-river-5']

  it('takes none of the last five passwords again, and the one before them', async function () {
    this.timeout(30_000)
    let client = await server.signIn('operatorA')
    let current = testPassword
    const change = async (next: string) => {
      const answer = await client.request('POST', '/api/session/password', { current, next })
      if (answer.status === 200) {
        current = next
        client = await signIn(server.origin, 'operatorA', next)
      }
      return answer.code
    }
    for (const next of passwords) assert.equal(await change(next), '')
    for (const used of passwords.slice(1)) assert.equal(await change(used), 'password_refused', used)
    assert.equal(await change(passwords[0] ?? ''), '')
  })
  it('opens nothing but the change of a password that is older than 90 days', async () => {
    const { sequelize } = server.app.storage
    await sequelize.query('UPDATE users SET password_at_ms = ? WHERE username = ?', { replacements: [Date.now() - 91 * 86_400_000, 'operatorB'], type: QueryTypes.UPDATE })
    const client = await server.signIn('operatorB')
    assert.equal((await client.get('/api/session')).as(sessionSchema).passwordDue, true)
    assert.equal((await client.get('/api/cameras')).code, 'no_permission')
    assert.equal((await client.request('POST', '/api/session/password', { current: 'wrong', next: 'Fresh-river-9' })).code, 'sign_in_refused')
    assert.equal((await client.request('POST', '/api/session/password', { current: testPassword, next: 'Fresh-river-9' })).status, 200)
    const fresh = await signIn(server.origin, 'operatorB', 'Fresh-river-9')
    assert.equal((await fresh.get('/api/session')).as(sessionSchema).passwordDue, false)
    assert.equal((await fresh.get('/api/cameras')).status, 200)
  })
  it('refuses an administrator from outside the administrators’ network as if the password were wrong', async () => {
    const outside = await call(server.origin, 'POST', '/api/session', { username: 'secadmin', password: testPassword }, {})
    assert.deepEqual([outside.status, outside.code], [401, 'sign_in_refused'])
    assert.equal((await call(server.origin, 'POST', '/api/session', { username: 'chiefA', password: testPassword }, {})).status, 200)
  })
})
