// Owns the pure rules: accepted numbers, times of a tag, the day by 北京时间, who sees and changes a case.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { UnitId, UserId } from '#contract/ids.ts'
import { roles } from '#contract/permissions.ts'
import { configSchema } from '#config/schema.ts'
import { CaseNumbers } from '../../../backend/cases/case.ts'
import { mayEdit, maySee, sightOf } from '../../../backend/cases/case-policy.ts'
import { assertTagTimes } from '../../../backend/cases/tag.ts'
import { samplePrincipal } from '../registry/sample-camera.ts'
import { coded } from '../viewing/route-call.ts'

describe('the numbers of a case', () => {
  const numbers = new CaseNumbers(configSchema.parse({}).cases)
  const good = 'A3502127400002016051000'

  it('are accepted in the form of the field, either alone or both', () => {
    numbers.assertAccepted({ caseNumber: good, incidentNumber: null })
    numbers.assertAccepted({ caseNumber: null, incidentNumber: '149903510000202611230001' })
    numbers.assertAccepted({ caseNumber: 'A4401066000002013120101', incidentNumber: '149903510000202611230001' })
  })

  for (const caseNumber of ['B3502127400002016051000', 'A3502127400002016131000', 'A350212740000201605100', `${good}0`, '']) {
    it(`are refused when the 案件编号 is ${JSON.stringify(caseNumber)}`, () => {
      assert.throws(() => numbers.assertAccepted({ caseNumber, incidentNumber: null }), coded('case_number_refused'))
    })
  }

  it('are refused when there is none, or a 警情编号 is too short', () => {
    assert.throws(() => numbers.assertAccepted({ caseNumber: null, incidentNumber: null }), coded('case_number_refused'))
    assert.throws(() => numbers.assertAccepted({ caseNumber: null, incidentNumber: '123' }), coded('case_number_refused'))
  })

  it('stay accepted on a case that has them already, after the patterns were changed', () => {
    const old = { caseNumber: 'X0001234', incidentNumber: null }
    numbers.assertAccepted(old, old)
    assert.throws(() => numbers.assertAccepted({ ...old, caseNumber: 'X0001235' }, old), coded('case_number_refused'))
  })
})

describe('the times of a tag', () => {
  const nowMs = 1_000_000_000
  const tag = (fromMs: number, toMs: number, pictureAtMs = toMs) => () => assertTagTimes({ fromMs, toMs, pictureAtMs }, nowMs)

  it('may be a moment, a day, and five seconds ahead', () => {
    tag(nowMs, nowMs)()
    tag(nowMs - 24 * 3_600_000, nowMs)()
    tag(nowMs, nowMs + 5_000)()
  })

  it('may not be backwards, longer than a day, or in the future', () => {
    assert.throws(tag(nowMs, nowMs - 1), coded('invalid_request'))
    assert.throws(tag(nowMs - 24 * 3_600_000 - 1, nowMs), coded('invalid_request'))
    assert.throws(tag(nowMs, nowMs + 5_001), coded('invalid_request'))
    assert.throws(tag(nowMs, nowMs, nowMs + 5_001), coded('invalid_request'))
  })
})

describe('who sees and changes a case', () => {
  const unit = newId<UnitId>(1)
  const elsewhere = newId<UnitId>(2)

  for (const role of roles) {
    const supervises = role === 'station_supervisor' || role === 'bureau_supervisor'
    it(`${role} ${supervises ? 'sees and changes' : 'does not see'} the cases of the own units without being a member`, () => {
      const principal = samplePrincipal([unit], role)
      assert.equal(maySee(principal, { unitId: unit }, []), supervises)
      assert.equal(mayEdit(principal, { unitId: unit }, []), supervises)
      assert.equal(maySee(principal, { unitId: elsewhere }, []), false)
      assert.equal(mayEdit(principal, { unitId: elsewhere }, []), false)
    })
  }

  it('a member sees, a lead changes, wherever the case is', () => {
    const operator = samplePrincipal([unit], 'operator')
    const as = (duty: 'lead' | 'member') => [{ userId: operator.userId, duty }]
    assert.deepEqual([maySee(operator, { unitId: elsewhere }, as('member')), mayEdit(operator, { unitId: elsewhere }, as('member'))], [true, false])
    assert.deepEqual([maySee(operator, { unitId: elsewhere }, as('lead')), mayEdit(operator, { unitId: elsewhere }, as('lead'))], [true, true])
    assert.equal(maySee(operator, { unitId: elsewhere }, [{ userId: newId<UserId>(5), duty: 'lead' }]), false)
  })

  it('the stores are given no unit for who supervises nobody', () => {
    assert.deepEqual(sightOf(samplePrincipal([unit], 'investigator')).supervisedUnitIds, [])
    assert.deepEqual(sightOf(samplePrincipal([unit], 'station_supervisor')).supervisedUnitIds, [unit])
  })
})
