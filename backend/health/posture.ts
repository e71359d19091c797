// Owns what the answers of a camera's doors to a stranger mean: open, clear text, closed; since when; when to ask again. Pure.
// Refuses: calling a camera closed that could not be asked. What was found stays until the door itself says otherwise.
import { createHash } from 'node:crypto'
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { CameraId } from '#contract/ids.ts'
import type { Door, DoorAnswer, Posture, PostureHold } from '#contract/posture.ts'
import type { StreamSource } from '#streams'
import type { Camera } from '../registry/index.ts'

/** What one question to one door brought. */
export type DoorReading = { kind: 'answered'; answer: DoorAnswer } | { kind: 'fault'; fault: FaultCode }

/** What is known of one door of one camera; times in UTC ms. */
export interface DoorRecord {
  door: Door
  /** Null = it has never answered. */
  answer: DoorAnswer | null
  sinceMs: number | null
  answeredMs: number | null
  askedMs: number
  /** Why the last question was not answered. */
  fault: FaultCode | null
}

const refusals: ReadonlySet<FaultCode> = new Set(['rtsp_refused', 'onvif_refused', 'clock_skew'])

/** @param fault null = the door gave a stranger what it has */
export function readingOf(fault: FaultCode | null): DoorReading {
  if (fault === null) return { kind: 'answered', answer: 'open' }
  if (fault === 'auth_downgrade') return { kind: 'answered', answer: 'clear-text' }
  return refusals.has(fault) ? { kind: 'answered', answer: 'closed' } : { kind: 'fault', fault }
}

export function afterReading(before: DoorRecord | undefined, door: Door, reading: DoorReading, nowMs: number): DoorRecord {
  if (reading.kind === 'fault') return { door, answer: null, sinceMs: null, answeredMs: null, ...before, askedMs: nowMs, fault: reading.fault }
  const sinceMs = before?.answer === reading.answer ? before.sinceMs : nowMs
  return { door, answer: reading.answer, sinceMs, answeredMs: nowMs, askedMs: nowMs, fault: null }
}

export const isWeak = ({ answer }: Pick<DoorRecord, 'answer'>): boolean => answer === 'open' || answer === 'clear-text'

export function doorsOf(camera: Pick<Camera, 'streamPaths' | 'onvifPort'>): Door[] {
  return [...(camera.streamPaths.length > 0 ? (['rtsp'] as const) : []), ...(camera.onvifPort !== null ? (['onvif'] as const) : [])]
}

/** @param records of the doors that the camera has now */
export function postureOf(doors: readonly Door[], records: readonly DoorRecord[]): Posture {
  if (records.some(isWeak)) return 'weak'
  return doors.length > 0 && doors.every((door) => records.some((record) => record.door === door && record.answer === 'closed')) ? 'closed' : 'unknown'
}

/** Where questions would go, as a short text: what another device or another address said counts for nothing. */
export function askedPlace(camera: Pick<Camera, 'address' | 'onvifPort' | 'serial'>, place: Pick<StreamSource, 'tls' | 'port' | 'path'> | null): string {
  const parts = [camera.address, camera.onvifPort, camera.serial, place?.tls, place?.port, place?.path]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)
}

/**
 * Why nobody asks a camera that stands so; null = it may be asked. One that is not known because our ffmpeg is missing may:
 * that says nothing of its doors.
 */
export function holdOf({ status, cause }: { status: CameraStatus; cause: FaultCode | null }): PostureHold | null {
  if (status === 'unknown') return cause === 'transcoder_missing' ? null : status
  return status === 'offline' || status === 'suspended' ? status : null
}

/** Who did not answer is asked again after this share of the period: a day, of a week. */
const AGAIN_SHARE = 1 / 7

/**
 * UTC ms of a camera's next turn; 0 = now. Every camera has its own place in the period, which follows from its id: turns are
 * spread evenly, stay so over restarts, and need no plan. The first turn comes half to one and a half periods after the first answer.
 */
export function nextTurnMs(cameraId: CameraId, asked: { atMs: number; answered: boolean } | null, periodMs: number): number {
  if (asked === null) return 0
  if (!asked.answered) return asked.atMs + periodMs * AGAIN_SHARE
  const placeMs = (createHash('sha256').update(cameraId).digest().readUInt32BE(0) / 2 ** 32) * periodMs
  const earliestMs = asked.atMs + periodMs / 2
  return earliestMs + ((((placeMs - earliestMs) % periodMs) + periodMs) % periodMs)
}
