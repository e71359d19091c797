// Owns proof of one-time codes against the vectors of RFC 6238 and RFC 4648.
import assert from 'node:assert/strict'
import { base32, codeAt, stepOf, stepOfCode } from '../../../backend/access/one-time-code.ts'

const secret = Buffer.from('12345678901234567890')

describe('a one-time code', () => {
  // RFC 6238 appendix B, SHA-1; the last six of its eight digits.
  for (const [seconds, code] of [[59, '287082'], [1_111_111_109, '081804'], [1_111_111_111, '050471'], [1_234_567_890, '005924'], [2_000_000_000, '279037']] as const) {
    it(`is ${code} at ${seconds} s`, () => assert.equal(codeAt(secret, stepOf(seconds * 1000)), code))
  }
  it('is good one step off, and not two', () => {
    const nowMs = 1_234_567_890_000
    const now = stepOf(nowMs)
    for (const off of [-1, 0, 1]) assert.equal(stepOfCode(secret, codeAt(secret, now + off), nowMs, 0), now + off)
    for (const off of [-2, 2]) assert.equal(stepOfCode(secret, codeAt(secret, now + off), nowMs, 0), null)
  })
  it('is not good again once its step was used, nor is what is no six digits', () => {
    const nowMs = 1_234_567_890_000
    assert.equal(stepOfCode(secret, codeAt(secret, stepOf(nowMs)), nowMs, stepOf(nowMs)), null)
    for (const text of ['', '12345', '1234567', 'abcdef', '１２３４５６']) assert.equal(stepOfCode(secret, text, nowMs, 0), null)
  })
  it('has its secret in base 32', () => {
    for (const [text, coded] of [['f', 'MY'], ['fo', 'MZXQ'], ['foobar', 'MZXW6YTBOI']] as const) assert.equal(base32(Buffer.from(text)), coded)
  })
})
