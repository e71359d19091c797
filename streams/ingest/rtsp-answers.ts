// Owns what a camera's answer to a request means: accepted, or which fault.
// Refuses: login (camera-connection) and redirects (there too).
import { StreamFault } from '../stream-fault.ts'
import type { RtspResponse } from './camera-connection.ts'

/** @throws StreamFault stream_missing, rtsp_refused, rtsp_malformed */
export function expectDescription(response: RtspResponse): void {
  if (response.status === 200) return
  expectNotForbidden('DESCRIBE', response)
  if (response.status >= 400 && response.status < 500) throw new StreamFault('stream_missing', `the camera answered ${response.status} to DESCRIBE`)
  throw new StreamFault('rtsp_malformed', `the camera answered ${response.status} to DESCRIBE`)
}

/** For SETUP and PLAY. @throws StreamFault stream_missing, rtsp_refused */
export function expectAccepted(method: string, response: RtspResponse): void {
  expectNotForbidden(method, response)
  if (response.status >= 400) throw new StreamFault('stream_missing', `the camera answered ${response.status} to ${method}`)
}

/** @throws StreamFault rtsp_refused */
export function expectNotForbidden(method: string, response: RtspResponse): void {
  if (response.status === 401 || response.status === 403) throw new StreamFault('rtsp_refused', `the camera answered ${response.status} to ${method}`)
}
