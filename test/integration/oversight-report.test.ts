// Owns proof of the report on watching over both databases: what is found, that it is found once, who sees it, who answers.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { signIn, startServer, type Client, type TestServer, type TestUser } from '../support/server.ts'
import { atHour, beyond, record, yesterdayMs } from './oversight-scene.ts'

const nothing = '00000000000000000000000000'

eachDatabase('the report on watching', (make) => {
  let database: TestDatabase
  let server: TestServer
  const clients = new Map<string, Client>()
  const as = async (user: TestUser): Promise<Client> => {
    const client = clients.get(user) ?? (await server.signIn(user))
    clients.set(user, client)
    return client
  }
  const look = () => server.app.oversight.watch.look()
  const list = async (user: TestUser, query = '') => (await (await as(user)).get(`/api/oversight/irregularities${query}`)).as(api.listIrregularities.result)
  const read = async (user: TestUser, id: string) => (await (await as(user)).get(`/api/oversight/irregularities/${id}`)).as(api.getIrregularity.result)
  const step = async (user: TestUser, id: string, body: object) => (await as(user)).request('POST', `/api/oversight/irregularities/${id}/steps`, body)
  const explain = async (user: TestUser, id: string, text = '夜间协助二所查找走失老人') => (await as(user)).request('POST', `/api/oversight/own/${id}/explanation`, { text })
  const counts = async (user: TestUser) => (await (await as(user)).get('/api/oversight/counts')).as(api.oversightCounts.result)
  const answer = { step: 'answer', conclusion: 'duty', text: '已核实，系协助查找走失老人' }
  const actions = async (query: string) => (await (await as('auditor')).get(`/api/audit?pageSize=200&${query}`)).as(api.listAudit.result).items
  const only = async (user: TestUser, query = '') => {
    const [one, ...more] = (await list(user, query)).items
    assert.ok(one && more.length === 0, `one of ${query}`)
    return one
  }

  before(async function () {
    this.timeout(60_000)
    database = make()
    // Reading the report for oneself, as these tests do, stands out too.
    server = await startServer({ databaseUrl: await database.url(), config: { oversight: { ownNameSearches: 99 } } })
    await record(server, 'operatorA', [beyond(9), beyond(9.1), { ...beyond(9.2), purpose: 'case', caseNumber: 'A1' }, { hour: 9.3 }])
  })
  after(async () => {
    await server.close()
    await database.drop()
  })

  describe('what is found', () => {
    it('finds what is on record once, however often it looks', async () => {
      assert.equal(await look(), 1)
      assert.equal(await look(), 0)
      const one = await only('chiefA')
      assert.deepEqual([one.rule, one.state, one.person.displayName, one.person.unitName, one.rows, one.measure], ['without-case', 'open', 'operatorA', 'stationA', 2, { figure: 2, limit: 1 }])
      assert.deepEqual([one.from, one.to], [new Date(atHour(9)).toISOString(), new Date(atHour(9.1)).toISOString()])
      const judged = await (await as('chiefA')).request('POST', '/api/oversight/judgement', { from: new Date(yesterdayMs).toISOString(), to: new Date().toISOString() })
      assert.deepEqual(judged.as(api.judgeWatching.result), { people: 3, raised: 0 })
      assert.equal((await list('chiefA')).total, 1)
    })

    it('names the audit rows that gave rise to it', async () => {
      const { evidence, steps, maySteps } = await read('chiefA', (await only('chiefA')).id)
      const [raised] = await actions('action=oversight.raise')
      assert.deepEqual([raised?.actorName, raised?.detail['rule'], raised?.detail['rows']], ['system', 'without-case', 2])
      const rows = (await actions('action=live.open')).filter(({ purpose }) => purpose === 'security').map(({ seq }) => seq).reverse()
      assert.deepEqual(evidence.map(({ seq }) => seq), rows)
      assert.deepEqual(evidence.map(({ action, purpose, targetName, ip }) => [action, purpose, targetName, ip])[0], ['live.open', 'security', 'elsewhere', '10.0.0.9'])
      assert.deepEqual([steps, maySteps], [[], ['ask', 'answer']])
    })

    it('grows by what comes later while nobody has taken it up', async () => {
      const { id } = await only('chiefA')
      await record(server, 'operatorA', [beyond(9.4)])
      assert.equal(await look(), 0)
      const grown = await read('chiefA', id)
      assert.deepEqual([grown.rows, grown.evidence.length, grown.measure.figure], [3, 3, 3])
      assert.equal((await actions('action=oversight.grow')).length, 1)
    })
  })

  describe('who sees it', () => {
    it('supervisors above the person and inspectors; not the other station, and nobody without the right', async () => {
      for (const user of ['chiefA', 'supervisor', 'inspector'] as const) assert.equal((await list(user)).total, 1, user)
      assert.equal((await list('chiefB')).total, 0)
      for (const user of ['operatorA', 'investigator', 'maintainer', 'sysadmin', 'secadmin', 'auditor'] as const) {
        for (const path of ['/irregularities', `/irregularities/${nothing}`, '.csv']) assert.equal((await (await as(user)).get(`/api/oversight${path}`)).code, 'no_permission', `${user} ${path}`)
        assert.equal((await step(user, nothing, answer)).code, 'no_permission', user)
        assert.equal((await (await as(user)).request('POST', '/api/oversight/judgement', { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' })).code, 'no_permission', user)
      }
      assert.equal((await (await as('secadmin')).get('/api/oversight/own')).code, 'no_permission')
    })
    it('out of scope is as if it were not there, to read and to answer', async () => {
      const { id } = await only('chiefA')
      assert.equal((await (await as('chiefB')).get(`/api/oversight/irregularities/${id}`)).code, 'not_found')
      assert.equal((await step('chiefB', id, answer)).code, 'not_found')
      assert.equal((await list('supervisor', `?unitId=${server.unitId('stationB')}`)).total, 0)
      assert.equal((await list('supervisor', `?unitId=${server.unitId('bureau')}`)).total, 1)
    })
    it('the person does not learn of it before being asked', async () => {
      const { id } = await only('chiefA')
      assert.equal((await (await as('operatorA')).get('/api/oversight/own')).as(api.ownIrregularities.result).total, 0)
      assert.equal((await (await as('operatorA')).get(`/api/oversight/own/${id}`)).code, 'not_found')
      assert.equal((await explain('operatorA', id)).code, 'not_found')
    })
    it('nobody reviews oneself, under whichever account', async () => {
      await record(server, 'chiefA', [beyond(10)])
      assert.equal(await look(), 1)
      const { id } = await only('supervisor', '?q=chiefA')
      assert.equal((await list('chiefA', '?q=chiefA')).total, 0)
      assert.equal((await (await as('chiefA')).get(`/api/oversight/irregularities/${id}`)).code, 'not_found')
      assert.equal((await step('chiefA', id, answer)).code, 'not_found')
      const chief = await server.app.users.byUsername('chiefA')
      assert.ok(chief)
      await server.app.storage.transaction((tx) => server.app.userService.addBySystem(tx, { ...chief, id: newId(Date.now()), username: 'chief_again' }))
      const again = await signIn(server.origin, 'chief_again')
      assert.equal((await again.get('/api/oversight/irregularities?q=chiefA')).as(api.listIrregularities.result).total, 0)
      assert.equal((await again.request('POST', `/api/oversight/irregularities/${id}/steps`, answer)).code, 'not_found')
      assert.equal((await step('inspector', id, answer)).status, 200)
    })
  })

  describe('answering', () => {
    it('goes from asking over the explanation and an answer to closing by another, each an audit row of its transaction', async () => {
      const { id } = await only('chiefA', '?state=open')
      assert.deepEqual(await counts('chiefA'), { toReview: 1, toExplain: 0 })
      assert.equal((await step('chiefA', id, { step: 'ask', text: '请说明查看二所辖区的事由' })).status, 200)
      assert.deepEqual([await counts('chiefA'), await counts('operatorA')], [{ toReview: 0, toExplain: 1 }, { toReview: 0, toExplain: 1 }].map((one, at) => (at === 0 ? { toReview: 0, toExplain: 0 } : one)))
      const own = (await (await as('operatorA')).get('/api/oversight/own')).as(api.ownIrregularities.result)
      assert.deepEqual(own.items.map((one) => one.id), [id])
      const seen = (await (await as('operatorA')).get(`/api/oversight/own/${id}`)).as(api.ownIrregularity.result)
      assert.deepEqual([seen.evidence.length, seen.maySteps, seen.steps.map((one) => one.text)], [3, ['explain'], ['请说明查看二所辖区的事由']])
      assert.equal((await explain('operatorB', id)).code, 'not_found')
      assert.equal((await explain('operatorA', id)).status, 200)
      assert.equal((await explain('operatorA', id)).code, 'conflict')
      const answered = (await step('chiefA', id, answer)).as(api.stepIrregularity.result)
      assert.deepEqual([answered.state, answered.maySteps], ['answered', []])
      assert.equal((await step('chiefA', id, { step: 'close' })).code, 'no_permission', 'whoever answered does not close')
      assert.equal((await explain('operatorA', id)).code, 'conflict')
      const closed = (await step('inspector', id, { step: 'close', text: '' })).as(api.stepIrregularity.result)
      assert.deepEqual([closed.state, closed.maySteps], ['closed', []])
      assert.deepEqual(closed.steps.map((one) => [one.step, one.officer.displayName, one.conclusion]), [['ask', 'chiefA', null], ['explain', 'operatorA', null], ['answer', 'chiefA', 'duty'], ['close', 'inspector', null]])
      const onRecord = (await actions(`q=${id}`)).filter(({ outcome, action }) => outcome === 'done' && /ask|explain|answer|close/.test(action)).map(({ action, actorName, detail }) => [action, actorName, detail['to']])
      assert.deepEqual(onRecord, [['oversight.close', 'inspector', 'closed'], ['oversight.answer', 'chiefA', 'answered'], ['oversight.explain', 'operatorA', 'explained'], ['oversight.ask', 'chiefA', 'asked']])
    })

    it('is refused twice, out of order, and without words', async () => {
      const { id } = await only('chiefA', '?state=closed')
      for (const body of [answer, { step: 'ask' }, { step: 'close' }]) assert.equal((await step('supervisor', id, body)).code, 'conflict', body.step)
      for (const body of [{ ...answer, text: ' ok ' }, { ...answer, conclusion: 'fine' }, { step: 'answer', text: answer.text }, { step: 'explain', text: '替他说明一下' }, { step: 'close', conclusion: 'duty' }]) {
        assert.equal((await step('supervisor', id, body)).code, 'invalid_request', JSON.stringify(body))
      }
    })

    it('lets later acts of the same day make another one, which counts only them', async () => {
      await record(server, 'operatorA', [beyond(20)])
      assert.equal(await look(), 1)
      const next = await read('chiefA', (await only('chiefA', '?state=open')).id)
      assert.deepEqual([next.rows, next.evidence.map(({ at }) => at)], [1, [new Date(atHour(20)).toISOString()]])
      assert.equal(await look(), 0)
    })

    it('of two reviewers at once lets one win', async () => {
      const { id } = await only('chiefA', '?state=open')
      const both = await Promise.all([step('chiefA', id, answer), step('supervisor', id, answer)])
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
      assert.equal((await read('inspector', id)).steps.length, 1)
    })

    it('is deleted and changed by nobody, not even in the database', async () => {
      const { sequelize } = server.app.storage
      for (const sql of [
        'DELETE FROM oversight_irregularities', 'DELETE FROM oversight_evidence', 'DELETE FROM oversight_steps',
        `UPDATE oversight_steps SET text = 'x'`, 'UPDATE oversight_evidence SET seq = 1', `UPDATE oversight_irregularities SET user_id = '${nothing}'`,
        'UPDATE oversight_irregularities SET deeds = 0', `UPDATE oversight_irregularities SET state = 'open' WHERE state = 'closed'`,
      ]) {
        await assert.rejects(sequelize.query(sql), sql)
      }
    })
  })

  describe('the list', () => {
    it('is searched by rule, state, person, words, unit and time', async () => {
      const total = (await list('inspector')).total
      assert.ok(total >= 3)
      const person = await server.app.users.byUsername('operatorA')
      for (const [query, expected] of [
        ['?rule=own-name', 0], ['?rule=without-case', total], ['?state=closed', 1], ['?q=chiefA', 1], ['?q=T-chiefA', 1], ['?q=%25', 0],
        [`?userId=${person?.id ?? ''}`, 2], [`?unitId=${server.unitId('stationA')}`, total], [`?unitId=${server.unitId('roomA')}`, 0],
        [`?from=${new Date(atHour(10.5)).toISOString()}`, 1], [`?to=${new Date(atHour(9)).toISOString()}`, 0],
      ] as const) {
        assert.equal((await list('inspector', query)).total, expected, query)
      }
      assert.equal((await (await as('inspector')).get('/api/oversight/irregularities?unitId=1')).code, 'invalid_request')
    })

    it('is exported as text that no spreadsheet runs, and each reading and export is on record', async () => {
      await record(server, 'operatorB', [beyond(9)])
      await look()
      const { id } = await only('chiefB')
      await step('chiefB', id, { ...answer, text: '=HYPERLINK("http://evil")' })
      const csv = await (await as('chiefB')).get('/api/oversight.csv')
      assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/)
      assert.equal(csv.text.trimEnd().split('\r\n').length, 2)
      assert.ok(!/(^|,)"?=/m.test(csv.text))
      assert.match(csv.text, /已答复.*stationB.*operatorB.*履职需要/)
      for (const [action, detail] of [['oversight.export', {}], ['oversight.read', { page: 1, pageSize: 50 }]] as const) {
        const rows = (await actions(`action=${action}&actor=chiefB`)).filter(({ targetId }) => targetId === '')
        assert.deepEqual(rows[0]?.detail, detail, action)
      }
      await read('chiefB', id)
      assert.equal((await actions('action=oversight.read&actor=chiefB'))[0]?.targetId, id)
      assert.equal((await actions('action=oversight.judge'))[0]?.actorName, 'chiefA')
    })

    it('judges a time on demand whose rows it never read, for the caller’s subtree, and no longer time than 31 days', async () => {
      const operator = await server.app.users.byUsername('operatorB')
      assert.ok(operator)
      await record(server, 'operatorB', [beyond(-24 * 20)])
      // As if the first look had begun behind it.
      const { sequelize } = server.app.storage
      await sequelize.query('UPDATE oversight_read_to SET seq = (SELECT seq FROM audit_head)')
      assert.equal(await look(), 0)
      const judge = async (user: TestUser, fromHour: number, toHour: number) => (await as(user)).request('POST', '/api/oversight/judgement', { from: new Date(atHour(fromHour)).toISOString(), to: new Date(atHour(toHour)).toISOString() })
      assert.equal((await judge('chiefA', -24 * 21, -24 * 19)).as(api.judgeWatching.result).raised, 0)
      assert.equal((await judge('chiefB', -24 * 19, -24 * 18)).as(api.judgeWatching.result).raised, 0)
      assert.equal((await judge('chiefB', -24 * 21, -24 * 19)).as(api.judgeWatching.result).raised, 1)
      assert.equal((await judge('chiefB', 0, -1)).code, 'invalid_request')
      assert.equal((await judge('chiefB', 0, 24 * 31 + 1)).code, 'invalid_request')
    })
  })
})
