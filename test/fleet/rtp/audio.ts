// Owns the G.711 A-law tone of cameras that have a microphone, as prebuilt packets of 40 ms.
// Refuses: other sounds; loops have no recorded audio.
import { interleave } from './prebuilt.ts'

export const AUDIO_PAYLOAD_TYPE = 8 // PCMA, RFC 3551
export const AUDIO_RATE = 8000
export const AUDIO_PACKET_SAMPLES = 320

/** ITU-T G.711 A-law of one 16-bit sample. */
export function encodeALaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80
  const magnitude = Math.min(4095, (sample < 0 ? -sample - 1 : sample) >> 3)
  let segment = 0
  while (segment < 7 && magnitude >= 32 << segment) segment++
  const mantissa = segment < 2 ? (magnitude >> 1) & 15 : (magnitude >> segment) & 15
  return (sign | (segment << 4) | mantissa) ^ 0x55
}

/** One second of a 440 Hz tone: it ends where it starts, so it can be repeated. */
export function toneFrames(): { bytes: Buffer; packetOffsets: number[] }[] {
  return Array.from({ length: AUDIO_RATE / AUDIO_PACKET_SAMPLES }, (_, packet) => {
    const payload = Buffer.alloc(AUDIO_PACKET_SAMPLES)
    for (let i = 0; i < payload.length; i++) {
      payload[i] = encodeALaw(Math.round(3000 * Math.sin((2 * Math.PI * 440 * (packet * AUDIO_PACKET_SAMPLES + i)) / AUDIO_RATE)))
    }
    return interleave([payload], AUDIO_PAYLOAD_TYPE)
  })
}
