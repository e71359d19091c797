// Owns cutting access units into RTP payloads: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435).
// Refuses: sequence numbers, timestamps and sources; those are patched in per client (prebuilt.ts).
import type { AccessUnit } from '../loops/annexb.ts'
import type { Loop } from '../loops/loop-file.ts'

/** Largest RTP payload; with header and interleaving it stays below an Ethernet frame. */
export const LARGEST_PAYLOAD = 1400

/** The payloads of one frame in order; the last one carries the marker bit. Parameter sets go in front of key frames. */
export function packetise(loop: Loop, frame: AccessUnit): Buffer[] {
  if (loop.codec === 'mjpeg') return jpegPayloads(frame.units[0] ?? Buffer.alloc(0), loop.width, loop.height)
  const units = frame.key ? [...loop.parameterSets, ...frame.units] : frame.units
  return units.flatMap((unit) => (loop.codec === 'h264' ? h264Payloads(unit) : h265Payloads(unit)))
}

/** A single NAL unit packet, or FU-A fragments (RFC 6184 §5.6, §5.8). */
export function h264Payloads(unit: Buffer, largest: number = LARGEST_PAYLOAD): Buffer[] {
  if (unit.length <= largest) return [unit]
  const header = unit[0] ?? 0
  return fragments(unit.subarray(1), largest - 2).map(({ bytes, first, last }) =>
    Buffer.concat([Buffer.from([(header & 0xe0) | 28, (first ? 0x80 : 0) | (last ? 0x40 : 0) | (header & 31)]), bytes]),
  )
}

/** A single NAL unit packet, or fragmentation units (RFC 7798 §4.4.1, §4.4.3). */
export function h265Payloads(unit: Buffer, largest: number = LARGEST_PAYLOAD): Buffer[] {
  if (unit.length <= largest) return [unit]
  const header = unit[0] ?? 0
  const layer = unit[1] ?? 0
  const type = (header >> 1) & 63
  return fragments(unit.subarray(2), largest - 3).map(({ bytes, first, last }) =>
    Buffer.concat([Buffer.from([(header & 0x81) | (49 << 1), layer, (first ? 0x80 : 0) | (last ? 0x40 : 0) | type]), bytes]),
  )
}

function fragments(bytes: Buffer, size: number): { bytes: Buffer; first: boolean; last: boolean }[] {
  const parts: { bytes: Buffer; first: boolean; last: boolean }[] = []
  for (let at = 0; at < bytes.length; at += size) {
    parts.push({ bytes: bytes.subarray(at, at + size), first: at === 0, last: at + size >= bytes.length })
  }
  return parts
}

/** RFC 2435: scan data behind an 8-byte header; the quantisation tables travel in the first packet (Q = 255). */
export function jpegPayloads(picture: Buffer, width: number, height: number, largest: number = LARGEST_PAYLOAD): Buffer[] {
  const { tables, scan } = openJpeg(picture)
  const payloads: Buffer[] = []
  for (let at = 0; at < scan.length; ) {
    const header = Buffer.alloc(8)
    header.writeUIntBE(at, 1, 3)
    header[4] = 1 // 4:2:0, as the encoder makes it
    header[5] = 255
    header[6] = width / 8
    header[7] = height / 8
    const quantisation = at === 0 ? Buffer.concat([Buffer.from([0, 0, 0, tables.length]), tables]) : Buffer.alloc(0)
    const room = largest - header.length - quantisation.length
    payloads.push(Buffer.concat([header, quantisation, scan.subarray(at, at + room)]))
    at += room
  }
  return payloads
}

/** Luma and chroma quantisation tables (128 bytes) and the entropy-coded scan of a baseline JPEG. */
function openJpeg(picture: Buffer): { tables: Buffer; scan: Buffer } {
  const found: Buffer[] = []
  let at = 2
  while (at + 4 <= picture.length) {
    const marker = picture[at + 1]
    const length = picture.readUInt16BE(at + 2)
    const body = picture.subarray(at + 4, at + 2 + length)
    if (marker === 0xdb) for (let table = 0; table + 65 <= body.length; table += 65) found[(body[table] ?? 0) & 15] = body.subarray(table + 1, table + 65)
    at += 2 + length
    if (marker === 0xda) break
  }
  const luma = found[0] ?? Buffer.alloc(64, 16)
  const end = picture.lastIndexOf(Buffer.from([0xff, 0xd9]))
  return { tables: Buffer.concat([luma, found[1] ?? luma]), scan: picture.subarray(at, end > at ? end : picture.length) }
}
