// Owns proof of 调用登记: what an entry asks for, who reads it, and that nobody changes it.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { startServer, type Client, type TestServer } from '../support/server.ts'

const caseNumber = 'A1499035100002026110001'
const incidentNumber = '149903510000202611230001'
const from = '2026-11-23T10:00:00.000Z'
const to = '2026-11-23T10:10:00.000Z'

eachDatabase('the register', (make) => {
  let database: TestDatabase
  let server: TestServer
  let operator: Client
  let chief: Client
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    operator = await server.signIn('operatorA')
    chief = await server.signIn('chiefA')
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  const entry = (fields: object = {}) => ({ purpose: 'case', act: 'playback', caseNumber, cameraIds: [server.cameraId('stationA')], from, to, ...fields })
  const enter = (fields: object = {}, client = operator) => client.request('POST', '/api/register', entry(fields))
  const read = async (client: Client, query = '') => (await client.get(`/api/register${query}`)).as(api.listRegister.result)

  it('keeps purpose, content, unit, name, police number, case number and until when it is good', async () => {
    const answer = await enter({ note: '查看入室盗窃' })
    assert.equal(answer.status, 200)
    const made = answer.as(api.enterRegister.result)
    assert.deepEqual([made.purpose, made.act, made.caseNumber, made.from, made.to, made.secondOfficer], ['case', 'playback', caseNumber, from, to, null])
    assert.deepEqual([made.user.displayName, made.user.policeNumber, made.user.unitName], ['operatorA', 'T-operatorA', 'stationA'])
    assert.deepEqual(made.cameras.map(({ id }) => id), [server.cameraId('stationA')])
    assert.equal(Date.parse(made.goodUntil) - Date.parse(made.at), 8 * 3_600_000)
    assert.deepEqual((await operator.get('/api/register/own')).as(api.ownRegister.result).items[0], made)
    const auditor = await server.signIn('auditor')
    const [row] = (await auditor.get('/api/audit?action=register.enter')).as(api.listAudit.result).items
    assert.deepEqual([row?.targetId, row?.purpose], [made.id, 'case'])
  })

  const refused: [string, object, string][] = [
    ['a case without its number', { caseNumber: null }, 'caseNumber'],
    ['a number that is none', { caseNumber: 'A1' }, 'caseNumber'],
    ['an incident without its number', { purpose: 'incident' }, 'incidentNumber'],
    ['security duty without words', { purpose: 'security', note: ' x ' }, 'note'],
    ['help for a citizen by one officer', { purpose: 'help', note: '经某单位同意查阅' }, 'secondPoliceNumber'],
    ['publication by one officer', { purpose: 'release', note: '警情通报配图' }, 'secondPoliceNumber'],
    ['an export by one officer', { act: 'export' }, 'secondPoliceNumber'],
    ['an export with oneself as the second officer', { act: 'export', secondPoliceNumber: 'T-operatorA' }, 'secondPoliceNumber'],
    ['an export with an administrator as the second officer', { act: 'export', secondPoliceNumber: 'T-sysadmin' }, 'secondPoliceNumber'],
    ['an export with a second officer who does not exist', { act: 'export', secondPoliceNumber: 'T99999' }, 'secondPoliceNumber'],
  ]
  for (const [what, fields, field] of refused) {
    it(`refuses ${what}, naming the field`, async () => {
      const answer = await enter(fields)
      assert.deepEqual([answer.status, answer.code], [400, 'purpose_incomplete'])
      assert.match(answer.text, new RegExp(`body.${field}`))
    })
  }
  it('takes an incident by its number, and an export with a second officer whose name and unit it looks up', async () => {
    assert.equal((await enter({ purpose: 'incident', caseNumber: null, incidentNumber })).status, 200)
    const exported = (await enter({ act: 'export', secondPoliceNumber: 'T-chiefA' })).as(api.enterRegister.result)
    assert.deepEqual(exported.secondOfficer, { displayName: 'chiefA', policeNumber: 'T-chiefA', unitName: 'stationA' })
  })
  it('refuses a camera out of sight as if it were not there, a backward stretch, and whoever may not watch', async () => {
    for (const cameraIds of [[server.cameraId('stationB')], [server.cameraId('stationA'), server.cameraId('bureau')]]) {
      const answer = await enter({ cameraIds })
      assert.deepEqual([answer.status, answer.code], [404, 'not_found'])
    }
    assert.equal((await enter({ from: to, to: from })).code, 'invalid_request')
    for (const user of ['maintainer', 'inspector', 'auditor', 'sysadmin'] as const) assert.equal((await enter({}, await server.signIn(user))).code, 'no_permission', user)
  })

  it('is read by supervisors and inspectors of the scope, each reading on record, and by nobody else', async () => {
    const { total } = await read(chief)
    assert.ok(total >= 3)
    assert.equal((await read(await server.signIn('inspector'))).total, total)
    assert.equal((await read(await server.signIn('chiefB'))).total, 0)
    for (const user of ['operatorA', 'investigator', 'sysadmin', 'secadmin', 'maintainer'] as const) assert.equal((await (await server.signIn(user)).get('/api/register')).code, 'no_permission', user)
    const auditor = await server.signIn('auditor')
    assert.ok((await auditor.get('/api/audit?action=register.read')).as(api.listAudit.result).total >= 3)
  })
  it('counts for the home page what each may read of today: supervisors their people, others themselves, nobody a neighbour’s', async () => {
    const today = async (client: Client) => (await client.get('/api/overview')).as(api.overview.result).accessesToday
    const before = await today(chief)
    const own = await today(operator)
    assert.equal(before, (await read(chief)).total)
    assert.equal(own, (await operator.get('/api/register/own')).as(api.ownRegister.result).total)
    const readings = async () => (await (await server.signIn('auditor')).get('/api/audit?action=register.read')).as(api.listAudit.result).total
    const read0 = await readings()
    assert.equal((await enter({})).status, 200)
    assert.deepEqual([await today(chief), await today(operator), await today(await server.signIn('chiefB')), await today(await server.signIn('operatorB'))], [before + 1, own + 1, 0, 0])
    assert.equal(await readings(), read0, 'a figure was recorded as a reading')
  })
  it('is searched by number, words, camera, purpose, act and time', async () => {
    for (const query of [`?q=${incidentNumber}`, '?purpose=incident']) assert.equal((await read(chief, query)).total, 1, query)
    assert.equal((await read(chief, '?act=export')).total, 1)
    assert.equal((await read(chief, `?q=${encodeURIComponent('入室盗窃')}`)).total, 1)
    assert.equal((await read(chief, `?cameraId=${server.cameraId('roomA')}`)).total, 0)
    assert.equal((await read(chief, '?to=2020-01-01T00:00:00.000Z')).total, 0)
    assert.equal((await read(chief, `?unitId=${server.unitId('stationB')}`)).total, 0)
  })
  it('is exported as text that no spreadsheet runs', async () => {
    await enter({ note: '=HYPERLINK("http://evil")' })
    const answer = await chief.get('/api/register.csv')
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/)
    const lines = answer.text.trimEnd().split('\r\n')
    assert.equal(lines.length - 1, (await read(chief)).total)
    assert.ok(answer.text.includes(`"'=HYPERLINK(""http://evil"")"`))
    assert.equal((await operator.get('/api/register.csv')).code, 'no_permission')
  })
  it('is changed and deleted by nobody, not even in the database', async () => {
    const { sequelize } = server.app.storage
    const before = await read(chief)
    await assert.rejects(sequelize.query("UPDATE register_entries SET note = 'x'"))
    await assert.rejects(sequelize.query('DELETE FROM register_entries'))
    assert.deepEqual(await read(chief), before)
  })
})
