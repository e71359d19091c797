// Owns proof that guessing is no way in: many at once, names that a database takes for the same, codes of an open session;
// and that what a client says of its own address counts for nothing.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, startServer, testPassword, type Answer, type Client, type TestServer } from '../support/server.ts'

eachDatabase('guessing', (make) => {
  let database: TestDatabase
  let server: TestServer
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
  })
  after(async () => {
    await server?.close()
    await database.drop()
  })
  const enter = (username: string, password: string, headers: Record<string, string> = {}) => call(server.origin, 'POST', '/api/session', { username, password }, headers)
  /** Each kind of answer with its number. */
  const counted = (answers: readonly Answer[]) => {
    const kinds = answers.map(({ status, code }) => `${status} ${code}`)
    return [...new Set(kinds)].toSorted().map((kind) => [kind, kinds.filter((one) => one === kind).length])
  }

  it('at the same time compares no more passwords than one after the other', async function () {
    this.timeout(30_000)
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => enter('chiefB', `wrong horse battery ${at}`)))
    assert.deepEqual(counted(answers), [['401 sign_in_refused', 5], ['429 too_many_tries', 35]])
    assert.equal((await enter('chiefB', testPassword)).code, 'too_many_tries')
  })
  it('gets no more tries by other writings of the same name, and no sign-in by them', async function () {
    this.timeout(30_000)
    for (const name of ['operatorA ', ' operatorA', 'OPERATORA', 'operatora', 'оperatorA', 'operatorA\u200b', 'operatorＡ']) {
      assert.equal(`${JSON.stringify(name)} ${(await enter(name, testPassword)).code}`, `${JSON.stringify(name)} sign_in_refused`)
    }
    for (const name of ['operatorA\0', 'operatorA\t', 'operatorA\u202e', 'operatorA\u001b[2J']) assert.equal((await enter(name, testPassword)).code, 'invalid_request')
    assert.equal((await enter('operatorA', testPassword)).status, 200)
  })
  it('of the code that would take a second factor off is stopped after five tries', async () => {
    const client = await server.signIn('investigator')
    await client.request('POST', '/api/session/second-factor')
    const tries: Answer[] = []
    for (let at = 0; at < 8; at++) tries.push(await client.request('POST', '/api/session/second-factor/remove', { code: String(at).padStart(6, '0') }))
    assert.deepEqual(counted(tries), [['403 second_factor_refused', 5], ['429 too_many_tries', 3]])
  })
  it('of activation codes is stopped too, with the same words for a name that nobody has', async () => {
    const guess = (username: string, at: number) => call(server.origin, 'POST', '/api/activation', { username, accountCode: `a${at}`, rightsCode: `b${at}`, password: testPassword }, {})
    for (const username of ['officerA', 'nobody']) {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => guess(username, at)))
      assert.deepEqual(counted(answers), [['401 activation_refused', 5], ['429 too_many_tries', 15]])
    }
  })

  describe('an address that the client says itself', () => {
    const lies = { 'x-forwarded-for': '10.9.8.7', 'x-real-ip': '10.9.8.7', forwarded: 'for=10.9.8.7', 'x-client-ip': '10.9.8.7', 'true-client-ip': '10.9.8.7' }
    const rowsOf = async (auditor: Client, userId: string) => {
      const { items } = (await auditor.get('/api/audit?action=session.sign-in&pageSize=200')).as(api.listAudit.result)
      return items.filter((entry) => entry.actorId === userId)
    }
    it('opens no new tries and stands in no row of the audit', async () => {
      const auditor = await server.signIn('auditor')
      const { userId } = await server.signIn('operatorB')
      for (let at = 0; at < 5; at++) assert.equal((await enter('operatorB', 'wrong', { ...lies, 'x-forwarded-for': `10.9.8.${at}` })).status, 401)
      assert.equal((await enter('operatorB', testPassword, { ...lies, 'x-forwarded-for': '10.9.8.99' })).code, 'too_many_tries')
      const rows = await rowsOf(auditor, userId)
      assert.ok(rows.length >= 6)
      assert.deepEqual(new Set(rows.map(({ ip }) => ip)), new Set(['127.0.0.1']))
    })
    it('makes no cookie Secure and no metrics public', async () => {
      const answer = await enter('supervisor', testPassword, { ...lies, 'x-forwarded-proto': 'https' })
      assert.ok(!(answer.headers.get('set-cookie') ?? '').includes('Secure'))
      assert.equal((await call(server.origin, 'GET', '/metrics', undefined, { 'x-forwarded-for': '127.0.0.1' })).status, 404)
    })
  })
})

eachDatabase('behind a trusted proxy', (make) => {
  let database: TestDatabase
  let server: TestServer
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url(), config: { server: { trustedProxies: ['127.0.0.0/8', '10.1.0.0/16'] } } })
  })
  after(async () => {
    await server?.close()
    await database.drop()
  })
  it('the address counts that the outermost trusted proxy saw, whatever the client wrote before it', async () => {
    const auditor = await server.signIn('auditor')
    const chains: [string, string][] = [
      ['192.0.2.1', '192.0.2.1'],
      ['198.51.100.9, 192.0.2.2', '192.0.2.2'],
      ['198.51.100.9, 192.0.2.3, 10.1.2.3', '192.0.2.3'],
      ['127.0.0.1, 192.0.2.4', '192.0.2.4'],
      ['"><script>, 192.0.2.5', '192.0.2.5'],
      ['not an address', '127.0.0.1'],
      ['', '127.0.0.1'],
    ]
    for (const [chain, expected] of chains) {
      await call(server.origin, 'POST', '/api/session', { username: 'operatorA', password: 'no' }, { 'x-forwarded-for': chain })
      const [newest] = (await auditor.get('/api/audit?action=session.sign-in&pageSize=1')).as(api.listAudit.result).items
      assert.equal(`${chain}: ${newest?.ip}`, `${chain}: ${expected}`)
    }
  })
})
