// Owns how results of checks and proofs become evidence about one camera. Pure.
// Refuses: judging it (ladder.ts).
import type { Fault } from '#contract/faults.ts'
import type { Rung } from '#contract/health.ts'
import type { PictureProof } from '#streams'
import { classOf, classOfFault, lowerPasses, noPicture, notTried, type Evidence, type PictureEvidence, type RungResult } from './ladder.ts'

/** The result of one sweep's look at one camera. */
export interface CameraCheck {
  hasOnvif: boolean
  onvif: RungResult
  rtsp: RungResult
  /** Camera clock minus server clock, ms; null = not told. */
  clockOffsetMs: number | null
  tookMs: number
}

export function freshEvidence(hasOnvif: boolean): Evidence {
  return { hasOnvif, onvif: notTried, rtsp: notTried, lowerPassSinceMs: null, picture: noPicture }
}

export function passed(atMs: number, tookMs: number | null): RungResult {
  return { outcome: 'passed', fault: null, atMs, tookMs }
}

export function failed(fault: Fault, atMs: number, tookMs: number | null): RungResult {
  return { outcome: 'failed', fault, atMs, tookMs }
}

export function withCheck(evidence: Evidence, check: CameraCheck, nowMs: number): Evidence {
  const next = { ...evidence, hasOnvif: check.hasOnvif, onvif: check.onvif, rtsp: check.rtsp }
  return { ...next, lowerPassSinceMs: lowerPasses(next) ? (evidence.lowerPassSinceMs ?? nowMs) : null }
}

/** A proof of what was there before an outage proves nothing of what came back. */
export function withoutPicture(evidence: Evidence): Evidence {
  return { ...evidence, picture: noPicture }
}

/** @param nowMs when the proof ended; `provenMs` of the proof never counts as later than that. */
export function withProof(evidence: Evidence, proof: PictureProof, nowMs: number): Evidence {
  return { ...evidence, picture: nextPicture(evidence.picture, proof, nowMs) }
}

function nextPicture(before: PictureEvidence, proof: PictureProof, nowMs: number): PictureEvidence {
  if (proof.kind === 'fault') {
    if (classOfFault[proof.fault.code] === 'ours') return { ...before, ownFault: proof.fault }
    const picture = failed(proof.fault, nowMs, null)
    return { picture, changing: notTried, provenMs: before.provenMs, failures: before.failures + 1, ownFault: null }
  }
  const seenMs = Math.min(proof.provenMs, nowMs)
  const picture = passed(seenMs, null)
  if (proof.changing && !proof.black) return { picture, changing: passed(seenMs, null), provenMs: seenMs, failures: 0, ownFault: null }
  const fault: Fault = proof.black
    ? { code: 'picture_black', retry: 'later', detail: 'the picture is black' }
    : { code: 'picture_frozen', retry: 'later', detail: 'the picture does not change' }
  return { picture, changing: failed(fault, seenMs, null), provenMs: before.provenMs, failures: before.failures + 1, ownFault: null }
}

/** The five rungs, lowest first, as the camera's page shows them. */
export function rungsOf(evidence: Evidence): { rung: Rung; result: RungResult }[] {
  return [
    { rung: 'reachable', result: reachable(evidence) },
    { rung: 'onvif', result: evidence.onvif },
    { rung: 'rtsp', result: evidence.rtsp },
    { rung: 'picture', result: evidence.picture.picture },
    { rung: 'changing', result: evidence.picture.changing },
  ]
}

/** A camera is reachable when any of its ports took a connection; a silent one did. */
function reachable({ hasOnvif, onvif, rtsp }: Evidence): RungResult {
  const tried = (hasOnvif ? [onvif, rtsp] : [rtsp]).filter((result) => result.outcome !== 'not-tried')
  const there = tried.find((result) => !['unreachable', 'ours'].includes(classOf(result)))
  if (there !== undefined) return { ...there, outcome: 'passed', fault: null }
  return tried.find((result) => classOf(result) === 'unreachable') ?? tried[0] ?? notTried
}
