// Owns how faults are written and what is refused.
import assert from 'node:assert/strict'
import { checkedFault, faultHelp, faultNames, parseFaultOption } from '../../fleet/fault.ts'

describe('fleet fault option', () => {
  it('takes a name and one camera', () => {
    assert.deepEqual(parseFaultOption('off@3', 10), { fault: { name: 'off' }, indexes: [3] })
  })

  it('takes a value and a list with ranges', () => {
    assert.deepEqual(parseFaultOption('clock-off=-30@1,4-6', 10), { fault: { name: 'clock-off', value: -30 }, indexes: [1, 4, 5, 6] })
  })

  it('takes all cameras', () => {
    assert.deepEqual(parseFaultOption('reset@all', 3).indexes, [1, 2, 3])
  })

  it('fills in the default value', () => {
    assert.deepEqual(checkedFault('slow-soap'), { name: 'slow-soap', value: 8000 })
  })

  for (const text of ['explode@1', 'off', 'off@', 'off@0', 'off@11', 'off@5-4', 'off=3@1', 'clock-off=soon@1', 'slow-soap=0@1', 'flapping=1e9@1', 'toString@1']) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseFaultOption(text, 10), RangeError)
    })
  }

  it('is explained by name, each with a sentence', () => {
    for (const name of faultNames) assert.match(faultHelp(), new RegExp(`^  ${name} +\\S.{10}`, 'm'))
  })
})
