// Owns what can be wrong with a camera or its picture, as codes; words for people are in the console's locales.
// Refuses: API refusals (errors.ts).
import { z } from 'zod'

export const faultCodes = [
  'not_checked', // nothing has been proven yet
  'unreachable', // no TCP connection
  'address_refused', // an address outside the allowed camera networks, never connected to
  'onvif_silent', // connected, but SOAP did not answer in time
  'onvif_malformed', // SOAP answered with something that is not SOAP
  'onvif_refused', // SOAP login refused
  'clock_skew', // login refused and the clock is far off
  'rtsp_silent', // RTSP did not answer in time
  'rtsp_malformed', // not RTSP, or an SDP that cannot be used
  'rtsp_refused', // RTSP login refused
  'rtsp_redirected', // the device sent us elsewhere; we do not go
  'auth_downgrade', // the device asks for clear-text credentials; we do not send them
  'stream_missing', // 404 or no such profile
  'stream_silent', // PLAY accepted, no media came
  'stream_reset', // the connection broke in the middle
  'stream_undecodable', // media came, no picture could be decoded
  'codec_unsupported', // a codec we can neither copy nor transcode
  'picture_frozen', // pictures decode but do not change
  'picture_black', // pictures decode but are black
  'suspended', // 报备停机
  'transcoder_missing', // our ffmpeg is missing: our fault
  'probe_failed', // our probe failed: our fault
  'no_stream_profile', // the device has no usable profile
] as const

export const faultCodeSchema = z.enum(faultCodes)
export type FaultCode = (typeof faultCodes)[number]

/** Whether the same source may be tried again soon, later, or only after somebody changed something. */
export type FaultRetry = 'soon' | 'later' | 'after-change'

export interface Fault {
  code: FaultCode
  retry: FaultRetry
  /** A short technical sentence without secrets, for the log and the detail page. */
  detail: string
}
