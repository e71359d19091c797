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

/** @param sequence moof sequence number. @param baseTime decode time of the first sample, ticks */
export function writeSegment(sequence: number, baseTime: number, samples: readonly SegmentSample[]): WrittenSegment {
  const entries = Buffer.alloc(samples.length * 16)
  let payload = 0
  samples.forEach((sample, index) => {
    entries.writeUInt32BE(sample.duration, index * 16)
    entries.writeUInt32BE(sample.data.length, index * 16 + 4)
    entries.writeUInt32BE(sample.key ? 0x02000000 : 0x01010000, index * 16 + 8)
    entries.writeInt32BE(sample.compositionOffset, index * 16 + 12)
    payload += sample.data.length
  })
  const decodeTime = Buffer.alloc(8)
  decodeTime.writeBigUInt64BE(BigInt(baseTime))
  const run = full('trun', 0x01000f01, [u32(samples.length), u32(0), entries])
  const moof = box('moof', [
    full('mfhd', 0, [u32(sequence >>> 0)]),
    box('traf', [full('tfhd', 0x020000, [u32(1)]), full('tfdt', 0x01000000, [decodeTime]), run]),
  ])
  moof.writeUInt32BE(moof.length + 8, moof.length - entries.length - 4) // trun.data_offset: just behind mdat's header
  const head = Buffer.alloc(8)
  head.writeUInt32BE(payload + 8, 0)
  head.write('mdat', 4, 'latin1')
  return { bytes: Buffer.concat([moof, head, ...samples.map((sample) => sample.data)]), dataOffset: moof.length + 8 }
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
