// Owns the sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1, E.1.1): what is read of it, and telling a decoder that
// no frame is shown out of order. Without that a hardware decoder may hold back as many frames as the level allows.
// Refuses: changing a set that it does not understand to the last bit.
import { BitReader, BitWriter, withEmulation, withoutEmulation } from './bits.ts'

export interface SpsFacts {
  profile: number
  width: number
  height: number
  /** Pictures may be coded as two fields. */
  interlaced: boolean
  maxRefFrames: number
  /** Output order is decoding order by the standard: baseline profile, or pic_order_cnt_type 2. */
  cannotReorder: boolean
  /** `max_num_reorder_frames`; null when the set does not say. */
  reorders: number | null
}

interface Parsed extends SpsFacts {
  /** Bits up to vui_parameters_present_flag, or with a VUI up to bitstream_restriction_flag, without that flag. */
  keepBits: number
  hasVui: boolean
  /** The first four values of the restriction, when there is one. */
  restriction: { overBoundaries: number; values: number[]; buffering: number } | null
  /** Nothing but the trailing bits is left. */
  whole: boolean
}

const HIGH_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
const EXTENDED_SAR = 255

/** Null if the set cannot be read. */
export function readSps(sps: Buffer): SpsFacts | null {
  return parse(withoutEmulation(sps))
}

/** Width and height of the shown picture; null if the set cannot be read. */
export function pictureSize(sps: Buffer): { width: number; height: number } | null {
  const facts = readSps(sps)
  return facts && { width: facts.width, height: facts.height }
}

/**
 * The set with `max_num_reorder_frames` 0 and `max_dec_frame_buffering` = `max_num_ref_frames`; the same buffer when it says so
 * already or is not understood. Only for streams whose frames are shown in the order in which they come.
 */
export function withoutReordering(sps: Buffer): Buffer {
  const bytes = withoutEmulation(sps)
  const facts = parse(bytes)
  if (!facts?.whole) return sps
  const { restriction, maxRefFrames } = facts
  if (restriction && facts.reorders === 0 && restriction.buffering === maxRefFrames) return sps
  const bits = new BitWriter()
  bits.copy(new BitReader(bytes), facts.keepBits)
  if (!facts.hasVui) {
    bits.bit(1)
    // No aspect ratio, overscan, video signal, chroma location, timing, NAL HRD, VCL HRD, pic_struct.
    for (let flag = 0; flag < 8; flag++) bits.bit(0)
  }
  bits.bit(1)
  bits.bit(restriction?.overBoundaries ?? 1)
  // Unlimited bytes and bits, motion vectors as long as any level allows: the values that are meant without a restriction.
  for (const value of restriction?.values ?? [0, 0, 16, 16]) bits.ue(value)
  bits.ue(0)
  bits.ue(maxRefFrames)
  return withEmulation(bits.finish())
}

function parse(bytes: Buffer): Parsed | null {
  const bits = new BitReader(bytes)
  bits.skip(8)
  const profile = bits.read(8)
  bits.skip(16)
  bits.ue()
  const chromaFormat = HIGH_PROFILES.includes(profile) ? readChroma(bits) : 1
  bits.ue()
  const orderType = readOrder(bits)
  const maxRefFrames = bits.ue()
  bits.skip(1)
  const size = readSize(bits, chromaFormat)
  const vuiAt = bits.position
  const hasVui = bits.read(1) === 1
  if (hasVui) skipVui(bits)
  const keepBits = hasVui ? bits.position : vuiAt
  let restriction: Parsed['restriction'] = null
  let reorders: number | null = null
  if (hasVui && bits.read(1) === 1) {
    const overBoundaries = bits.read(1)
    const values = [bits.ue(), bits.ue(), bits.ue(), bits.ue()]
    reorders = bits.ue()
    restriction = { overBoundaries, values, buffering: bits.ue() }
  }
  if (bits.exhausted || size === null || maxRefFrames > 16) return null
  return { profile, ...size, maxRefFrames, cannotReorder: profile === 66 || orderType === 2, reorders, keepBits, hasVui, restriction, whole: isTrailing(bits, bytes) }
}

function readChroma(bits: BitReader): number {
  const chromaFormat = bits.ue()
  if (chromaFormat === 3) bits.skip(1)
  bits.ue()
  bits.ue()
  bits.skip(1)
  if (bits.read(1)) for (let i = 0; i < (chromaFormat === 3 ? 12 : 8); i++) if (bits.read(1)) skipScalingList(bits, i < 6 ? 16 : 64)
  return chromaFormat
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8
  let next = 8
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256
    last = next === 0 ? last : next
  }
}

/** @returns pic_order_cnt_type */
function readOrder(bits: BitReader): number {
  const orderType = bits.ue()
  if (orderType === 0) {
    bits.ue()
  } else if (orderType === 1) {
    bits.skip(1)
    bits.ue()
    bits.ue()
    const cycle = bits.ue()
    for (let i = 0; i < cycle && !bits.exhausted; i++) bits.ue()
  }
  return orderType
}

function readSize(bits: BitReader, chromaFormat: number): { width: number; height: number; interlaced: boolean } | null {
  const widthInBlocks = bits.ue() + 1
  const heightInUnits = bits.ue() + 1
  const framesOnly = bits.read(1)
  if (!framesOnly) bits.skip(1)
  bits.skip(1)
  let [left, right, top, bottom] = [0, 0, 0, 0]
  if (bits.read(1)) [left, right, top, bottom] = [bits.ue(), bits.ue(), bits.ue(), bits.ue()]
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly)
  const width = widthInBlocks * 16 - (left + right) * cropX
  const height = (2 - framesOnly) * heightInUnits * 16 - (top + bottom) * cropY
  return width > 0 && height > 0 && width <= 16384 && height <= 16384 ? { width, height, interlaced: framesOnly === 0 } : null
}

/** Up to bitstream_restriction_flag. @see ITU-T H.264 E.1.1 */
function skipVui(bits: BitReader): void {
  if (bits.read(1) && bits.read(8) === EXTENDED_SAR) bits.skip(32)
  if (bits.read(1)) bits.skip(1)
  if (bits.read(1)) {
    bits.skip(4)
    if (bits.read(1)) bits.skip(24)
  }
  if (bits.read(1)) {
    bits.ue()
    bits.ue()
  }
  if (bits.read(1)) bits.skip(65)
  const nalHrd = bits.read(1)
  if (nalHrd) skipHrd(bits)
  const vclHrd = bits.read(1)
  if (vclHrd) skipHrd(bits)
  if (nalHrd || vclHrd) bits.skip(1)
  bits.skip(1)
}

function skipHrd(bits: BitReader): void {
  const count = bits.ue() + 1
  bits.skip(8)
  for (let i = 0; i < count && !bits.exhausted; i++) {
    bits.ue()
    bits.ue()
    bits.skip(1)
  }
  bits.skip(20)
}

/** A one, then zeros to the end. */
function isTrailing(bits: BitReader, bytes: Buffer): boolean {
  if (bits.read(1) !== 1) return false
  while (bits.position < bytes.length * 8) if (bits.read(1) !== 0) return false
  return true
}
