// Owns reading ffmpeg's fragmented mp4 as a stream of frames: one `moov`, then `moof`+`mdat` pairs.
// Refuses: tracks other than one of H.264, H.265 or MJPEG (the fault says what came instead), sizes that do not fit their box.
import { StreamFault } from '../stream-fault.ts'
import { BoxSplitter, childBoxes, findBox } from './box-splitter.ts'
import type { FrameCodec, ParameterSets, SourceFrame, VideoTrack } from './frame.ts'
import { NONE_IN_BAND } from './nal-units.ts'

export interface FrameSink {
  onTrack(track: VideoTrack): void
  onFrame(frame: SourceFrame): void
}

interface SampleEntry {
  size: number
  dts: number
  compositionOffset: number
  key: boolean
}

const MAX_SAMPLES = 4096
const NON_SYNC = 0x00010000

export class FrameReader {
  readonly #splitter = new BoxSplitter()
  readonly #sink: FrameSink
  #samples: SampleEntry[] = []
  #haveTrack = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** @throws StreamFault codec_unsupported, stream_undecodable */
  push(chunk: Buffer): void {
    try {
      for (const box of this.#splitter.push(chunk)) {
        if (box.type === 'moov') this.#readTrack(box.bytes)
        else if (box.type === 'moof') this.#samples = readFragment(box.bytes)
        else if (box.type === 'mdat' && this.#haveTrack) this.#emit(box.bytes)
      }
    } catch (error) {
      if (error instanceof RangeError) throw new StreamFault('stream_undecodable', 'the muxed stream is malformed')
      throw error
    }
  }

  #readTrack(moov: Buffer): void {
    const entries = findBox(moov, ['trak', 'mdia', 'minf', 'stbl', 'stsd'])
    const mdhd = findBox(moov, ['trak', 'mdia', 'mdhd'])
    const entry = entries && childBoxes(entries, 16)[0]
    if (!entry || !mdhd) throw new StreamFault('stream_undecodable', 'no track in the muxed stream')
    const codec = CODECS[entry.type]
    if (codec === undefined || (codec === 'mjpeg' && !isJpeg(entry.bytes))) {
      throw new StreamFault('codec_unsupported', `the stream is ${entry.type.replace(/[^a-z0-9]/gi, '?')}, which is not carried on`)
    }
    this.#haveTrack = true
    this.#sink.onTrack({
      codec,
      parameterSets: codec === 'mjpeg' ? NONE_IN_BAND : readParameterSets(codec, entry.bytes),
      width: entry.bytes.readUInt16BE(32),
      height: entry.bytes.readUInt16BE(34),
      timescale: mdhd.readUInt32BE(mdhd[8] === 1 ? 28 : 20),
    })
  }

  #emit(mdat: Buffer): void {
    let at = 8
    for (const sample of this.#samples) {
      if (at + sample.size > mdat.length) throw new RangeError('a sample outside its mdat')
      const { dts, compositionOffset, key } = sample
      this.#sink.onFrame({ dts, compositionOffset, key, data: mdat.subarray(at, at + sample.size) })
      at += sample.size
    }
    this.#samples = []
  }
}

const CODECS: Record<string, FrameCodec> = { avc1: 'h264', hvc1: 'h265', hev1: 'h265', mp4v: 'mjpeg' }
/** Where the boxes of a visual sample entry begin. */
const ENTRY_BOXES_AT = 86
const JPEG_OBJECT_TYPE = 0x6c

/** mp4v may be anything of MPEG-4; the decoder's descriptor says what. */
function isJpeg(entry: Buffer): boolean {
  const esds = childBoxes(entry, ENTRY_BOXES_AT).find((box) => box.type === 'esds')
  if (!esds) return false
  // Lengths of descriptors may be padded to four bytes; the first byte of the decoder's is what is looked for.
  const config = /\x04[\x80]{0,3}[\x00-\x7f]([^])\x11/.exec(esds.bytes.toString('latin1', 12))
  return config?.[1]?.charCodeAt(0) === JPEG_OBJECT_TYPE
}

function readParameterSets(codec: 'h264' | 'h265', entry: Buffer): ParameterSets {
  const record = childBoxes(entry, ENTRY_BOXES_AT).find((box) => box.type === (codec === 'h264' ? 'avcC' : 'hvcC'))
  if (!record) throw new StreamFault('stream_undecodable', 'no parameter sets in the muxed stream')
  return codec === 'h264' ? readAvcC(record.bytes.subarray(8)) : readHvcC(record.bytes.subarray(8))
}

/** @see ISO/IEC 14496-15 §8.3.3.1. @throws RangeError on lengths outside the box */
export function readHvcC(record: Buffer): ParameterSets {
  if (((record.readUInt8(21) & 3) + 1) !== 4) throw new RangeError('NAL lengths that are not 4 bytes')
  const sets: Record<number, Buffer[]> = {}
  let at = 23
  for (let arrays = record.readUInt8(22); arrays > 0; arrays--) {
    const type = record.readUInt8(at) & 63
    const count = record.readUInt16BE(at + 1)
    at += 3
    for (let i = 0; i < count; i++) {
      const length = record.readUInt16BE(at)
      if (at + 2 + length > record.length) throw new RangeError('a parameter set outside its box')
      ;(sets[type] ??= []).push(Buffer.from(record.subarray(at + 2, at + 2 + length)))
      at += 2 + length
    }
  }
  return { vps: sets[32] ?? [], sps: sets[33] ?? [], pps: sets[34] ?? [] }
}

/** @see ISO/IEC 14496-15 §5.3.3.1. @throws RangeError on lengths outside the box */
export function readAvcC(record: Buffer): ParameterSets {
  if (((record.readUInt8(4) & 3) + 1) !== 4) throw new RangeError('NAL lengths that are not 4 bytes')
  let at = 5
  const take = (count: number): Buffer[] => {
    const sets: Buffer[] = []
    for (let i = 0; i < count; i++) {
      const length = record.readUInt16BE(at)
      if (at + 2 + length > record.length) throw new RangeError('a parameter set outside its box')
      sets.push(Buffer.from(record.subarray(at + 2, at + 2 + length)))
      at += 2 + length
    }
    return sets
  }
  const sps = take(record.readUInt8(at++) & 31)
  const pps = take(record.readUInt8(at++))
  return { sps, pps }
}

const TRAF = 0x74726166
const TFHD = 0x74666864
const TFDT = 0x74666474
const TRUN = 0x7472756e

/** Samples of the first track of a moof, read in place: this happens for every frame. @see ISO/IEC 14496-12 §8.8.4–8.8.12 */
function readFragment(moof: Buffer): SampleEntry[] {
  const samples: SampleEntry[] = []
  const traf = findType(moof, 8, moof.length, TRAF)
  if (traf < 0) return samples
  const end = traf + moof.readUInt32BE(traf)
  let dts = 0
  const defaults = { duration: 0, size: 0, flags: 0 }
  for (let at = traf + 8; at + 8 <= end; ) {
    const size = moof.readUInt32BE(at)
    if (size < 8 || at + size > end) break
    const type = moof.readUInt32BE(at + 4)
    if (type === TFHD) readDefaults(moof.subarray(at, at + size), defaults)
    if (type === TFDT) dts = moof[at + 8] === 1 ? moof.readUInt32BE(at + 12) * 2 ** 32 + moof.readUInt32BE(at + 16) : moof.readUInt32BE(at + 12)
    if (type === TRUN) dts = readRun(moof.subarray(at, at + size), dts, defaults, samples)
    at += size
  }
  return samples
}

/** Where the first box of this type begins; -1 when there is none. */
function findType(bytes: Buffer, start: number, end: number, type: number): number {
  for (let at = start; at + 8 <= end; ) {
    const size = bytes.readUInt32BE(at)
    if (size < 8 || at + size > end) return -1
    if (bytes.readUInt32BE(at + 4) === type) return at
    at += size
  }
  return -1
}

type Defaults = { duration: number; size: number; flags: number }

function readDefaults(tfhd: Buffer, defaults: Defaults): void {
  const flags = tfhd.readUInt32BE(8) & 0xffffff
  let at = 16
  if (flags & 0x01) at += 8
  if (flags & 0x02) at += 4
  if (flags & 0x08) defaults.duration = tfhd.readUInt32BE((at += 4) - 4)
  if (flags & 0x10) defaults.size = tfhd.readUInt32BE((at += 4) - 4)
  if (flags & 0x20) defaults.flags = tfhd.readUInt32BE((at += 4) - 4)
}

function readRun(trun: Buffer, startDts: number, defaults: Defaults, samples: SampleEntry[]): number {
  const flags = trun.readUInt32BE(8) & 0xffffff
  const count = trun.readUInt32BE(12)
  if (count + samples.length > MAX_SAMPLES) throw new RangeError('too many samples in a fragment')
  let at = 16
  if (flags & 0x01) at += 4
  let firstFlags: number | null = null
  if (flags & 0x04) firstFlags = trun.readUInt32BE((at += 4) - 4)
  let dts = startDts
  for (let i = 0; i < count; i++) {
    const duration = flags & 0x100 ? trun.readUInt32BE((at += 4) - 4) : defaults.duration
    const size = flags & 0x200 ? trun.readUInt32BE((at += 4) - 4) : defaults.size
    let sampleFlags = flags & 0x400 ? trun.readUInt32BE((at += 4) - 4) : defaults.flags
    if (i === 0 && firstFlags !== null) sampleFlags = firstFlags
    const compositionOffset = flags & 0x800 ? trun.readInt32BE((at += 4) - 4) : 0
    samples.push({ size, dts, compositionOffset, key: (sampleFlags & NON_SYNC) === 0 })
    dts += duration
  }
  return dts
}
