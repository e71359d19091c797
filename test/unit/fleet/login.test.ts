// Owns what the simulated devices accept as a login, beside every refusal.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { DigestGate, parseDigestHeader, verifyBasic } from '../../fleet/digest.ts'
import { readEnvelope } from '../../fleet/onvif/soap.ts'
import { passwordDigest, WsseGate } from '../../fleet/onvif/wsse.ts'
import { handClock } from './support.ts'

const LOGIN = { username: 'admin', password: 'let me in' }
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

function answerTo(challenge: string, method: string, options: { password?: string; username?: string; nc?: string; realm?: string } = {}): string {
  const { realm = '', nonce = '', qop } = parseDigestHeader(challenge) ?? {}
  const username = options.username ?? LOGIN.username
  const shownRealm = options.realm ?? realm
  const ha1 = md5(`${username}:${shownRealm}:${options.password ?? LOGIN.password}`)
  const ha2 = md5(`${method}:/x`)
  const nc = options.nc ?? '00000001'
  const response = qop === undefined ? md5(`${ha1}:${nonce}:${ha2}`) : md5(`${ha1}:${nonce}:${nc}:abc:auth:${ha2}`)
  return `Digest username="${username}", realm="${shownRealm}", nonce="${nonce}", uri="/x", response="${response}"${qop === undefined ? '' : `, qop=auth, nc=${nc}, cnonce="abc"`}`
}

describe('digest login', () => {
  for (const qop of [false, true]) {
    const open = () => new DigestGate({ realm: 'cam', qop, clock: handClock() })

    it(`lets the right password in, ${qop ? 'with' : 'without'} qop`, () => {
      const gate = open()
      assert.equal(gate.verify(answerTo(gate.challenge(), 'PLAY'), 'PLAY', LOGIN), 'ok')
    })

    it(`refuses a wrong password, another name, another method and another realm, ${qop ? 'with' : 'without'} qop`, () => {
      const gate = open()
      assert.equal(gate.verify(answerTo(gate.challenge(), 'PLAY', { password: 'x' }), 'PLAY', LOGIN), 'refused')
      assert.equal(gate.verify(answerTo(gate.challenge(), 'PLAY', { username: 'root' }), 'PLAY', LOGIN), 'refused')
      assert.equal(gate.verify(answerTo(gate.challenge(), 'PLAY'), 'PAUSE', LOGIN), 'refused')
      assert.equal(gate.verify(answerTo(gate.challenge(), 'PLAY', { realm: 'other' }), 'PLAY', LOGIN), 'refused')
    })
  }

  it('calls a nonce stale that it did not give out', () => {
    const gate = new DigestGate({ realm: 'cam', qop: false, clock: handClock() })
    assert.equal(gate.verify(answerTo('Digest realm="cam", nonce="made up"', 'PLAY'), 'PLAY', LOGIN), 'stale')
  })

  it('calls a nonce stale after its life', () => {
    const clock = handClock()
    const gate = new DigestGate({ realm: 'cam', qop: false, clock, nonceLifeMs: 1000 })
    const answer = answerTo(gate.challenge(), 'PLAY')
    clock.advance(1001)
    assert.equal(gate.verify(answer, 'PLAY', LOGIN), 'stale')
    assert.match(gate.challenge(true), /stale=TRUE/)
  })

  it('refuses the same counter a second time', () => {
    const gate = new DigestGate({ realm: 'cam', qop: true, clock: handClock() })
    const challenge = gate.challenge()
    assert.equal(gate.verify(answerTo(challenge, 'GET'), 'GET', LOGIN), 'ok')
    assert.equal(gate.verify(answerTo(challenge, 'GET'), 'GET', LOGIN), 'stale')
    assert.equal(gate.verify(answerTo(challenge, 'GET', { nc: '00000002' }), 'GET', LOGIN), 'ok')
  })

  it('tells a missing login from Basic', () => {
    const gate = new DigestGate({ realm: 'cam', qop: false, clock: handClock() })
    const basic = `Basic ${Buffer.from('admin:let me in').toString('base64')}`
    assert.equal(gate.verify(undefined, 'PLAY', LOGIN), 'missing')
    assert.equal(gate.verify(basic, 'PLAY', LOGIN), 'refused')
    assert.equal(verifyBasic(basic, LOGIN), true)
    assert.equal(verifyBasic(`Basic ${Buffer.from('admin:no').toString('base64')}`, LOGIN), false)
  })
})

describe('WS-UsernameToken login', () => {
  const nowMs = Date.UTC(2027, 1, 3)
  const header = (options: { nonce?: string; createdMs?: number; password?: string; username?: string; type?: string; digest?: string } = {}) => {
    const nonce = Buffer.from(options.nonce ?? 'nonce one').toString('base64')
    const created = new Date(options.createdMs ?? nowMs).toISOString()
    const digest = options.digest ?? passwordDigest(nonce, created, options.password ?? LOGIN.password)
    const xml = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><Security><UsernameToken><Username>${options.username ?? 'admin'}</Username><Password Type="http://x#${options.type ?? 'PasswordDigest'}">${digest}</Password><Nonce>${nonce}</Nonce><Created>${created}</Created></UsernameToken></Security></s:Header><s:Body><GetProfiles/></s:Body></s:Envelope>`
    return readEnvelope(xml)?.header ?? null
  }

  it('lets the right digest in', () => {
    assert.equal(new WsseGate().verify(header(), LOGIN, nowMs), 'ok')
  })

  it('refuses the same token a second time, and takes one with a new nonce or a new creation time', () => {
    const gate = new WsseGate()
    gate.verify(header(), LOGIN, nowMs)
    assert.equal(gate.verify(header(), LOGIN, nowMs), 'replayed')
    assert.equal(gate.verify(header({ nonce: 'nonce two' }), LOGIN, nowMs), 'ok')
    assert.equal(gate.verify(header({ createdMs: nowMs + 1 }), LOGIN, nowMs), 'ok')
    assert.equal(gate.verify(header({ createdMs: nowMs + 1 }), LOGIN, nowMs), 'replayed')
  })

  it("takes a creation time up to a minute off the device's clock, not more", () => {
    assert.equal(new WsseGate().verify(header({ createdMs: nowMs - 60_000 }), LOGIN, nowMs), 'ok')
    assert.equal(new WsseGate().verify(header({ createdMs: nowMs - 60_001 }), LOGIN, nowMs), 'not-fresh')
    assert.equal(new WsseGate().verify(header({ createdMs: nowMs + 60_001 }), LOGIN, nowMs), 'not-fresh')
  })

  it('refuses a wrong password, another name, a plain-text password', () => {
    assert.equal(new WsseGate().verify(header({ password: 'x' }), LOGIN, nowMs), 'refused')
    assert.equal(new WsseGate().verify(header({ username: 'root' }), LOGIN, nowMs), 'refused')
    assert.equal(new WsseGate().verify(header({ type: 'PasswordText', digest: LOGIN.password }), LOGIN, nowMs), 'refused')
  })

  it('says so when there is no token', () => {
    assert.equal(new WsseGate().verify(null, LOGIN, nowMs), 'missing')
  })
})

describe('SOAP envelope', () => {
  it('is refused with a document type, a missing body, or broken tags', () => {
    assert.equal(readEnvelope('<!DOCTYPE x><s:Envelope xmlns:s="s"><s:Body><a/></s:Body></s:Envelope>'), null)
    assert.equal(readEnvelope('<s:Envelope xmlns:s="s"></s:Envelope>'), null)
    assert.equal(readEnvelope('<s:Envelope xmlns:s="s"><s:Body><a></s:Body></s:Envelope>'), null)
    assert.equal(readEnvelope('hello'), null)
  })
})
