// Owns proof of cases: numbers, who sees and changes them, members; each permission beside its refusal.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { UserId } from '#contract/ids.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { openCaseDistrict, type CaseDistrict } from '../unit/cases/case-district.ts'
import { call, coded } from '../unit/viewing/route-call.ts'
import { unitIds } from './registry-room.ts'

const caseNumber = 'A1499035100002026110001'
const incidentNumber = '149903510000202611230001'

eachDatabase('cases', (make) => {
  let database: TestDatabase
  let district: CaseDistrict

  beforeEach(async () => {
    database = make()
    district = await openCaseDistrict(database)
  })
  afterEach(async () => {
    district.close()
    await database.drop()
  })

  const open = (who: string, fields: object = {}) =>
    call(district.room.routes, api.createCase, district.as(who), { body: { caseNumber, title: '平潭街入室盗窃', category: '050201', ...fields } })
  const get = (who: string, caseId: string) => call(district.room.routes, api.getCase, district.as(who), { params: { caseId } })
  const list = (who: string, query: object = {}) => call(district.room.routes, api.listCases, district.as(who), { query })
  const update = (who: string, caseId: string, body: object) => call(district.room.routes, api.updateCase, district.as(who), { params: { caseId }, body })
  const setMembers = (who: string, caseId: string, version: number, members: [string, 'lead' | 'member'][]) =>
    call(district.room.routes, api.setCaseMembers, district.as(who), {
      params: { caseId },
      body: { version, members: members.map(([name, duty]) => ({ userId: district.as(name).userId, duty })) },
    })

  it('are opened by who becomes their lead, in the unit of that person, on record', async () => {
    const opened = await open('operator', { occurredFrom: '2026-11-22T01:00:00.000Z', occurredTo: '2026-11-22T02:00:00.000Z', place: '平潭街' })
    assert.deepEqual(opened.members, [{ userId: district.as('operator').userId, displayName: 'operator', policeNumber: 'T1', unitName: '一所', duty: 'lead' }])
    assert.deepEqual([opened.unitId, opened.unitName, opened.status, opened.version, opened.tagCount], [unitIds.first, '一所', 'received', 1, 0])
    assert.deepEqual(await district.actions(), ['case.create'])
    assert.deepEqual(await get('operator', opened.id), opened)
  })

  it('are not opened when the audit cannot be written', async () => {
    district.audit.broken = true
    await assert.rejects(open('operator'))
    district.audit.broken = false
    assert.equal((await list('bureau')).total, 0)
  })

  it('are on record when somebody opens one or lists them, and not shown when that cannot be written', async () => {
    const { id } = await open('operator')
    await get('operator', id)
    await list('operator', { q: '入室' })
    const [listed, read] = (await district.audit.list({ action: 'case.read', page: 1, pageSize: 10 })).items
    assert.deepEqual([read?.targetId, read?.targetName, read?.actorName], [id, caseNumber, 'operator'])
    assert.deepEqual([listed?.targetId, listed?.detail['q'], listed?.detail['shown'], listed?.detail['total']], ['', '入室', 1, 1])
    await assert.rejects(get('stranger', id), coded('not_found'))
    assert.equal((await district.audit.list({ action: 'case.read', page: 1, pageSize: 10 })).total, 2)
    district.audit.broken = true
    await assert.rejects(get('operator', id))
    await assert.rejects(list('operator'))
  })

  it('need a number of an accepted form that no other case has', async () => {
    await assert.rejects(open('operator', { caseNumber: null }), coded('case_number_refused'))
    await assert.rejects(open('operator', { caseNumber: 'B1499035100002026110001' }), coded('case_number_refused'))
    await open('operator', { incidentNumber })
    await assert.rejects(open('stranger'), coded('already_exists'))
    await assert.rejects(open('stranger', { caseNumber: null, incidentNumber }), coded('already_exists'))
    await open('stranger', { caseNumber: 'A1499035200002026110001' })
    await open('stranger', { caseNumber: 'A1499035200002026110002' })
  })

  it('cannot have ended before they began', async () => {
    await assert.rejects(open('operator', { occurredFrom: '2026-11-22T02:00:00.000Z', occurredTo: '2026-11-22T01:00:00.000Z' }), coded('invalid_request'))
  })

  it('are seen by members and by supervisors above them; to everybody else they are missing', async () => {
    const { id } = await open('operator')
    for (const who of ['operator', 'chief', 'bureau']) {
      assert.equal((await get(who, id)).id, id, who)
      assert.deepEqual([(await list(who)).total, (await list(who)).items.length, await district.room.openCases(district.as(who))], [1, 1, 1], who)
    }
    for (const who of ['colleague', 'stranger', 'otherChief', 'secadmin']) {
      await assert.rejects(get(who, id), coded('not_found'), who)
      await assert.rejects(update(who, id, { version: 1, title: 'x' }), coded('not_found'), who)
      await assert.rejects(setMembers(who, id, 1, [[who, 'lead']]), coded('not_found'), who)
      assert.deepEqual(await list(who), { items: [], total: 0 }, who)
      assert.deepEqual(await list(who, { q: caseNumber }), { items: [], total: 0 }, who)
      assert.deepEqual(await list(who, { unitId: unitIds.first }), { items: [], total: 0 }, who)
      assert.equal(await district.room.openCases(district.as(who)), 0, who)
    }
    await assert.rejects(get('bureau', newId(9)), coded('not_found'))
  })

  it('are changed by leads and supervisors, not by a member who does not lead', async () => {
    const { id } = await open('operator')
    await setMembers('operator', id, 1, [['operator', 'lead'], ['colleague', 'member']])
    await assert.rejects(update('colleague', id, { version: 2, title: 'x' }), coded('no_permission'))
    await assert.rejects(setMembers('colleague', id, 2, [['colleague', 'lead']]), coded('no_permission'))
    assert.equal((await update('operator', id, { version: 2, status: 'filed' })).status, 'filed')
    assert.equal((await update('chief', id, { version: 3, summary: '两行\n文字' })).summary, '两行\n文字')
    assert.deepEqual(await district.actions(), ['case.create', 'case.set-members', 'case.update', 'case.update'])
  })

  it('refuse a change by who has read an older version', async () => {
    const { id } = await open('operator')
    await update('operator', id, { version: 1, title: '甲' })
    await assert.rejects(update('chief', id, { version: 1, title: '乙' }), coded('conflict'))
    await assert.rejects(setMembers('chief', id, 1, [['chief', 'lead']]), coded('conflict'))
    assert.equal((await get('chief', id)).title, '甲')
  })

  it('begin as a 警情 and get their 案件编号 later, keeping both', async () => {
    const { id } = await open('operator', { caseNumber: null, incidentNumber })
    await assert.rejects(update('operator', id, { version: 1, caseNumber: 'B1499035100002026110001' }), coded('case_number_refused'))
    const converted = await update('operator', id, { version: 1, caseNumber, status: 'filed' })
    assert.deepEqual([converted.caseNumber, converted.incidentNumber, converted.version], [caseNumber, incidentNumber, 2])
    await assert.rejects(update('operator', id, { version: 2, caseNumber: null, incidentNumber: null }), coded('case_number_refused'))
    const other = await open('operator', { caseNumber: 'A1499035100002026110002' })
    await assert.rejects(update('operator', other.id, { version: 1, caseNumber }), coded('already_exists'))
    assert.equal((await get('operator', other.id)).version, 1)
  })

  it('come into sight of a member from another station, and go out of it again', async () => {
    const { id } = await open('operator')
    await setMembers('operator', id, 1, [['operator', 'lead'], ['stranger', 'member']])
    assert.equal((await get('stranger', id)).members.length, 2)
    assert.equal((await list('stranger')).total, 1)
    await setMembers('operator', id, 2, [['operator', 'lead']])
    await assert.rejects(get('stranger', id), coded('not_found'))
    assert.equal((await list('stranger')).total, 0)
  })

  it('refuse members without a lead, twice the same, unknown, or who may not work on cases', async () => {
    const { id } = await open('operator')
    await assert.rejects(setMembers('operator', id, 1, [['operator', 'member']]), coded('invalid_request'))
    await assert.rejects(setMembers('operator', id, 1, [['operator', 'lead'], ['operator', 'member']]), coded('invalid_request'))
    await assert.rejects(setMembers('operator', id, 1, [['operator', 'lead'], ['secadmin', 'member']]), coded('invalid_request'))
    const nobody = { params: { caseId: id }, body: { version: 1, members: [{ userId: newId<UserId>(9), duty: 'lead' }] } }
    await assert.rejects(call(district.room.routes, api.setCaseMembers, district.as('operator'), nobody), coded('invalid_request'))
    assert.equal((await get('operator', id)).version, 1)
  })

  it('are found by text, status, category and unit; what is ended is not counted as open', async () => {
    const burglary = await open('operator')
    const robbery = await open('stranger', { caseNumber: 'A1499035200002026110001', title: "抢夺 100%_o'x", category: '050400', status: 'closed' })
    const ids = async (query: object) => (await list('bureau', query)).items.map((found) => found.id)
    assert.deepEqual(await ids({}), [robbery.id, burglary.id].sort().reverse())
    assert.deepEqual(await ids({ q: '入室' }), [burglary.id])
    assert.deepEqual(await ids({ q: "%_o'x" }), [robbery.id])
    assert.deepEqual(await ids({ q: '\\' }), [])
    assert.deepEqual(await ids({ q: '14990351' }), [burglary.id])
    assert.deepEqual(await ids({ status: 'closed' }), [robbery.id])
    assert.deepEqual(await ids({ category: '050201' }), [burglary.id])
    assert.deepEqual(await ids({ unitId: unitIds.second }), [robbery.id])
    assert.deepEqual((await list('bureau', { unitId: unitIds.bureau })).total, 2)
    assert.deepEqual(await ids({ unitId: newId(9) }), [])
    assert.equal(await district.room.openCases(district.as('bureau')), 1)
  })
})
