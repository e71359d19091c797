// Owns asking one camera's doors, as a stranger would, beside each other and within a deadline.
// Refuses: logins: it is given none, so that none can be sent or tried; rejecting.
import type { Clock } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { Door } from '#contract/posture.ts'
import type { MediaPlane, StreamSource } from '#streams'
import type { Camera } from '../registry/index.ts'
import { HTTPS_PORT, within } from './camera-check.ts'
import { readingOf, type DoorReading } from './posture.ts'

/** What this needs of ONVIF; the device port of the onvif room fits. Never rejects. */
export interface OnvifStranger {
  askAsStranger(
    target: { host: string; port: number; tls: boolean },
    options: { deadlineMs: number; signal: AbortSignal },
  ): Promise<{ kind: 'answered' } | { kind: 'fault'; fault: Fault }>
}

export interface PostureQuestionDeps {
  clock: Clock
  onvif: OnvifStranger
  plane: Pick<MediaPlane, 'probe'>
  deadlineMs: number
}

/** @param place the stream that is asked for; null = the camera has none */
export async function askDoors(
  deps: PostureQuestionDeps,
  camera: Pick<Camera, 'address' | 'onvifPort'>,
  place: Omit<StreamSource, 'credential'> | null,
  signal: AbortSignal,
): Promise<Map<Door, DoorReading>> {
  const { deadlineMs } = deps
  const asked: Promise<[Door, DoorReading]>[] = []
  const ask = (door: Door, question: () => Promise<{ kind: 'answered' } | { kind: 'fault'; fault: Fault }>) =>
    asked.push(
      within(deps, question).then((proof) => [door, proof === null ? { kind: 'fault', fault: 'probe_failed' } : readingOf(proof.kind === 'answered' ? null : proof.fault.code)]),
    )
  if (place !== null) ask('rtsp', () => deps.plane.probe({ ...place, credential: null }, { timeoutMs: deadlineMs }))
  const { address, onvifPort } = camera
  if (onvifPort !== null) ask('onvif', () => deps.onvif.askAsStranger({ host: address, port: onvifPort, tls: onvifPort === HTTPS_PORT }, { deadlineMs, signal }))
  return new Map(await Promise.all(asked))
}
