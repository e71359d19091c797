// Owns the ladder's RTSP rung: OPTIONS and DESCRIBE with login, no media.
// Refuses: throwing for a camera's fault; what the camera did is the answer.
import type { AddressPolicy } from '#base/address-policy.ts'
import type { RtspProof, StreamSource } from '../media-plane.ts'
import { StreamFault, toFault } from '../stream-fault.ts'
import { CameraConnection, type CameraConnectionDeps } from './camera-connection.ts'
import { rtspTarget } from './rtsp-address.ts'
import { expectDescription } from './rtsp-answers.ts'
import { readSdp } from './sdp.ts'

export interface RtspProbeDeps {
  connection: Omit<CameraConnectionDeps, 'connectTimeoutMs' | 'answerTimeoutMs'>
  addressPolicy: AddressPolicy
}

/** Asks a camera for the description of one stream. `timeoutMs` bounds the whole probe. */
export async function probeRtsp(deps: RtspProbeDeps, source: StreamSource, timeoutMs: number): Promise<RtspProof> {
  const { clock } = deps.connection
  const startedMs = clock.monotonicMs()
  const tookMs = () => Math.round(clock.monotonicMs() - startedMs)
  let connection: CameraConnection | undefined
  // Not by the time that passed: a timer may fire a moment early.
  let late = false
  const deadline = clock.after(timeoutMs, () => {
    late = true
    connection?.close()
  })
  try {
    const target = rtspTarget(source, deps.addressPolicy)
    connection = new CameraConnection({ ...deps.connection, connectTimeoutMs: timeoutMs, answerTimeoutMs: timeoutMs }, target, source.credential)
    await connection.connect()
    await connection.request('OPTIONS', target.url, {})
    const described = await connection.request('DESCRIBE', target.url, { Accept: 'application/sdp' })
    expectDescription(described)
    return { kind: 'answered', ...readSdp(described.body.toString('utf8')), tookMs: tookMs() }
  } catch (error) {
    const fault = toFault(error)
    const silent = late && fault.code === 'stream_reset'
    return { kind: 'fault', fault: silent ? new StreamFault('rtsp_silent', 'no answer in time').fault : fault, tookMs: tookMs() }
  } finally {
    deadline.cancel()
    connection?.close()
  }
}
