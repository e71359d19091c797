// Owns proof of what a scan may ask for.
import assert from 'node:assert/strict'
import { AddressPolicy } from '#base/address-policy.ts'
import { planScan } from '../../../backend/onvif/scan-range.ts'

describe('a scan plan', () => {
  const policy = new AddressPolicy(['10.12.0.0/16', '10.14.0.0/16'])
  const addresses = (ranges: string[]) => {
    const plan = planScan(ranges, ['80'], policy)
    return plan.kind === 'plan' ? [...plan.addresses()] : plan.issues
  }

  it('leaves out network and broadcast addresses of a block, but not of a /31 or /32', () => {
    assert.deepEqual(addresses(['10.12.0.8/30']), ['10.12.0.9', '10.12.0.10'])
    assert.deepEqual(addresses(['10.12.0.9/31']), ['10.12.0.8', '10.12.0.9'])
    assert.deepEqual(addresses(['10.12.0.9/32']), ['10.12.0.9'])
  })
  it('names every address once when ranges overlap', () => {
    assert.deepEqual(addresses(['10.12.0.254-10.12.1.1', '10.12.1.0-10.12.1.2']), ['10.12.0.254', '10.12.0.255', '10.12.1.0', '10.12.1.1', '10.12.1.2'])
  })
  it('counts ports once when they overlap', () => {
    const plan = planScan(['10.12.0.1'], ['80', '79-81'], policy)
    assert.deepEqual(plan.kind === 'plan' && plan.ports, [80, 79, 81])
  })
  for (const range of ['8.8.8.8', '10.13.0.0/24', '10.12.255.250-10.13.0.5', '10.12.0.1-10.11.0.1', '10.12.0.256', '010.12.0.1', '10.12.1', '0/0', '0.0.0.0/0', '::1', 'localhost', '10.12.0.1-10.12.0.2-10.12.0.3', '']) {
    it(`is refused for the range ${JSON.stringify(range)}`, () => {
      const plan = planScan([range], ['80'], policy)
      assert.equal(plan.kind === 'refused' && plan.issues[0]?.path, 'ranges.0')
    })
  }
  for (const port of ['0', '65536', '90-80', '80,81', '-1', '']) {
    it(`is refused for the port ${JSON.stringify(port)}`, () => {
      const plan = planScan(['10.12.0.1'], [port], policy)
      assert.equal(plan.kind === 'refused' && plan.issues[0]?.path, 'ports.0')
    })
  }
  it('takes 65,536 addresses times ports and not more', () => {
    assert.equal(planScan(['10.12.0.0-10.12.255.255'], ['80'], policy).kind, 'plan')
    assert.equal(planScan(['10.12.0.0-10.12.255.255'], ['80', '81'], policy).kind, 'refused')
    assert.equal(planScan(['10.12.255.0-10.14.0.255'], ['80'], policy).kind, 'refused')
    assert.equal(planScan(['10.12.0.0/16', '10.14.0.0/16'], ['80'], policy).kind, 'refused')
  })
})
