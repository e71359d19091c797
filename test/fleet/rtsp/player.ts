// Owns sending a stream's frames to one client: one write per frame, and what happens when the client is too slow.
// Refuses: queueing without limit; behind 2 MB everything up to the next key frame is dropped.
import type { Socket } from 'node:net'
import type { Clock } from '#base/clock.ts'
import type { CameraState } from '../camera-state.ts'
import type { FleetCounters } from '../counters.ts'
import type { VideoCodec } from '../identity.ts'
import { AUDIO_PACKET_SAMPLES, AUDIO_RATE } from '../rtp/audio.ts'
import type { PrebuiltFrame } from '../rtp/prebuilt.ts'
import { AUDIO_TRACK, VIDEO_TRACK } from '../rtp/sdp.ts'
import type { CameraStream, Subscriber } from './stream.ts'
import type { RtpTrack } from './track.ts'

const LARGEST_BACKLOG = 2 * 1024 * 1024
const TICKS_PER_FRAME = 6000 // 90 kHz at 15 frames a second

export interface PlayerDeps {
  socket: Socket
  state: CameraState
  stream: CameraStream
  codec: VideoCodec
  video: RtpTrack | null
  audio: RtpTrack | null
  tone: { bytes: Buffer; packetOffsets: number[] }[]
  clock: Clock
  counters: FleetCounters
}

export class Player implements Subscriber {
  readonly codec: VideoCodec
  readonly #deps: PlayerDeps
  #firstFrameNumber: number | null = null
  #audioPackets = 0
  #dropping = false
  #last: PrebuiltFrame | null = null

  constructor(deps: PlayerDeps) {
    this.#deps = deps
    this.codec = deps.codec
  }

  /** The RTP-Info header of the answer to PLAY (RFC 2326 §12.33). */
  rtpInfo(url: string): Record<string, string> {
    const base = url.replace(/\/$/, '')
    const { video, audio } = this.#deps
    const entries = [
      ...(video ? [`url=${base}/${VIDEO_TRACK};seq=${video.sequence};rtptime=${video.timestamp(0)}`] : []),
      ...(audio ? [`url=${base}/${AUDIO_TRACK};seq=${audio.sequence};rtptime=${audio.timestamp(0)}`] : []),
    ]
    return { 'RTP-Info': entries.join(',') }
  }

  start(): void {
    if (this.#deps.state.has('stream-silent')) {
      this.#deps.stream.join(this, this.#deps.clock.now())
      return
    }
    for (const { frame, frameNumber, dueMs } of this.#deps.stream.join(this, this.#deps.clock.now())) this.frame(frame, frameNumber, dueMs)
  }

  stop(): void {
    this.#deps.stream.leave(this)
  }

  /** Half of the last frame's bytes, so that the reset that follows comes in the middle of one. */
  breakOff(): void {
    if (this.#last) this.#deps.socket.write(this.#last.bytes.subarray(0, this.#last.bytes.length / 2))
  }

  frame(frame: PrebuiltFrame, frameNumber: number, dueMs: number): void {
    const { socket, video, counters, state, clock } = this.#deps
    if (socket.destroyed) return
    this.#firstFrameNumber ??= frameNumber
    this.#last = frame
    if (this.#dropping ? !frame.key || socket.writableLength > LARGEST_BACKLOG / 2 : socket.writableLength > LARGEST_BACKLOG) {
      this.#dropping = true
      counters.framesDropped++
      return
    }
    this.#dropping = false
    const count = frameNumber - this.#firstFrameNumber
    const wallMs = dueMs + state.deviceNow() - clock.now()
    const parts = video ? video.packets(frame, count * TICKS_PER_FRAME, wallMs) : []
    this.#audio(parts, count, wallMs)
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts)
    if (!bytes) return
    counters.framesSent++
    counters.bytesSent += bytes.length
    socket.write(bytes)
  }

  /** The audio packets that are due by this frame's time. */
  #audio(parts: Buffer[], count: number, wallMs: number): void {
    const { audio, tone } = this.#deps
    if (!audio) return
    const due = Math.floor(((count + 1) * AUDIO_RATE) / (15 * AUDIO_PACKET_SAMPLES))
    for (; this.#audioPackets < due; this.#audioPackets++) {
      const packet = tone[this.#audioPackets % tone.length]
      const samples = this.#audioPackets * AUDIO_PACKET_SAMPLES
      if (packet) parts.push(...audio.packets(packet, samples, wallMs - (count * 1000) / 15 + (samples * 1000) / AUDIO_RATE))
    }
  }
}
