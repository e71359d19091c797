// Owns writing what players get: an init segment with one H.264 track, and segments of one moof with one trun and
// one mdat (CMAF, ISO/IEC 23000-19), all on our own 90 kHz timeline.
// Refuses: knowing where frames come from or how segments are cut.
import type { ParameterSets } from './frame.ts'

/** Ticks a second on our timeline. */
export const TIMESCALE = 90_000

export interface InitDescription {
  parameterSets: ParameterSets
  width: number
  height: number
}

export interface SegmentSample {
  /** Ticks until the next sample is decoded. */
  duration: number
  compositionOffset: number
  key: boolean
  data: Buffer
}

export function writeInit(description: InitDescription): Buffer {
  const { width, height } = description
  const sampleEntry = box('avc1', [
    zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(0x00480000), u32(0x00480000), zeros(4), u16(1), zeros(32), u16(24), u16(0xffff),
    box('avcC', [writeAvcC(description.parameterSets)]),
  ])
  const sampleTable = box('stbl', [
    full('stsd', 0, [u32(1), sampleEntry]),
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

/** @see ISO/IEC 14496-15 §5.3.3.1 */
export function writeAvcC({ sps, pps }: ParameterSets): Buffer {
  const first = sps[0] ?? Buffer.alloc(4)
  const listed = (sets: readonly Buffer[]) => sets.flatMap((set) => [u16(set.length), set])
  return Buffer.concat([
    Buffer.from([1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length]),
    ...listed(sps),
    Buffer.from([pps.length]),
    ...listed(pps),
  ])
}

export interface WrittenSegment {
  bytes: Buffer
  /** Where the samples' data starts in `bytes`. */
  dataOffset: number
}

/** moof with mfhd, traf, tfhd, tfdt and trun up to its entries. */
const MOOF_HEAD_BYTES = 88
const ENTRY_BYTES = 16

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

function box(type: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body])
}

function full(type: string, versionAndFlags: number, parts: readonly Buffer[]): Buffer {
  return box(type, [u32(versionAndFlags), ...parts])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value & 0xffff)
  return bytes
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count)
}
