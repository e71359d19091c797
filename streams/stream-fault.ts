// Owns carrying a Fault as an error through asynchronous code inside the media plane.
// Refuses: leaving the plane; the door turns it into a report, a proof or an AppError.
import type { Fault, FaultCode, FaultRetry } from '#contract/faults.ts'

const RETRY: Partial<Record<FaultCode, FaultRetry>> = {
  address_refused: 'after-change',
  rtsp_refused: 'after-change',
  rtsp_redirected: 'after-change',
  auth_downgrade: 'after-change',
  codec_unsupported: 'later',
  stream_missing: 'later',
  rtsp_malformed: 'later',
  transcoder_missing: 'later',
}

/** Builds a fault with the usual retry advice of its code. `detail` must not contain secrets. */
export function faultOf(code: FaultCode, detail: string): Fault {
  return { code, retry: RETRY[code] ?? 'soon', detail }
}

export class StreamFault extends Error {
  readonly fault: Fault

  constructor(code: FaultCode, detail: string) {
    super(`${code}: ${detail}`)
    this.name = 'StreamFault'
    this.fault = faultOf(code, detail)
  }
}

/** Any thrown thing as a Fault; what is not a StreamFault is our own failure and its text stays inside. */
export function toFault(error: unknown): Fault {
  return error instanceof StreamFault ? error.fault : faultOf('probe_failed', 'an unexpected failure of our own')
}
