// Owns proof of searching the audit, of its CSV, and of the chain's state as an auditor sees it.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { systemActor } from '../../backend/audit/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { startServer, type Client, type TestServer, type UnitName } from '../support/server.ts'

eachDatabase('the audit for those who read it', (make) => {
  let database: TestDatabase
  let server: TestServer
  let auditor: Client
  const found = async (query: string) => (await auditor.get(`/api/audit?${query}`)).as(api.listAudit.result).items.filter(({ action }) => action === 'test.act').map(({ targetId }) => targetId)
  before(async function () {
    this.timeout(60_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    const { trail, storage } = server.app
    const acts = [
      { targetKind: 'camera', targetId: 'one', targetName: '平潭街路口', outcome: 'done', detail: { caseNumber: 'A1' } },
      { targetKind: 'tag', targetId: 'two', targetName: '=HYPERLINK("http://x")', outcome: 'refused', detail: { cameraId: 'one' } },
    ] as const
    await storage.transaction(async (tx) => {
      for (const [at, act] of acts.entries()) await trail.record(tx, { ...systemActor, displayName: `值守员${at}`, unitName: at ? '二所' : '一所' }, { action: 'test.act', ...act })
    })
    auditor = await server.signIn('auditor')
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  for (const [query, ids] of [
    ['actor=值守员0', ['one']],
    ['unit=二所', ['two']],
    ['camera=one', ['two', 'one']],
    ['camera=平潭街', ['one']],
    ['caseNumber=A1', ['one']],
    ['outcome=refused', ['two']],
    ['from=2100-01-01T00:00:00.000Z', []],
    ['actor=%25', []],
  ] as const) {
    it(`finds ${ids.join(' and ') || 'nothing'} by ${query}`, async () => assert.deepEqual(await found(query), ids))
  }

  describe('by unit', () => {
    /** Each unit's own row; `old` are rows from before a unit's id was kept. */
    before(async () => {
      const { trail, storage } = server.app
      await storage.transaction(async (tx) => {
        for (const unit of ['bureau', 'stationA', 'roomA', 'stationB', 'roomB'] as const) {
          await trail.record(tx, { ...systemActor, unitName: unit, unitId: server.unitId(unit) }, { action: 'test.unit', targetKind: 'tag', targetId: unit })
          await trail.record(tx, { ...systemActor, unitName: unit }, { action: 'test.unit', targetKind: 'tag', targetId: `old ${unit}` })
        }
        // A unit that was renamed: its id counts, not the name that another one has now.
        await trail.record(tx, { ...systemActor, unitName: 'stationA', unitId: server.unitId('stationB') }, { action: 'test.unit', targetKind: 'tag', targetId: 'renamed' })
      })
    })
    const under = async (unitId: string, client = auditor, path = '/api/audit') => (await client.get(`${path}?action=test.unit&pageSize=200&unitId=${unitId}`)).as(api.listAudit.result)
    for (const [unit, units] of [['roomA', ['roomA']], ['stationA', ['stationA', 'roomA']], ['stationB', ['stationB', 'roomB']], ['bureau', ['bureau', 'stationA', 'roomA', 'stationB', 'roomB']]] as [UnitName, UnitName[]][]) {
      it(`finds what people of ${unit} and below did, also in rows from before the unit’s id was kept`, async () => {
        const { items, total } = await under(server.unitId(unit))
        const expected = [...units.flatMap((name) => [name, `old ${name}`]), ...(units.includes('stationB') ? ['renamed'] : [])]
        assert.deepEqual(items.map(({ targetId }) => targetId).sort(), expected.sort())
        assert.equal(total, expected.length)
        const csv = await auditor.get(`/api/audit.csv?action=test.unit&unitId=${server.unitId(unit)}`)
        assert.equal(csv.text.trimEnd().split('\r\n').length - 1, expected.length)
      })
    }
    it('finds nothing for a unit that is not there, and refuses what is no id', async () => {
      assert.equal((await under('00000000000000000000000000')).total, 0)
      assert.equal((await auditor.get('/api/audit?unitId=1')).code, 'invalid_request')
    })
    it('finds nothing for a unit out of the reader’s scope', async () => {
      const inspector = await server.app.users.byUsername('inspector')
      assert.ok(inspector)
      await server.app.storage.transaction((tx) => server.app.users.update(tx, { ...inspector, unitId: server.unitId('stationA') }))
      const client = await server.signIn('inspector')
      assert.equal((await under(server.unitId('roomA'), client)).total, 2)
      for (const unit of ['stationB', 'roomB'] as const) assert.equal((await under(server.unitId(unit), client)).total, 0, unit)
    })
  })

  it('gives what was found as CSV in which no cell is a formula, and records that it was read and exported', async () => {
    const { status, text } = await auditor.get('/api/audit.csv?action=test.act')
    assert.equal(status, 200)
    assert.equal(text.split('\r\n').length, 4)
    assert.match(text, /"'=HYPERLINK\(""http:\/\/x""\)"/)
    const own = (await auditor.get('/api/audit')).as(api.listAudit.result).items.map(({ action }) => action)
    assert.deepEqual(own.slice(0, 2), ['audit.read', 'audit.export'])
  })

  it('tells the state of the chain, verifies it when asked, and names the row that somebody changed', async () => {
    const state = async () => (await auditor.get('/api/audit/chain')).as(api.auditChain.result)
    const verified = async () => {
      assert.equal((await auditor.request('POST', '/api/audit/chain/verification')).status, 204)
      for (;;) {
        const now = await state()
        if (!now.verifying) return now
      }
    }
    assert.equal((await state()).verified, null)
    const sound = await verified()
    assert.deepEqual([sound.verified?.finding, sound.verified?.seq, sound.stop], [null, sound.rows, null])
    const { sequelize } = server.app.storage
    await sequelize.query('DROP TRIGGER audit_chain_no_update')
    await sequelize.query(`UPDATE audit_entries SET actor_name = 'nobody' WHERE target_id = 'one'`)
    const seq = (await auditor.get('/api/audit?camera=one')).as(api.listAudit.result).items.find(({ targetId }) => targetId === 'one')?.seq
    assert.deepEqual((await verified()).verified?.finding, { tampering: 'edit', seq })
  })

  it('is refused to who may not read or export it', async () => {
    const operator = await server.signIn('operatorA')
    for (const path of ['/api/audit', '/api/audit.csv', '/api/audit/chain']) assert.equal((await operator.get(path)).status, 403, path)
    assert.equal((await operator.request('POST', '/api/audit/chain/verification')).status, 403)
  })
})
