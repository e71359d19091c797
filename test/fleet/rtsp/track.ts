// Owns one RTP source towards one client: its channel, sequence numbers, timestamps and sender reports.
// Refuses: deciding what is sent.
import { randomBytes } from 'node:crypto'
import { stampFrame } from '../rtp/prebuilt.ts'
import { senderReport } from '../rtp/sender-report.ts'

const REPORT_EVERY_MS = 5000

export class RtpTrack {
  readonly channel: number
  readonly #ssrc = randomBytes(4).readUInt32BE() >>> 0
  readonly #timestampBase = randomBytes(4).readUInt32BE()
  #sequence = randomBytes(2).readUInt16BE()
  #packets = 0
  #octets = 0
  #reportedMs: number | null = null

  constructor(channel: number) {
    this.channel = channel
  }

  get sequence(): number {
    return this.#sequence
  }

  get ssrc(): number {
    return this.#ssrc
  }

  timestamp(ticks: number): number {
    return (this.#timestampBase + ticks) % 2 ** 32
  }

  /** Stamped packets of one frame, a sender report in front when one is due. @param wallMs the device's time of the frame */
  packets(frame: { bytes: Buffer; packetOffsets: number[] }, ticks: number, wallMs: number): Buffer[] {
    const timestamp = this.timestamp(ticks)
    const bytes = stampFrame(frame, { channel: this.channel, sequence: this.#sequence, timestamp, ssrc: this.#ssrc })
    const report =
      this.#reportedMs === null || Math.abs(wallMs - this.#reportedMs) >= REPORT_EVERY_MS
        ? senderReport({ channel: this.channel + 1, ssrc: this.#ssrc, wallMs, timestamp, packets: this.#packets, octets: this.#octets })
        : null
    if (report) this.#reportedMs = wallMs
    this.#sequence = (this.#sequence + frame.packetOffsets.length) & 0xffff
    this.#packets += frame.packetOffsets.length
    this.#octets += frame.bytes.length - frame.packetOffsets.length * 16
    return report ? [report, bytes] : [bytes]
  }
}
