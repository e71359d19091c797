// Owns how trouble with an ONVIF device becomes a Fault: its code, when to try again, a sentence without secrets.
// Refuses: quoting what a device said without cleaning it first.
import type { Fault, FaultCode, FaultRetry } from '#contract/faults.ts'
import { deviceText } from './device-text.ts'

export type OnvifFaultCode = Extract<
  FaultCode,
  | 'unreachable'
  | 'address_refused'
  | 'onvif_silent'
  | 'onvif_malformed'
  | 'onvif_refused'
  | 'clock_skew'
  | 'auth_downgrade'
  | 'no_stream_profile'
  | 'probe_failed'
>

const retries: Record<OnvifFaultCode, FaultRetry> = {
  unreachable: 'soon',
  address_refused: 'after-change',
  onvif_silent: 'soon',
  onvif_malformed: 'later',
  onvif_refused: 'after-change',
  clock_skew: 'after-change',
  auth_downgrade: 'after-change',
  no_stream_profile: 'after-change',
  probe_failed: 'soon',
}

/** @param detail A short technical sentence; anything from the device is cleaned and cut here. */
export function onvifFault(code: OnvifFaultCode, detail: string): Fault {
  return { code, retry: retries[code], detail: deviceText(detail, 200) }
}

// These say that our own host could not even try; the camera stays unknown, not offline.
const ownTrouble = new Set(['EMFILE', 'ENFILE', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'ENOBUFS', 'ENOMEM'])

/** The fault behind a socket or HTTP parser error. `connected` and `answered` say how far the exchange had come. */
export function transportFault(error: unknown, progress: { connected: boolean; answered: boolean }): Fault {
  const code = errorCode(error)
  if (ownTrouble.has(code)) return onvifFault('probe_failed', `our side failed: ${code}`)
  if (code.startsWith('HPE_')) return onvifFault('onvif_malformed', `the answer is not HTTP: ${code}`)
  if (!progress.connected) return onvifFault('unreachable', `no connection: ${code}`)
  if (progress.answered) return onvifFault('onvif_malformed', `the answer broke off: ${code}`)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') return onvifFault('onvif_malformed', `TLS failed: ${code}`)
  return onvifFault('onvif_silent', `hung up without an answer: ${code}`)
}

/** The `code` of a Node error; never its message, which may quote an address with user info. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'UNKNOWN'
}
