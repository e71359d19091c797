// Owns proof of the first start: nobody is there, one code lets the three administrators in once, and the keys are this
// installation's own.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { configSchema } from '#config/schema.ts'
import { api } from '#contract/api.ts'
import { createApp, type App } from '../../backend/app.ts'
import { keyFile } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, signIn } from '../support/server.ts'

const password = 'quiet river bends twice'
const request = (code: string, suffix = '') => ({
  code,
  bureauName: '某区公安分局',
  divisionCode: '149903',
  administrators: (['sysadmin', 'secadmin', 'auditor'] as const).map((role) => ({ role, username: `${role}${suffix}`, displayName: '管理员', password })),
})

eachDatabase('the first start', (make) => {
  let database: TestDatabase
  const directories: string[] = []
  const apps: App[] = []
  before(() => {
    database = make()
  })
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close()
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
  })
  after(() => database.drop())

  const directory = () => {
    const made = mkdtempSync(join(tmpdir(), 'tianwang-first-'))
    directories.push(made)
    return made
  }
  const start = async (dataDir = directory()) => {
    const defaults = configSchema.parse({})
    const config = configSchema.parse({ ...defaults, server: { ...defaults.server, port: 0 }, storage: { dataDir, databaseUrl: await database.url() } })
    const app = await createApp({ config, logger: silentLogger, clock: systemClock, random: randomBytes, env: {}, consoleDir: 'dist/frontend' })
    apps.push(app)
    return { app, dataDir, origin: `http://127.0.0.1:${await app.listen()}` }
  }
  const setUp = (origin: string, body: unknown) => call(origin, 'POST', '/api/set-up', body, {})

  it('has no account, and no usual name and password opens it', async function () {
    this.timeout(30_000)
    const { app, origin } = await start()
    assert.equal(await app.users.count(), 0)
    for (const [name, word] of [['admin', 'admin'], ['admin', '12345'], ['root', 'root'], ['sysadmin', 'sysadmin'], ['supervisor', 'demo'], ['', '']]) {
      assert.equal((await call(origin, 'POST', '/api/session', { username: name, password: word }, {})).code, 'sign_in_refused')
    }
    assert.equal((await call(origin, 'GET', '/api/set-up', undefined, {})).as(api.setUpState.result).needed, true)
  })
  it('takes no code before one was printed, no other code, and no two administrators in one', async () => {
    const { app, origin } = await start()
    assert.equal((await setUp(origin, request(''))).code, 'invalid_request')
    assert.equal((await setUp(origin, request('null'))).code, 'set_up_code_refused')
    const code = (await app.setUp.begin()) ?? assert.fail()
    assert.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
    for (const wrong of [`${code}A`, code.slice(1), `${code.startsWith('A') ? 'B' : 'A'}${code.slice(1)}`, '-', 'x'.repeat(code.length)]) assert.equal((await setUp(origin, request(wrong))).code, 'set_up_code_refused')
    const twice = request(code)
    twice.administrators[1] = { ...(twice.administrators[1] ?? assert.fail()), role: 'sysadmin' }
    assert.equal((await setUp(origin, twice)).status, 400)
    const weak = request(code)
    weak.administrators[2] = { ...(weak.administrators[2] ?? assert.fail()), password: 'password1234' }
    assert.equal((await setUp(origin, weak)).status, 400)
    assert.equal(await app.users.count(), 0)
    // As it is typed: it was read off the server's terminal.
    assert.equal((await setUp(origin, request(` ${code.toLowerCase().replaceAll('-', '')}`))).status, 204)
  })
  it('lets three administrators in by the code, once, also when it is used twice at the same time', async function () {
    this.timeout(30_000)
    const { app, origin } = await start()
    const code = (await app.setUp.begin()) ?? assert.fail()
    const answers = await Promise.all(['', '2', '3'].map((suffix) => setUp(origin, request(code, suffix))))
    assert.deepEqual(answers.map(({ status }) => status).filter((status) => status === 204), [204], answers.map(({ text }) => text).join('\n'))
    assert.equal(await app.users.count(), 3)
    assert.equal((await setUp(origin, request(code, '4'))).code, 'set_up_done')
    assert.equal(await app.setUp.begin(), null)
    const [user] = await app.users.all()
    const auditor = await signIn(origin, user?.username ?? '', password)
    assert.equal((await auditor.get('/api/cameras?pageSize=1')).status === 200, user?.roles.includes('sysadmin'))
  })

  it('makes keys of its own, readable by nobody else, of which no two are alike', async () => {
    const [first, second] = [await start(), await start()]
    const keysOf = (dataDir: string) => {
      const folder = join(dataDir, 'keys')
      return readdirSync(folder).filter((name) => name.endsWith('.key')).map((name) => ({ name, mode: statSync(join(folder, name)).mode & 0o777, text: readFileSync(join(folder, name), 'utf8').trim() }))
    }
    const keys = [...keysOf(first.dataDir), ...keysOf(second.dataDir)]
    assert.ok(keys.length >= 6)
    assert.deepEqual(keys.filter(({ mode }) => mode !== 0o600), [])
    assert.equal(new Set(keys.map(({ text }) => text)).size, keys.length)
  })
})

describe('a key of this installation', () => {
  for (const [what, spoil] of [
    ['too short', (path: string) => writeFileSync(path, Buffer.alloc(16, 7).toString('base64'))],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['the same byte over and over, as in a sample', (path: string) => writeFileSync(path, Buffer.alloc(32, 65).toString('base64'))],
    ['written by hand', (path: string) => writeFileSync(path, Buffer.from('0123456701234567012345670123456701234567').subarray(0, 32).toString('base64'))],
    ['readable by others', (path: string) => chmodSync(path, 0o644)],
  ] as const) {
    it(`is refused when it is ${what}, by a line that names the file`, () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'tianwang-key-'))
      try {
        assert.deepEqual(keyFile(dataDir, 'vault', randomBytes), keyFile(dataDir, 'vault', randomBytes))
        spoil(join(dataDir, 'keys', 'vault.key'))
        assert.throws(() => keyFile(dataDir, 'vault', randomBytes), /keys\/vault\.key/)
      } finally {
        rmSync(dataDir, { recursive: true, force: true })
      }
    })
  }
})
