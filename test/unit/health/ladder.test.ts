// Owns proof of the decision table: every pair of lower rungs, every state of the picture.
import assert from 'node:assert/strict'
import { faultCodes, type Fault, type FaultCode } from '#contract/faults.ts'
import { failed, freshEvidence, passed, rungsOf, withCheck, withProof, type CameraCheck } from '../../../backend/health/evidence.ts'
import { classOfFault, judge, lowerPasses, notTried, type Evidence, type RungResult } from '../../../backend/health/ladder.ts'

const rule = { proofMaxAgeMs: 600_000, proofsToConfirm: 2 }
const now = 10_000_000
const fault = (code: FaultCode): Fault => ({ code, retry: 'soon', detail: `about ${code}` })
const bad = (code: FaultCode) => failed(fault(code), now, 5)
const good = passed(now, 5)
const look = (onvif: RungResult | 'absent', rtsp: RungResult): CameraCheck => ({
  hasOnvif: onvif !== 'absent',
  onvif: onvif === 'absent' ? notTried : onvif,
  rtsp,
  clockOffsetMs: null,
  tookMs: 5,
})
const picture = (changing: boolean, black = false) => ({ kind: 'picture', provenMs: now, changing, black, width: 640, height: 360, codec: 'h264', shared: false }) as const
const proven = (evidence: Evidence) => withProof(evidence, picture(true), now)
const checked = (onvif: RungResult | 'absent', rtsp: RungResult) => withCheck(freshEvidence(onvif !== 'absent'), look(onvif, rtsp), now)
const said = (evidence: Evidence, atMs = now) => {
  const verdict = judge(evidence, atMs, rule)
  return verdict.kind === 'hold' ? 'hold' : `${verdict.status} ${verdict.cause ?? '-'}`
}

describe('the ladder', () => {
  const rows: Record<string, RungResult | 'absent'> = {
    passed: good, absent: 'absent', unreachable: bad('unreachable'), silent: bad('onvif_silent'), login: bad('onvif_refused'), broken: bad('onvif_malformed'), ours: bad('probe_failed'), untried: notTried,
  }
  const columns: Record<string, RungResult> = {
    passed: good, unreachable: bad('unreachable'), silent: bad('rtsp_silent'), login: bad('rtsp_refused'), broken: bad('stream_missing'), ours: bad('address_refused'), untried: notTried,
  }
  const nothing = 'unknown not_checked'
  const table: Record<string, string[]> = {
    //            passed                    unreachable                silent                     login                        broken                     ours                       untried
    passed:      ['online -',               'abnormal unreachable',    'abnormal rtsp_silent',    'unauthorized rtsp_refused', 'abnormal stream_missing', 'unknown address_refused', nothing],
    absent:      ['online -',               'offline unreachable',     'offline rtsp_silent',     'unauthorized rtsp_refused', 'abnormal stream_missing', 'unknown address_refused', nothing],
    unreachable: ['abnormal unreachable',   'offline unreachable',     'offline rtsp_silent',     'unauthorized rtsp_refused', 'abnormal stream_missing', 'unknown address_refused', nothing],
    silent:      ['abnormal onvif_silent',  'offline onvif_silent',    'offline onvif_silent',    'unauthorized rtsp_refused', 'abnormal stream_missing', 'unknown address_refused', nothing],
    login:       Array.from({ length: 7 }, () => 'unauthorized onvif_refused'),
    broken:      ['abnormal onvif_malformed', 'abnormal onvif_malformed', 'abnormal onvif_malformed', 'unauthorized rtsp_refused', 'abnormal onvif_malformed', 'unknown address_refused', nothing],
    ours:        ['unknown probe_failed',   'unknown probe_failed',    'unknown probe_failed',    'unauthorized rtsp_refused', 'unknown probe_failed',    'unknown probe_failed',    'unknown probe_failed'],
    untried:     [nothing, nothing, nothing, 'unauthorized rtsp_refused', nothing, 'unknown address_refused', nothing],
  }
  for (const [row, onvif] of Object.entries(rows)) {
    for (const [index, [column, rtsp]] of Object.entries(columns).entries()) {
      const expected = table[row]?.[index]
      it(`says "${expected}" when ONVIF is ${row} and RTSP is ${column}`, () => {
        assert.equal(said(proven(checked(onvif, rtsp))), expected)
      })
    }
  }

  it('gives every fault code a class, and unauthorized only for refused logins', () => {
    const logins = faultCodes.filter((code) => classOfFault[code] === 'login')
    assert.deepEqual(logins, ['onvif_refused', 'clock_skew', 'rtsp_refused', 'auth_downgrade'])
  })

  it('never says online for a fault on any lower rung, whatever the picture showed', () => {
    for (const code of faultCodes) {
      assert.notEqual(said(proven(checked(bad(code), good))), 'online -', `ONVIF ${code}`)
      assert.notEqual(said(proven(checked(good, bad(code)))), 'online -', `RTSP ${code}`)
    }
  })

  describe('at the picture', () => {
    const fine = checked(good, good)

    it('waits while no proof has been made, and says unknown when that takes longer than a proof is good for', () => {
      assert.equal(said(fine), 'hold')
      assert.equal(said(fine, now + rule.proofMaxAgeMs + 1), 'unknown not_checked')
    })

    it('says online up to the age that a proof is good for and unknown after it', () => {
      assert.equal(said(proven(fine), now + rule.proofMaxAgeMs), 'online -')
      assert.equal(said(proven(fine), now + rule.proofMaxAgeMs + 1), 'unknown probe_failed')
    })

    it('holds after one frozen picture and says abnormal after two', () => {
      const once = withProof(proven(fine), picture(false), now)
      assert.equal(said(once), 'hold')
      assert.equal(said(withProof(once, picture(false), now)), 'abnormal picture_frozen')
    })

    it('says black rather than frozen for a black picture', () => {
      const twice = withProof(withProof(fine, picture(false, true), now), picture(false, true), now)
      assert.equal(said(twice), 'abnormal picture_black')
    })

    it('says online again at the first good proof', () => {
      const broken = withProof(withProof(fine, picture(false), now), picture(false), now)
      assert.equal(said(proven(broken)), 'online -')
    })

    it('says abnormal for a silent stream, unauthorized for one that refuses the login', () => {
      const twice = (code: FaultCode) => withProof(withProof(fine, { kind: 'fault', fault: fault(code) }, now), { kind: 'fault', fault: fault(code) }, now)
      assert.equal(said(twice('stream_silent')), 'abnormal stream_silent')
      assert.equal(said(twice('rtsp_refused')), 'unauthorized rtsp_refused')
    })

    it('believes a fresh proof beside our own failure, but says unknown with our cause when there is none', () => {
      const ours = { kind: 'fault', fault: fault('transcoder_missing') } as const
      assert.equal(said(withProof(proven(fine), ours, now)), 'online -')
      assert.equal(said(withProof(fine, ours, now)), 'unknown transcoder_missing')
    })

    it('does not let a proof claim a time later than its end', () => {
      assert.equal(withProof(fine, { ...picture(true), provenMs: now + 60_000 }, now).picture.provenMs, now)
    })
  })

  it('shows a silent camera as reachable and a dead one as not', () => {
    const reachable = (evidence: Evidence) => rungsOf(evidence)[0]?.result.outcome
    assert.equal(reachable(checked(bad('onvif_silent'), bad('rtsp_silent'))), 'passed')
    assert.equal(reachable(checked(bad('unreachable'), bad('unreachable'))), 'failed')
    assert.equal(reachable(freshEvidence(true)), 'not-tried')
  })

  it('keeps the start of a run of passing sweeps until one fails', () => {
    const later = withCheck(checked(good, good), look(good, good), now + 5)
    assert.equal(later.lowerPassSinceMs, now)
    assert.equal(withCheck(later, look(good, bad('rtsp_silent')), now + 9).lowerPassSinceMs, null)
    assert.equal(lowerPasses(later), true)
  })
})
