// Owns proof of what the rules read from an audit row.
import assert from 'node:assert/strict'
import { deedOf, judgedActions } from '../../../backend/oversight/deed.ts'
import { sampleEntry } from '../audit/sample-rows.ts'

const row = (action: string, detail: Record<string, unknown> = {}, change: { caseNumber?: string; purpose?: string } = {}) => deedOf({ ...sampleEntry(1, { action, ...change }), seq: 7, detail })

describe('a deed', () => {
  it('is beyond the own units when it took a register entry', () => {
    assert.deepEqual([row('live.open').beyond, row('live.open', { registerId: 'r' }).beyond], [false, true])
  })
  it('has a case when a number stands in the row, or a purpose that needs one', () => {
    assert.equal(row('live.open', { registerId: 'r' }, { purpose: 'security' }).forCase, false)
    assert.equal(row('live.open', { registerId: 'r' }, { purpose: 'inspection', caseNumber: 'A1' }).forCase, true)
    for (const purpose of ['case', 'incident']) assert.equal(row('live.open', { registerId: 'r' }, { purpose }).forCase, true)
  })
  it('gives pictures: one of a single picture, as many as a tag kept', () => {
    assert.deepEqual([row('snapshot.view').pictures, row('tag.create', { exhibits: [{}, {}] }).pictures, row('live.open').pictures], [1, 2, 0])
  })
  it('is an export when it is one, or a register entry for one', () => {
    assert.deepEqual([row('audit.export').kind, row('register.enter', { act: 'export' }).kind, row('register.enter', { act: 'live' }).kind], ['export', 'export', 'other'])
  })
  it('is a view when the last seconds are looked at again, so that nobody watches by replays alone unseen', () => {
    assert.deepEqual([row('replay.open').kind, row('replay.close').kind, judgedActions.includes('replay.open')], ['view', 'view-end', true])
  })
  it('says what was searched for, by words or by person', () => {
    assert.equal(row('register.read', { q: '王', userId: 'u1' }).searched, '王 u1')
    assert.equal(row('audit.read', { actor: '李' }).searched, '李')
    assert.equal(row('live.open', { q: '王' }).searched, '')
  })
  it('is read from a detail of any shape', () => {
    for (const detail of [{ registerId: 7, exhibits: 'x', q: {} }, { unreadable: '{' }]) assert.equal(row('tag.create', detail).pictures, 0)
  })
  it('is never about what oversight itself writes down', () => assert.ok(!judgedActions.some((action) => /^oversight\.(raise|grow|ask|answer)/.test(action))))
})
