// Owns the sequence parameter set of H.265 (ITU-T H.265 §7.3.2.2, §7.3.3): what an init segment says of it (ISO/IEC 14496-15
// §8.3.3.1, Annex E).
// Refuses: changing it. It always says how far frames are reordered, so a decoder need not guess as with H.264.
import { BitReader, withoutEmulation } from './bits.ts'

export interface H265SpsFacts {
  width: number
  height: number
  profileSpace: number
  highTier: boolean
  profile: number
  /** 32 flags, flag 0 in the highest bit. */
  compatibility: number
  /** 48 bits: source flags and what the profile reserves. */
  constraints: Buffer
  level: number
  temporalLayers: number
  temporalIdNested: boolean
  chromaFormat: number
  lumaDepth: number
  chromaDepth: number
  /** Frames that may be shown in another order than they come. */
  reorders: number
}

const NAL_HEADER_BITS = 16

/** Null if the set cannot be read. */
export function readH265Sps(sps: Buffer): H265SpsFacts | null {
  const bytes = withoutEmulation(sps)
  const bits = new BitReader(bytes)
  bits.skip(NAL_HEADER_BITS + 4)
  const subLayers = bits.read(3)
  const temporalIdNested = bits.read(1) === 1
  const tier = readTier(bits, bytes)
  skipSubLayers(bits, subLayers)
  bits.ue()
  const chromaFormat = bits.ue()
  if (chromaFormat === 3) bits.skip(1)
  const size = readSize(bits, chromaFormat)
  const lumaDepth = bits.ue() + 8
  const chromaDepth = bits.ue() + 8
  bits.ue()
  let reorders = 0
  // The last sub-layer is what is shown; with the flag off there is only its entry.
  for (let layer = bits.read(1) ? 0 : subLayers; layer <= subLayers; layer++) {
    bits.ue()
    reorders = bits.ue()
    bits.ue()
  }
  if (bits.exhausted || size === null || chromaFormat > 3 || lumaDepth > 16 || chromaDepth > 16) return null
  return { ...size, ...tier, temporalLayers: subLayers + 1, temporalIdNested, chromaFormat, lumaDepth, chromaDepth, reorders }
}

/** `sps_seq_parameter_set_id`; it lies behind profile, tier and level. */
export function h265SpsId(sps: Buffer): number {
  const bytes = withoutEmulation(sps)
  const bits = new BitReader(bytes)
  bits.skip(NAL_HEADER_BITS + 4)
  const subLayers = bits.read(3)
  bits.skip(1)
  readTier(bits, bytes)
  skipSubLayers(bits, subLayers)
  return bits.ue()
}

type Tier = Pick<H265SpsFacts, 'profileSpace' | 'highTier' | 'profile' | 'compatibility' | 'constraints' | 'level'>

/** The general part of profile_tier_level; it lies on whole bytes. */
function readTier(bits: BitReader, bytes: Buffer): Tier {
  const profileSpace = bits.read(2)
  const highTier = bits.read(1) === 1
  const profile = bits.read(5)
  const compatibility = bits.read(32)
  const at = bits.position / 8
  bits.skip(48)
  return { profileSpace, highTier, profile, compatibility, constraints: Buffer.from(bytes.subarray(at, at + 6)), level: bits.read(8) }
}

function skipSubLayers(bits: BitReader, subLayers: number): void {
  const present = Array.from({ length: subLayers }, () => ({ profile: bits.read(1), level: bits.read(1) }))
  if (subLayers > 0) bits.skip(2 * (8 - subLayers))
  for (const { profile, level } of present) bits.skip(profile * 88 + level * 8)
}

function readSize(bits: BitReader, chromaFormat: number): { width: number; height: number } | null {
  const [codedWidth, codedHeight] = [bits.ue(), bits.ue()]
  let [left, right, top, bottom] = [0, 0, 0, 0]
  if (bits.read(1)) [left, right, top, bottom] = [bits.ue(), bits.ue(), bits.ue(), bits.ue()]
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
  const cropY = chromaFormat === 1 ? 2 : 1
  const width = codedWidth - (left + right) * cropX
  const height = codedHeight - (top + bottom) * cropY
  return width > 0 && height > 0 && width <= 16384 && height <= 16384 ? { width, height } : null
}

/** RFC 6381 name, e.g. `hvc1.1.6.L93.B0`. @see ISO/IEC 14496-15 §E.3 */
export function h265Codecs(sps: Buffer): string {
  const facts = readH265Sps(sps)
  if (!facts) return 'hvc1'
  const { profileSpace, profile, compatibility, highTier, level, constraints } = facts
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) if ((compatibility >>> bit) & 1) reversed += 2 ** (31 - bit)
  const told = constraints.findLastIndex((byte) => byte !== 0) + 1
  const parts = [`${['', 'A', 'B', 'C'][profileSpace]}${profile}`, reversed.toString(16).toUpperCase(), `${highTier ? 'H' : 'L'}${level}`]
  return ['hvc1', ...parts, ...[...constraints.subarray(0, told)].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))].join('.')
}
