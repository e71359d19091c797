// Owns the refusals of the address policy: whatever another program might read as an address inside, or lead outside.
import assert from 'node:assert/strict'
import { AddressPolicy } from '#base/address-policy.ts'

describe('the address policy', () => {
  const policy = new AddressPolicy(['10.12.0.0/16', 'fd00:12::/64'])

  for (const [host, address] of [
    ['10.12.0.0', '10.12.0.0'],
    ['10.12.255.255', '10.12.255.255'],
    ['fd00:12::5', 'fd00:12::5'],
    ['[fd00:12::5]', 'fd00:12::5'],
    ['FD00:0012:0:0::5', 'fd00:12::5'],
  ] as const) {
    it(`allows ${host}`, () => assert.deepEqual(policy.check(host), { allowed: true, address }))
  }

  for (const host of ['10.11.255.255', '10.13.0.0', '127.0.0.1', '0.0.0.0', '169.254.169.254', '::1', 'fd00:12:0:1::1', '64:ff9b::a0c:1']) {
    it(`refuses ${host}: outside`, () => assert.deepEqual(policy.check(host), { allowed: false, reason: 'outside-networks' }))
  }

  const disguised: [string, string][] = [
    ['one decimal number', '168558593'],
    ['an octal part', '012.12.0.1'],
    ['a leading zero', '10.012.0.1'],
    ['a hexadecimal part', '0xa.12.0.1'],
    ['one hexadecimal number', '0x0a0c0001'],
    ['a short form', '10.12.1'],
    ['a part too large', '10.12.0.256'],
    ['five parts', '10.12.0.1.1'],
    ['an IPv4-mapped IPv6', '::ffff:10.12.0.1'],
    ['an IPv4-mapped IPv6 in hexadecimal', '::ffff:a0c:1'],
    ['an IPv4-mapped IPv6 in brackets', '[::ffff:10.12.0.1]'],
    ['an IPv4-compatible IPv6', '::10.12.0.1'],
    ['a zone', 'fd00:12::5%eth0'],
    ['a name', 'localhost'],
    ['a name that ends in an address', 'x.10.12.0.1'],
    ['a wildcard name', '10.12.0.1.nip.io'],
    ['a port', '10.12.0.1:80'],
    ['a trailing dot', '10.12.0.1.'],
    ['a trailing blank', '10.12.0.1 '],
    ['a line break', '10.12.0.1\n'],
    ['full-width digits', '１０.12.0.1'],
    ['user info', 'a@10.12.0.1'],
    ['brackets around IPv4 with a tail', '[10.12.0.1'],
    ['nothing', ''],
  ]
  for (const [what, host] of disguised) {
    it(`refuses ${what}: ${JSON.stringify(host)}`, () => assert.deepEqual(policy.check(host), { allowed: false, reason: 'not-an-ip' }))
  }

  it('allows nothing when no network is named', () => {
    assert.equal(new AddressPolicy([]).check('10.12.0.1').allowed, false)
  })

  it('does not start with a malformed network', () => {
    for (const network of ['10.12.0.0', '10.12.0.0/33', 'x/8', '']) assert.throws(() => new AddressPolicy([network]), network)
  })
})
