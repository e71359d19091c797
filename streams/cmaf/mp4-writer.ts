// Owns writing what players get: an init segment with one video track, and segments of one moof with one trun and
// one mdat (CMAF, ISO/IEC 23000-19), all on our own 90 kHz timeline.
// Refuses: knowing where frames come from or how segments are cut.
import { box, full, u16, u32, zeros } from './box-writer.ts'
import { writeSampleEntry, type SampleDescription } from './sample-entry.ts'

/** Ticks a second on our timeline. */
export const TIMESCALE = 90_000

export type InitDescription = SampleDescription

export interface SegmentSample {
  /** Ticks until the next sample is decoded. */
  duration: number
  compositionOffset: number
  key: boolean
  data: Buffer
}

export function writeInit(description: InitDescription): Buffer {
  const { width, height } = description
  const sampleTable = box('stbl', [
    full('stsd', 0, [u32(1), writeSampleEntry(description)]),
    full('stts', 0, [u32(0)]),
    full('stsc', 0, [u32(0)]),
    full('stsz', 0, [u32(0), u32(0)]),
    full('stco', 0, [u32(0)]),
  ])
  const media = box('mdia', [
    full('mdhd', 0, [zeros(8), u32(TIMESCALE), u32(0), u16(0x55c4), u16(0)]),
    full('hdlr', 0, [zeros(4), Buffer.from('vide'), zeros(12), Buffer.from('video\0')]),
    box('minf', [
      full('vmhd', 1, [zeros(8)]),
      box('dinf', [full('dref', 0, [u32(1), full('url ', 1, [])])]),
      sampleTable,
    ]),
  ])
  // Durations stay 0: it is what tells a browser's media source that this is live.
  const movie = box('moov', [
    full('mvhd', 0, [zeros(8), u32(TIMESCALE), u32(0), u32(0x00010000), u16(0x0100), zeros(10), MATRIX, zeros(24), u32(2)]),
    box('trak', [full('tkhd', 3, [zeros(8), u32(1), zeros(4), u32(0), zeros(8), u16(0), u16(0), u16(0), zeros(2), MATRIX, u32(width * 65536), u32(height * 65536)]), media]),
    box('mvex', [full('trex', 0, [u32(1), u32(1), u32(0), u32(0), u32(0)])]),
  ])
  return Buffer.concat([box('ftyp', [Buffer.from('iso5'), u32(512), Buffer.from('iso5iso6mp41cmfc')]), movie])
}

export interface WrittenSegment {
  bytes: Buffer
  /** Where the samples' data starts in `bytes`. */
  dataOffset: number
}

/** moof with mfhd, traf, tfhd, tfdt and trun up to its entries. */
const MOOF_HEAD_BYTES = 88
const ENTRY_BYTES = 16
/** Behind the heads of moof, traf and tfdt, mfhd and tfhd. */
const TFDT_TIME_AT = 60

/** Decode time of the first sample of a segment that `writeSegment` wrote, ticks. */
export function baseTimeOf(segment: Buffer): number {
  return Number(segment.readBigUInt64BE(TFDT_TIME_AT))
}

/** @param sequence moof sequence number. @param baseTime decode time of the first sample, ticks */
export function writeSegment(sequence: number, baseTime: number, samples: readonly SegmentSample[]): WrittenSegment {
  let payload = 0
  for (const sample of samples) payload += sample.data.length
  const moofBytes = MOOF_HEAD_BYTES + samples.length * ENTRY_BYTES
  const dataOffset = moofBytes + 8
  // One piece of memory of its own: it stays for as long as the window does, many times a second and camera.
  const bytes = Buffer.allocUnsafeSlow(dataOffset + payload)
  let at = 0
  const put = (value: number) => (at = bytes.writeUInt32BE(value >>> 0, at))
  const begin = (size: number, type: string) => {
    put(size)
    at += bytes.write(type, at, 'latin1')
  }
  begin(moofBytes, 'moof')
  begin(16, 'mfhd')
  put(0)
  put(sequence)
  begin(moofBytes - 24, 'traf')
  begin(16, 'tfhd')
  put(0x020000)
  put(1)
  begin(20, 'tfdt')
  put(0x01000000)
  at = bytes.writeBigUInt64BE(BigInt(baseTime), at)
  begin(moofBytes - 68, 'trun')
  put(0x01000f01)
  put(samples.length)
  put(dataOffset)
  for (const sample of samples) {
    put(sample.duration)
    put(sample.data.length)
    put(sample.key ? 0x02000000 : 0x01010000)
    at = bytes.writeInt32BE(sample.compositionOffset, at)
  }
  begin(payload + 8, 'mdat')
  for (const sample of samples) at += sample.data.copy(bytes, at)
  return { bytes, dataOffset }
}

const MATRIX = Buffer.concat([u32(0x00010000), zeros(12), u32(0x00010000), zeros(12), u32(0x40000000)])
