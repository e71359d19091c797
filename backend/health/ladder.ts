// Owns the ladder of proofs (reachable → onvif → rtsp → picture → changing) and the decision table from its results to
// a status with a cause. Pure. Refuses: when a status may change (hysteresis.ts) and I/O.
import type { CameraStatus } from '#contract/cameras.ts'
import type { Fault, FaultCode } from '#contract/faults.ts'

export interface RungResult {
  outcome: 'passed' | 'failed' | 'not-tried'
  fault: Fault | null
  /** UTC ms of the result; null = never tried. */
  atMs: number | null
  tookMs: number | null
}
export const notTried: RungResult = { outcome: 'not-tried', fault: null, atMs: null, tookMs: null }

/** What is known of a camera's picture. */
export interface PictureEvidence {
  picture: RungResult
  changing: RungResult
  /** UTC ms of the last decoded, changing picture since the camera last came back; null = none yet. */
  provenMs: number | null
  /** Proofs in a row that failed by the camera's fault; a verdict needs `proofsToConfirm`. */
  failures: number
  /** Why our own last proof could not be made; null = it was made. */
  ownFault: Fault | null
}
export const noPicture: PictureEvidence = { picture: notTried, changing: notTried, provenMs: null, failures: 0, ownFault: null }

export interface Evidence {
  /** A camera without ONVIF skips that rung. */
  hasOnvif: boolean
  onvif: RungResult
  rtsp: RungResult
  /** UTC ms since when the rungs below the picture pass without a break; null = they do not. */
  lowerPassSinceMs: number | null
  picture: PictureEvidence
}

export type Verdict =
  /** Nothing that would justify another status: a proof is awaited or is to be confirmed. */
  | { kind: 'hold' }
  | {
      kind: 'status'
      status: CameraStatus
      cause: FaultCode | null
      detail: string
      /** `lower` counts sweeps before it changes anything; `picture` has been confirmed by proofs already. */
      by: 'lower' | 'picture'
    }

export type RungClass = 'passed' | 'absent' | 'unreachable' | 'silent' | 'login' | 'broken' | 'ours' | 'not-tried'

/** What kind of failure a fault is: nobody there, no answer, login refused, a wrong answer, or our own. */
export const classOfFault: Record<FaultCode, Exclude<RungClass, 'passed' | 'absent' | 'not-tried'>> = {
  not_checked: 'ours',
  unreachable: 'unreachable',
  address_refused: 'ours',
  onvif_silent: 'silent',
  onvif_malformed: 'broken',
  onvif_refused: 'login',
  clock_skew: 'login',
  rtsp_silent: 'silent',
  rtsp_malformed: 'broken',
  rtsp_refused: 'login',
  rtsp_redirected: 'broken',
  auth_downgrade: 'login',
  stream_missing: 'broken',
  stream_silent: 'silent',
  stream_reset: 'broken',
  stream_undecodable: 'broken',
  codec_unsupported: 'broken',
  picture_frozen: 'broken',
  picture_black: 'broken',
  suspended: 'ours',
  transcoder_missing: 'ours',
  probe_failed: 'ours',
  no_stream_profile: 'broken',
}

interface Cell {
  status: CameraStatus
  /** Which rung's fault is the cause. */
  from: 'onvif' | 'rtsp' | 'none'
}
const offlineO: Cell = { status: 'offline', from: 'onvif' }
const offlineR: Cell = { status: 'offline', from: 'rtsp' }
const abnormO: Cell = { status: 'abnormal', from: 'onvif' }
const abnormR: Cell = { status: 'abnormal', from: 'rtsp' }
const unauthO: Cell = { status: 'unauthorized', from: 'onvif' }
const unauthR: Cell = { status: 'unauthorized', from: 'rtsp' }
const unknowO: Cell = { status: 'unknown', from: 'onvif' }
const unknowR: Cell = { status: 'unknown', from: 'rtsp' }
const uncheck: Cell = { status: 'unknown', from: 'none' }

type RtspClass = Exclude<RungClass, 'absent'>
/**
 * Rows: the ONVIF rung; columns: the RTSP rung; null: both are fine, the picture decides. Read as: a refused login is
 * proof of a living camera that wants another login; one port alive makes a failing other abnormal, none makes it
 * offline; what our own side could not do proves nothing, except beside a refused login.
 */
export const lowerTable: Record<RungClass, Record<RtspClass, Cell | null>> = {
  passed:        { passed: null,    unreachable: abnormR,  silent: abnormR,  login: unauthR, broken: abnormR, ours: unknowR, 'not-tried': uncheck },
  absent:        { passed: null,    unreachable: offlineR, silent: offlineR, login: unauthR, broken: abnormR, ours: unknowR, 'not-tried': uncheck },
  unreachable:   { passed: abnormO, unreachable: offlineO, silent: offlineR, login: unauthR, broken: abnormR, ours: unknowR, 'not-tried': uncheck },
  silent:        { passed: abnormO, unreachable: offlineO, silent: offlineO, login: unauthR, broken: abnormR, ours: unknowR, 'not-tried': uncheck },
  login:         { passed: unauthO, unreachable: unauthO,  silent: unauthO,  login: unauthO, broken: unauthO, ours: unauthO, 'not-tried': unauthO },
  broken:        { passed: abnormO, unreachable: abnormO,  silent: abnormO,  login: unauthR, broken: abnormO, ours: unknowR, 'not-tried': uncheck },
  ours:          { passed: unknowO, unreachable: unknowO,  silent: unknowO,  login: unauthR, broken: unknowO, ours: unknowO, 'not-tried': unknowO },
  'not-tried':   { passed: uncheck, unreachable: uncheck,  silent: uncheck,  login: unauthR, broken: uncheck, ours: unknowR, 'not-tried': uncheck },
}

export function classOf(result: RungResult): RtspClass {
  if (result.outcome !== 'failed') return result.outcome
  return result.fault === null ? 'ours' : classOfFault[result.fault.code]
}

/** Whether the rungs below the picture pass, so that a look at the picture makes sense for the status. */
export function lowerPasses(evidence: Evidence): boolean {
  return lowerCell(evidence) === null
}

function lowerCell(evidence: Evidence): Cell | null {
  return lowerTable[evidence.hasOnvif ? classOf(evidence.onvif) : 'absent'][classOf(evidence.rtsp)]
}

export interface JudgeRule {
  /** A proof older than this proves nothing. */
  proofMaxAgeMs: number
  /** Failed proofs in a row that make a verdict. */
  proofsToConfirm: number
}

/** The status that the evidence justifies now. */
export function judge(evidence: Evidence, nowMs: number, rule: JudgeRule): Verdict {
  const cell = lowerCell(evidence)
  if (cell === null) return judgePicture(evidence, nowMs, rule)
  const fault = cell.from === 'none' ? null : evidence[cell.from].fault
  return { kind: 'status', status: cell.status, cause: fault?.code ?? 'not_checked', detail: fault?.detail ?? '', by: 'lower' }
}

function judgePicture({ picture, lowerPassSinceMs }: Evidence, nowMs: number, rule: JudgeRule): Verdict {
  const status = (status: CameraStatus, cause: FaultCode | null, detail: string): Verdict => ({ kind: 'status', status, cause, detail, by: 'picture' })
  const fault = picture.picture.fault ?? picture.changing.fault
  if (picture.failures >= rule.proofsToConfirm && fault !== null) {
    return status(classOfFault[fault.code] === 'login' ? 'unauthorized' : 'abnormal', fault.code, fault.detail)
  }
  if (picture.provenMs !== null && nowMs - picture.provenMs <= rule.proofMaxAgeMs) {
    return picture.failures === 0 ? status('online', null, '') : { kind: 'hold' }
  }
  if (picture.ownFault !== null) return status('unknown', picture.ownFault.code, picture.ownFault.detail)
  if (picture.provenMs !== null) return status('unknown', 'probe_failed', 'the last proof of the picture is too old')
  const waitedMs = lowerPassSinceMs === null ? 0 : nowMs - lowerPassSinceMs
  return waitedMs > rule.proofMaxAgeMs ? status('unknown', 'not_checked', 'the picture has not been looked at yet') : { kind: 'hold' }
}
