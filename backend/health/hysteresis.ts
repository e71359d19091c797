// Owns when a verdict becomes the camera's status: worse only after several sweeps in a row, better at one full proof,
// and a flapping camera is believed again only after a run of good sweeps. Pure.
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { Verdict } from './ladder.ts'

export interface Standing {
  status: CameraStatus
  cause: FaultCode | null
  /** What the last sweeps said against the present status, since when, how often in a row. */
  candidate: { status: CameraStatus; cause: FaultCode | null; count: number; firstMs: number } | null
  /** UTC ms at which the camera fell from online, newest last; no longer than `flapCount`. */
  fellMs: readonly number[]
  /** Fell too often; stays so until it has passed `sweepsToTrust`, however long that takes. */
  flapping: boolean
  /** Sweeps in a row that said online while the status is not. */
  goodSweeps: number
}

export interface SteadyRule {
  /** Sweeps in a row that must say the same before the status gets worse. */
  failuresToChange: number
  /** A camera that fell from online this often within `flapWindowMs` is flapping … */
  flapCount: number
  flapWindowMs: number
  /** … and is online again only after so many good sweeps in a row, so that it makes one period, not one per flap. */
  sweepsToTrust: number
}

export interface Settled {
  standing: Standing
  /** The new status, and UTC ms from when it holds: the first sweep that said so. Null = nothing changes. */
  change: { status: CameraStatus; cause: FaultCode | null; detail: string; fromMs: number } | null
}

export function standingAt(status: CameraStatus, cause: FaultCode | null): Standing {
  return { status, cause, candidate: null, fellMs: [], flapping: false, goodSweeps: 0 }
}

/** @param by a sweep counts; a proof only brings a verdict on the picture, which it has confirmed itself. */
export function settle(standing: Standing, verdict: Verdict, by: 'sweep' | 'proof', nowMs: number, rule: SteadyRule): Settled {
  const stay = (next: Partial<Standing>): Settled => ({ standing: { ...standing, ...next }, change: null })
  if (by === 'proof' && (verdict.kind === 'hold' || verdict.by === 'lower')) return stay({})
  if (verdict.kind === 'hold') return stay({ candidate: null })
  const { status, cause, detail } = verdict
  if (status === standing.status && cause === standing.cause) return stay({ candidate: null, goodSweeps: 0 })

  if (status === 'online') {
    const goodSweeps = standing.goodSweeps + (by === 'sweep' ? 1 : 0)
    if (standing.flapping && goodSweeps < rule.sweepsToTrust) return stay({ candidate: null, goodSweeps })
    return changed(standing, { status, cause, detail, fromMs: nowMs }, rule)
  }

  const same = standing.candidate !== null && isSameClaim(standing, standing.candidate, verdict)
  const candidate = { status, cause, count: same ? (standing.candidate?.count ?? 0) + 1 : 1, firstMs: same ? (standing.candidate?.firstMs ?? nowMs) : nowMs }
  if (verdict.by === 'lower' && candidate.count < rule.failuresToChange) return stay({ candidate, goodSweeps: 0 })
  return changed(standing, { status, cause, detail, fromMs: candidate.firstMs }, rule)
}

/**
 * Whether two sweeps in a row speak for the same change. A camera that is online has fallen when it failed twice, however
 * it failed: one that reboots is silent first and gone next. Between bad statuses, and to `unknown`, which is our own
 * trouble, both must name the same status; for another cause of the same status, the same cause.
 */
function isSameClaim(standing: Standing, candidate: NonNullable<Standing['candidate']>, verdict: { status: CameraStatus; cause: FaultCode | null }): boolean {
  if (standing.status === 'online' && candidate.status !== 'unknown' && verdict.status !== 'unknown') return true
  if (candidate.status !== verdict.status) return false
  return verdict.status !== standing.status || candidate.cause === verdict.cause
}

function changed(standing: Standing, change: NonNullable<Settled['change']>, rule: SteadyRule): Settled {
  const { status, cause, fromMs } = change
  const steady = { status, cause, candidate: null, goodSweeps: 0 }
  if (status === 'online') return { standing: { ...steady, fellMs: standing.flapping ? [] : standing.fellMs, flapping: false }, change }
  const fell = standing.status === 'online' && status !== 'unknown' // our own trouble is not the camera's flapping
  const fellMs = fell ? [...standing.fellMs, fromMs].slice(-rule.flapCount) : standing.fellMs
  const recently = fellMs.filter((fellAtMs) => fromMs - fellAtMs <= rule.flapWindowMs).length
  return { standing: { ...steady, fellMs, flapping: standing.flapping || recently >= rule.flapCount }, change }
}
