// Owns the words for a device behind ONVIF: where it is, how to log in, what it says of itself.
// Refuses: I/O; everything here is plain data.
import type { Secret } from '#base/secret.ts'
import type { Profile } from '#contract/cameras.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamKind } from '#contract/live.ts'

/** Where a device's ONVIF service listens. `host` is an IP literal; its path is fixed by ONVIF Core §5.1.1. */
export interface OnvifTarget {
  host: string
  port: number
  tls: boolean
}

export interface OnvifCredential {
  username: string
  password: Secret
}

/** A stream's address without its host, which is always the device's own registered one. */
export interface StreamPath {
  port: number
  /** Path with query, starting with `/`. */
  path: string
  tls: boolean
}

export interface DeviceIdentity {
  manufacturer: string
  model: string
  firmware: string
  serial: string
  /** `XX-XX-XX-XX-XX-XX`, or empty when the device does not tell. */
  mac: string
  hasPtz: boolean
  /** Camera clock minus server clock, ms; null = the device gives no UTC time. */
  clockOffsetMs: number | null
  /** At most one profile per stream. A device with a single profile uses it for both. */
  profiles: Profile[]
  streamPaths: Partial<Record<StreamKind, StreamPath>>
}

export interface CallOptions {
  /** Whole-operation deadline in ms, connection included. */
  deadlineMs?: number
  /** Aborting answers `probe_failed`; it never rejects. */
  signal?: AbortSignal
}

export type ClockReading =
  | { kind: 'clock'; clockOffsetMs: number | null; tookMs: number }
  | { kind: 'fault'; fault: Fault; tookMs: number }

export type Identification =
  | { kind: 'identified'; device: DeviceIdentity }
  | { kind: 'fault'; fault: Fault; clockOffsetMs: number | null }

export type OnvifProof =
  | { kind: 'answered'; clockOffsetMs: number | null; tookMs: number }
  | { kind: 'fault'; fault: Fault; clockOffsetMs: number | null; tookMs: number }

/** What the device gave to somebody without a login: the first operation that it answered. */
export type StrangerProof = { kind: 'answered'; operation: 'GetDeviceInformation' | 'GetProfiles' } | { kind: 'fault'; fault: Fault }

/** The only way by which other rooms speak to a device. Never rejects: what goes wrong is a Fault. */
export interface OnvifPort {
  /** Reads the device's clock without logging in. Deadline 3 s unless told. */
  readClock(target: OnvifTarget, options?: CallOptions): Promise<ClockReading>
  /** Clock, device information, MAC, profiles and stream addresses. Deadline 8 s unless told. */
  identify(target: OnvifTarget, credential: OnvifCredential | null, options?: CallOptions): Promise<Identification>
  /** The sweep's rung: clock, then one cheap call that needs the login. Deadline 3 s unless told. */
  ping(target: OnvifTarget, credential: OnvifCredential | null, options?: CallOptions): Promise<OnvifProof>
  /**
   * Asks for what needs a login (ONVIF Core §5.9.4.3) without one, by at most three requests. `onvif_refused` is how a
   * device ought to answer. It takes no login, so that none can be sent. Deadline 3 s unless told.
   */
  askAsStranger(target: OnvifTarget, options?: CallOptions): Promise<StrangerProof>
}
