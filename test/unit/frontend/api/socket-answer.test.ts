// Proves that a refusal by socket is told from silence, and that nothing undeclared is taken for an answer.
import assert from 'node:assert/strict'
import { readAnswer } from '../../../../frontend/src/api/socket-answer.ts'

describe('an answer by socket', () => {
  it('is what the contract describes', () => assert.deepEqual(readAnswer('ptz:stop', { outcome: 'done' }), { outcome: 'done' }))
  it('is a refusal with its code', () => assert.deepEqual(readAnswer('ptz:take', { code: 'not_found' }), { outcome: 'refused', code: 'not_found' }))
  for (const raw of [{ outcome: 'moved' }, { code: 7 }, {}, null, undefined, 'done']) {
    it(`is none when it is ${JSON.stringify(raw)}`, () => assert.equal(readAnswer('ptz:move', raw), undefined))
  }
})
