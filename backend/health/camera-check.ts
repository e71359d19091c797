// Owns one look at one camera's lower rungs: ONVIF and RTSP beside each other, within the camera's own deadline.
// Refuses: rejecting, waiting longer than the deadline whatever a port does, and knocking twice with a refused login.
import type { Clock } from '#base/clock.ts'
import type { Secret } from '#base/secret.ts'
import type { Fault } from '#contract/faults.ts'
import type { MediaPlane, StreamSource } from '#streams'
import type { Camera, Credential } from '../registry/index.ts'
import { failed, passed, type CameraCheck } from './evidence.ts'
import { classOf, notTried, type RungResult } from './ladder.ts'

/** What the watch needs of ONVIF; the device port of the onvif room fits. Never rejects. */
export interface OnvifPing {
  ping(
    target: { host: string; port: number; tls: boolean },
    credential: { username: string; password: Secret } | null,
    options: { deadlineMs: number; signal: AbortSignal },
  ): Promise<
    | { kind: 'answered'; clockOffsetMs: number | null; tookMs: number }
    | { kind: 'fault'; fault: Fault; clockOffsetMs: number | null; tookMs: number }
  >
}

/** What the watch needs of the registry to reach a camera. */
export interface CameraLogins {
  credentialOf(camera: Camera): Promise<Credential | null>
  sourceOf(camera: Camera, stream: 'main' | 'sub'): Promise<StreamSource | null>
}

export interface CameraCheckDeps {
  clock: Clock
  onvif: OnvifPing
  plane: Pick<MediaPlane, 'probe'>
  cameras: CameraLogins
  deadlineMs: number
}

/** Beyond the deadline that the ports keep themselves, before we stop waiting for a port. */
const GRACE_MS = 2_000
export const HTTPS_PORT = 443
const probeFailed = (detail: string): Fault => ({ code: 'probe_failed', retry: 'soon', detail })

/** @param onceRefused the login was refused last time: ask one port only, cameras lock accounts that knock too often */
export async function checkCamera(deps: CameraCheckDeps, camera: Camera, onceRefused: boolean, signal: AbortSignal): Promise<CameraCheck> {
  const { clock, cameras } = deps
  const startedMs = clock.monotonicMs()
  let source: StreamSource | null
  let credential: Credential | null
  try {
    source = await cameras.sourceOf(camera, 'sub')
    credential = source === null ? await cameras.credentialOf(camera) : source.credential
  } catch {
    const result = failed(probeFailed('the login could not be read'), clock.now(), null)
    return { hasOnvif: camera.onvifPort !== null, onvif: result, rtsp: result, clockOffsetMs: null, tookMs: clock.monotonicMs() - startedMs }
  }
  const pinging = ping(deps, camera, credential, signal)
  const mayAlsoProbe = onceRefused && camera.onvifPort !== null ? classOf((await pinging).result) !== 'login' : true
  const probing = mayAlsoProbe ? probe(deps, source) : Promise.resolve(notTried)
  const [{ result, clockOffsetMs }, rtsp] = await Promise.all([pinging, probing])
  return { hasOnvif: camera.onvifPort !== null, onvif: result, rtsp, clockOffsetMs, tookMs: clock.monotonicMs() - startedMs }
}

async function ping(deps: CameraCheckDeps, camera: Camera, credential: Credential | null, signal: AbortSignal): Promise<{ result: RungResult; clockOffsetMs: number | null }> {
  if (camera.onvifPort === null) return { result: notTried, clockOffsetMs: null }
  const target = { host: camera.address, port: camera.onvifPort, tls: camera.onvifPort === HTTPS_PORT }
  const proof = await within(deps, () => deps.onvif.ping(target, credential, { deadlineMs: deps.deadlineMs, signal }))
  const atMs = deps.clock.now()
  if (proof === null) return { result: failed(probeFailed('the ONVIF probe did not end'), atMs, null), clockOffsetMs: null }
  const result = proof.kind === 'answered' ? passed(atMs, proof.tookMs) : failed(proof.fault, atMs, proof.tookMs)
  return { result, clockOffsetMs: proof.clockOffsetMs }
}

async function probe(deps: CameraCheckDeps, source: StreamSource | null): Promise<RungResult> {
  if (source === null) return failed({ code: 'no_stream_profile', retry: 'after-change', detail: 'no stream address is known' }, deps.clock.now(), null)
  const proof = await within(deps, () => deps.plane.probe(source, { timeoutMs: deps.deadlineMs }))
  const atMs = deps.clock.now()
  if (proof === null) return failed(probeFailed('the RTSP probe did not end'), atMs, null)
  return proof.kind === 'answered' ? passed(atMs, proof.tookMs) : failed(proof.fault, atMs, proof.tookMs)
}

/** Null when the port failed or did not end in time: our own fault either way. */
export async function within<Result>({ clock, deadlineMs }: { clock: Clock; deadlineMs: number }, run: () => Promise<Result>): Promise<Result | null> {
  let give: (late: null) => void = () => {}
  const late = new Promise<null>((resolve) => (give = resolve))
  const timer = clock.after(deadlineMs + GRACE_MS, () => give(null))
  try {
    return await Promise.race([run(), late])
  } catch {
    return null
  } finally {
    timer.cancel()
  }
}
