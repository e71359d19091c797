// Owns proof of 三员分立: three offices, no two in one person, and no way of one's own acts from one into another.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { rolePermissions, type Role } from '#contract/permissions.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, signIn, startServer, testPassword, type Client, type TestServer } from '../support/server.ts'

const administrators: readonly Role[] = ['sysadmin', 'secadmin', 'auditor']

/** Answering for what one did oneself is nobody's office; oversight-report.test.ts holds that it reaches nothing of others. */
const ABOUT_ONESELF = 'oversight:explain'

describe('the table of rights', () => {
  it('gives no video to an administrator, an inspector or a maintainer; the maintainer sees one still', () => {
    for (const role of [...administrators, 'inspector', 'maintainer'] as const) assert.ok(!rolePermissions[role].some((one) => ['camera:live', 'tag:create'].includes(one)), role)
    assert.deepEqual((['inspector', 'maintainer', ...administrators] as const).filter((role) => rolePermissions[role].includes('camera:snapshot')), ['maintainer'])
  })
  it('gives no right of one administrator to another, but to look', () => {
    for (const one of administrators) {
      for (const other of administrators) {
        const shared = rolePermissions[one].filter((permission) => one !== other && rolePermissions[other].includes(permission))
        assert.deepEqual(shared.filter((permission) => !permission.endsWith(':view') && permission !== ABOUT_ONESELF), [])
      }
    }
  })
})

eachDatabase('the three administrators', (make) => {
  let database: TestDatabase
  let server: TestServer
  let sysadmin: Client
  let secadmin: Client
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url(), config: { access: { lockAfterFailures: 50 } } })
    sysadmin = await server.signIn('sysadmin')
    secadmin = await server.signIn('secadmin')
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  const account = (username: string, policeNumber = '') => sysadmin.request('POST', '/api/users', { username, displayName: username, policeNumber, unitId: server.unitId('stationA') })
  const made = async (username: string, policeNumber = '') => (await account(username, policeNumber)).as(api.createUser.result)
  const rights = (userId: string, roles: Role[]) => secadmin.request('PATCH', `/api/users/${userId}`, { roles })
  const activate = (username: string, accountCode: string, rightsCode: string, password = 'a quiet river bends 9') => call(server.origin, 'POST', '/api/activation', { username, accountCode, rightsCode, password }, {})
  const half = async (client: Client, userId: string, which: 'account' | 'rights') => (await client.request('POST', `/api/users/${userId}/${which}-code`)).as(api.makeAccountCode.result).code

  it('leaves the watermark’s strength to the security administrator; nobody below changes or removes it', async () => {
    const put = (client: Client, opacityPercent: number) => client.request('PUT', '/api/watermark', { opacityPercent })
    assert.equal((await put(secadmin, 30)).status, 200)
    for (const user of ['operatorA', 'chiefA', 'supervisor', 'auditor', 'maintainer', 'sysadmin'] as const) {
      const client = user === 'sysadmin' ? sysadmin : await server.signIn(user)
      const { status, code } = await put(client, 15)
      assert.equal(`${user} ${status} ${code}`, `${user} 403 no_permission`)
      assert.equal((await client.get('/api/watermark')).as(api.getWatermark.result).opacityPercent, 30, user)
    }
    assert.equal((await put(secadmin, 0)).code, 'invalid_request')
    assert.equal((await secadmin.request('DELETE', '/api/watermark')).status, 404)
  })
  it('make an account together: one the account, one the rights, the person the password', async () => {
    const user = await made('newcomer')
    assert.deepEqual([user.roles, user.activated], [[], false])
    assert.equal((await rights(user.id, ['operator'])).status, 200)
    const [a, r] = [await half(sysadmin, user.id, 'account'), await half(secadmin, user.id, 'rights')]
    assert.equal((await activate('newcomer', a, r)).status, 204)
    const newcomer = await signIn(server.origin, 'newcomer', 'a quiet river bends 9')
    assert.equal((await newcomer.get('/api/cameras')).status, 200)
    const again = await activate('newcomer', a, r)
    assert.deepEqual([again.status, again.code], [401, 'activation_refused'])
  })
  it('hand over codes that are read off a screen and typed by hand: no letter like another, small letters and without dashes as well', async () => {
    const user = await made('typist')
    const [a, r] = [await half(sysadmin, user.id, 'account'), await half(secadmin, user.id, 'rights')]
    for (const code of [a, r]) assert.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
    assert.equal((await activate('typist', ` ${a.toLowerCase()} `, r.replaceAll('-', ''))).status, 204)
  })
  it('cannot enter it by one half, by the wrong half, or without rights; nor is an unknown name told from a wrong code', async () => {
    const user = await made('target')
    const a = await half(sysadmin, user.id, 'account')
    for (const code of ['', a, 'x']) assert.equal((await activate('target', a, code)).code, 'activation_refused')
    const r = await half(secadmin, user.id, 'rights')
    assert.equal((await activate('target', r, a)).code, 'activation_refused')
    const id = /"requestId":"[^"]*",?/
    assert.equal((await activate('nobody', a, r)).text.replace(id, ''), (await activate('target', a, 'no')).text.replace(id, ''))
    assert.equal((await call(server.origin, 'POST', '/api/session', { username: 'target', password: '' }, {})).code, 'sign_in_refused')
    assert.equal((await sysadmin.request('POST', `/api/users/${user.id}/rights-code`)).code, 'no_permission')
    assert.equal((await secadmin.request('POST', `/api/users/${user.id}/account-code`)).code, 'no_permission')
    assert.equal((await activate('target', a, r)).status, 204)
    const without = await signIn(server.origin, 'target', 'a quiet river bends 9')
    assert.equal((await without.get('/api/cameras')).code, 'no_permission')
  })
  it('are refused each other’s acts, and every act on themselves', async () => {
    assert.equal((await secadmin.request('POST', '/api/users', { username: 'x', displayName: 'x', policeNumber: '', unitId: server.unitId('stationA') })).code, 'no_permission')
    const operator = await server.signIn('operatorA')
    assert.equal((await sysadmin.request('PATCH', `/api/users/${operator.userId}`, { roles: ['operator'] })).code, 'no_permission')
    assert.equal((await secadmin.request('PATCH', `/api/users/${secadmin.userId}`, { roles: ['operator'] })).code, 'no_permission')
    assert.equal((await secadmin.request('POST', `/api/users/${secadmin.userId}/rights-code`)).code, 'no_permission')
    assert.equal((await sysadmin.request('POST', `/api/users/${sysadmin.userId}/account-code`)).code, 'no_permission')
    assert.equal((await sysadmin.get('/api/audit')).code, 'no_permission')
    assert.equal((await secadmin.get('/api/audit')).code, 'no_permission')
  })
  it('are never two in one person: not in one account, not in two accounts of one police number', async () => {
    const both = await made('both', 'T77001')
    assert.equal((await rights(both.id, ['secadmin', 'auditor'])).code, 'roles_apart')
    assert.equal((await rights(both.id, ['sysadmin', 'operator'])).code, 'roles_apart')
    assert.equal((await rights(both.id, ['auditor'])).status, 200)
    const second = await made('both-again')
    assert.equal((await rights(second.id, ['sysadmin'])).status, 200)
    assert.equal((await sysadmin.request('PATCH', `/api/users/${second.id}/account`, { policeNumber: 'T77001' })).code, 'roles_apart')
    assert.equal((await sysadmin.request('PATCH', `/api/users/${second.id}/account`, { policeNumber: 'T77002' })).status, 200)
  })
  it('get every refusal of a password in words that name the rule', async () => {
    const user = await made('weak')
    const codes = [await half(sysadmin, user.id, 'account'), await half(secadmin, user.id, 'rights')] as const
    for (const [password, fault] of [['short', 'too-short'], ['hikvision12345', 'common'], ['aaaaaaaaaaaaaa', 'repeats'], ['weakweak-river', 'personal']]) {
      const answer = await activate('weak', ...codes, password)
      assert.equal(answer.code, 'password_refused')
      assert.match(answer.text, new RegExp(`"message":"${fault}"`))
    }
    assert.equal((await activate('weak', ...codes, testPassword)).status, 204)
  })
})
