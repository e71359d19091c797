// Owns a loop made ready to send: each frame one buffer of interleaved RTP packets in which only channel, sequence number,
// timestamp and source are left to fill in. Refuses: sockets and time.
import type { Loop } from '../loops/loop-file.ts'
import { packetise } from './packetise.ts'

export interface PrebuiltFrame {
  key: boolean
  /** `$`, channel, length, RTP header, payload, for each packet. */
  bytes: Buffer
  /** Where each packet's `$` is. */
  packetOffsets: number[]
}

export interface PrebuiltLoop {
  loop: Loop
  frames: PrebuiltFrame[]
  /** 90 kHz ticks from frame to frame. */
  ticksPerFrame: number
}

export const VIDEO_PAYLOAD_TYPE = { h264: 96, h265: 98, mjpeg: 26 } as const
const INTERLEAVED_BYTES = 4
export const RTP_HEADER_BYTES = 12

export function prebuild(loop: Loop): PrebuiltLoop {
  const frames = loop.frames.map((frame): PrebuiltFrame => {
    const { bytes, packetOffsets } = interleave(packetise(loop, frame), VIDEO_PAYLOAD_TYPE[loop.codec])
    return { key: frame.key, bytes, packetOffsets }
  })
  return { loop, frames, ticksPerFrame: 90_000 / loop.framesPerSecond }
}

/** Packets of one frame behind each other; the last one has the marker bit. */
export function interleave(payloads: Buffer[], payloadType: number): { bytes: Buffer; packetOffsets: number[] } {
  const parts: Buffer[] = []
  const packetOffsets: number[] = []
  let at = 0
  for (const [i, payload] of payloads.entries()) {
    const head = Buffer.alloc(INTERLEAVED_BYTES + RTP_HEADER_BYTES)
    head[0] = 0x24
    head.writeUInt16BE(RTP_HEADER_BYTES + payload.length, 2)
    head[4] = 0x80
    head[5] = (i === payloads.length - 1 ? 0x80 : 0) | payloadType
    parts.push(head, payload)
    packetOffsets.push(at)
    at += head.length + payload.length
  }
  return { bytes: Buffer.concat(parts), packetOffsets }
}

export interface PacketStamp {
  channel: number
  sequence: number
  timestamp: number
  ssrc: number
}

/** A copy of the frame with the client's numbers in it. Sequence numbers count up from `stamp.sequence`. */
export function stampFrame(frame: { bytes: Buffer; packetOffsets: number[] }, stamp: PacketStamp): Buffer {
  const copy = Buffer.allocUnsafe(frame.bytes.length)
  frame.bytes.copy(copy)
  let sequence = stamp.sequence
  for (const at of frame.packetOffsets) {
    copy[at + 1] = stamp.channel
    copy[at + 6] = (sequence >> 8) & 255
    copy[at + 7] = sequence & 255
    copy.writeUInt32BE(stamp.timestamp >>> 0, at + 8)
    copy.writeUInt32BE(stamp.ssrc, at + 12)
    sequence = (sequence + 1) & 0xffff
  }
  return copy
}
