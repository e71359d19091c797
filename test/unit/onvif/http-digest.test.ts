// Owns proof of HTTP Digest against the worked example of RFC 7616 §3.9.1, and of which challenge is answered.
import assert from 'node:assert/strict'
import { Secret } from '#base/secret.ts'
import { digestAuthorization, readDemand } from '../../../backend/onvif/http-digest.ts'

describe('HTTP Digest', () => {
  const credential = { username: 'Mufasa', password: new Secret('Circle of Life') }
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
  const line = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`

  it('prefers SHA-256 over MD5, over several lines or in one', () => {
    for (const lines of [[line('MD5'), line('SHA-256')], [`${line('MD5')}, ${line('SHA-256')}`], ['Basic realm="x"', line('SHA-256')]]) {
      const demand = readDemand(lines)
      assert.equal(demand.kind === 'digest' && demand.challenge.algorithm, 'SHA-256')
    }
  })
  it('names clear text only when nothing better is offered, and answers nothing unknown', () => {
    assert.equal(readDemand(['Basic realm="x"']).kind, 'clear-text')
    assert.equal(readDemand(['basic']).kind, 'clear-text')
    assert.equal(readDemand([`Basic realm="x", ${line('MD5')}`]).kind, 'digest')
    for (const other of [[], [''], ['Negotiate abc=='], ['Digest realm="x"'], [line('SHA-1')], ['Digest nonce="a", qop="auth-int"'], ['"'.repeat(5_000)]]) {
      assert.equal(readDemand(other).kind, 'unknown')
    }
  })
  it('computes the response of RFC 7616 for MD5 and SHA-256', () => {
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
    for (const [algorithm, response] of [
      ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
      ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ] as const) {
      const demand = readDemand([line(algorithm)])
      assert.ok(demand.kind === 'digest')
      const request = { method: 'GET', path: '/dir/index.html', count: 1 }
      const header = digestAuthorization(demand.challenge, credential, request, () => Buffer.from(cnonce, 'base64'))
      assert.match(header, /^Digest username="Mufasa", realm="http-auth@example\.org", nonce="7ypf/)
      assert.ok(header.includes(`response="${response}"`), header)
      assert.ok(header.includes(`qop=auth, nc=00000001, cnonce="${cnonce}"`), header)
      assert.doesNotMatch(header, /Circle/)
    }
  })
})
