// Owns what must be known of H.264 (ITU-T H.264 §7.3): NAL units of a frame, parameter sets in it, a picture's size.
// Refuses: decoding pictures.
import type { ParameterSets } from './frame.ts'

const SPS = 7
const PPS = 8
const AUD = 9
const IDR = 5

export interface SplitFrame {
  /** Parameter sets carried inside the frame; empty lists when there are none. */
  inBand: ParameterSets
  /** The frame without parameter sets and delimiters, 4-byte lengths. */
  data: Buffer
  hasIdr: boolean
}

/**
 * Takes parameter sets out of a frame; they belong in the init segment. A frame with a broken length keeps the part
 * before it, so that one bad frame never ends a stream.
 */
export function splitFrame(data: Buffer): SplitFrame {
  const sps: Buffer[] = []
  const pps: Buffer[] = []
  const kept: Buffer[] = []
  let hasIdr = false
  let stripped = false
  let at = 0
  while (at + 4 < data.length) {
    const length = data.readUInt32BE(at)
    const end = at + 4 + length
    if (length === 0 || end > data.length) {
      stripped = true
      break
    }
    const type = data.readUInt8(at + 4) & 31
    if (type === IDR) hasIdr = true
    if (type === SPS || type === PPS || type === AUD) {
      stripped = true
      if (type === SPS) sps.push(Buffer.from(data.subarray(at + 4, end)))
      if (type === PPS) pps.push(Buffer.from(data.subarray(at + 4, end)))
    } else {
      kept.push(data.subarray(at, end))
    }
    at = end
  }
  const rest = !stripped ? data : kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept)
  return { inBand: { sps, pps }, data: rest, hasIdr }
}

/** Parameter sets after a frame's own ones are applied; `current` itself if nothing changed. */
export function applyInBand(current: ParameterSets, inBand: ParameterSets): ParameterSets {
  const changed = (own: readonly Buffer[], sent: readonly Buffer[]) => sent.some((set) => !own.some((one) => one.equals(set)))
  if (changed(current.sps, inBand.sps)) {
    // PPS refer to their SPS: those of before mean nothing any more unless none were sent along.
    return { sps: unique(inBand.sps), pps: inBand.pps.length > 0 ? unique(inBand.pps) : current.pps }
  }
  return changed(current.pps, inBand.pps) ? { sps: current.sps, pps: unique(inBand.pps) } : current
}

function unique(sets: readonly Buffer[]): Buffer[] {
  return sets.filter((set, index) => sets.findIndex((other) => other.equals(set)) === index)
}

/** Width and height of the shown picture; null if the SPS cannot be read. @see ITU-T H.264 §7.3.2.1.1 */
export function pictureSize(sps: Buffer): { width: number; height: number } | null {
  const bits = new BitReader(withoutEmulation(sps))
  bits.skip(8)
  const profile = bits.read(8)
  bits.skip(16)
  bits.ue()
  let chromaFormat = 1
  if ([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].includes(profile)) {
    chromaFormat = bits.ue()
    if (chromaFormat === 3) bits.skip(1)
    bits.ue()
    bits.ue()
    bits.skip(1)
    if (bits.read(1)) for (let i = 0; i < (chromaFormat === 3 ? 12 : 8); i++) if (bits.read(1)) skipScalingList(bits, i < 6 ? 16 : 64)
  }
  bits.ue()
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
  bits.ue()
  bits.skip(1)
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
  const sound = !bits.exhausted && width > 0 && height > 0 && width <= 16384 && height <= 16384
  return sound ? { width, height } : null
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8
  let next = 8
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256
    last = next === 0 ? last : next
  }
}

function withoutEmulation(nal: Buffer): Buffer {
  const out: number[] = []
  let zeros = 0
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    out.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(out)
}

class BitReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get exhausted(): boolean {
    return this.#at > this.#bytes.length * 8
  }

  read(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#at++) value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1)
    return value
  }

  skip(count: number): void {
    this.#at += count
  }

  /** Unsigned Exp-Golomb. */
  ue(): number {
    let zeros = 0
    while (this.read(1) === 0) if (++zeros > 31 || this.exhausted) return 0
    return 2 ** zeros - 1 + this.read(zeros)
  }

  se(): number {
    const value = this.ue()
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2
  }
}
