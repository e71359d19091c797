// Owns the ladder's RTSP rung: OPTIONS and DESCRIBE with login, no media.
// Refuses: throwing for a camera's fault; what the camera did is the answer. Reading on while a camera talks without end.
import type { AddressPolicy } from '#base/address-policy.ts'
import type { RtspProof, StreamSource } from '../media-plane.ts'
import { StreamFault, toFault } from '../stream-fault.ts'
import { CameraConnection, type CameraConnectionDeps } from './camera-connection.ts'
import { rtspTarget } from './rtsp-address.ts'
import { expectDescription } from './rtsp-answers.ts'
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from './rtsp-splitter.ts'
import { readSdp } from './sdp.ts'

export interface RtspProbeDeps {
  connection: Omit<CameraConnectionDeps, 'connectTimeoutMs' | 'answerTimeoutMs'>
  addressPolicy: AddressPolicy
}

/** Four answers of the largest size that is read; an SDP takes some hundred bytes. */
const MOST_BYTES = 4 * (MAX_HEADER_BYTES + MAX_BODY_BYTES)

/** Asks a camera for the description of one stream. `timeoutMs` bounds the whole probe. */
export async function probeRtsp(deps: RtspProbeDeps, source: StreamSource, timeoutMs: number): Promise<RtspProof> {
  const { clock } = deps.connection
  const startedMs = clock.monotonicMs()
  const tookMs = () => Math.round(clock.monotonicMs() - startedMs)
  let connection: CameraConnection | undefined
  // Not by the time that passed: a timer may fire a moment early.
  let late = false
  let bytes = 0
  const count = (more: number) => {
    bytes += more
    if (bytes > MOST_BYTES) connection?.close()
  }
  const deadline = clock.after(timeoutMs, () => {
    late = true
    connection?.close()
  })
  try {
    const target = rtspTarget(source, deps.addressPolicy)
    connection = new CameraConnection({ ...deps.connection, connectTimeoutMs: timeoutMs, answerTimeoutMs: timeoutMs }, target, source.credential)
    connection.onTalk = count
    connection.onLost = count
    connection.onMedia = ({ length }) => {
      count(length)
      return false
    }
    await connection.connect()
    await connection.request('OPTIONS', target.url, {})
    const described = await connection.request('DESCRIBE', target.url, { Accept: 'application/sdp' })
    expectDescription(described)
    return { kind: 'answered', ...readSdp(described.body.toString('utf8')), tookMs: tookMs() }
  } catch (error) {
    if (bytes > MOST_BYTES) return { kind: 'fault', fault: new StreamFault('rtsp_malformed', 'more than the answers to two questions').fault, tookMs: tookMs() }
    const fault = toFault(error)
    const silent = late && fault.code === 'stream_reset'
    return { kind: 'fault', fault: silent ? new StreamFault('rtsp_silent', 'no answer in time').fault : fault, tookMs: tookMs() }
  } finally {
    deadline.cancel()
    connection?.close()
  }
}
