// Owns the sample entry of an init segment: avc1 with avcC, hvc1 with hvcC (ISO/IEC 14496-15), mp4v with esds for MJPEG
// (ISO/IEC 14496-14 §5.6).
import { box, full, u16, u32, zeros } from './box-writer.ts'
import type { FrameCodec, ParameterSets } from './frame.ts'
import { readH265Sps } from './h265-sps.ts'

export interface SampleDescription {
  codec: FrameCodec
  parameterSets: ParameterSets
  width: number
  height: number
}

export function writeSampleEntry({ codec, parameterSets, width, height }: SampleDescription): Buffer {
  const picture = [zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(0x00480000), u32(0x00480000), zeros(4), u16(1), zeros(32), u16(24), u16(0xffff)]
  if (codec === 'h264') return box('avc1', [...picture, box('avcC', [writeAvcC(parameterSets)])])
  return codec === 'h265' ? box('hvc1', [...picture, box('hvcC', [writeHvcC(parameterSets)])]) : box('mp4v', [...picture, JPEG_ESDS])
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

/** No parameter sets are in the samples (hvc1): every array is complete. @see ISO/IEC 14496-15 §8.3.3.1 */
export function writeHvcC({ vps = [], sps, pps }: ParameterSets): Buffer {
  const facts = sps[0] && readH265Sps(sps[0])
  const head = facts
    ? [
        Buffer.from([1, (facts.profileSpace << 6) | (facts.highTier ? 0x20 : 0) | facts.profile]),
        u32(facts.compatibility),
        facts.constraints,
        Buffer.from([facts.level]),
        // Segmentation and parallelism: not known.
        u16(0xf000),
        Buffer.from([0xfc, 0xfc | facts.chromaFormat, 0xf8 | (facts.lumaDepth - 8), 0xf8 | (facts.chromaDepth - 8)]),
        // No constant frame rate is claimed; lengths are of 4 bytes.
        u16(0),
        Buffer.from([(facts.temporalLayers << 3) | (facts.temporalIdNested ? 4 : 0) | 3]),
      ]
    : [Buffer.from([1]), zeros(20), Buffer.from([3])]
  const arrays = [vps, sps, pps].flatMap((sets, index) => (sets.length === 0 ? [] : [Buffer.from([0x80 | (FIRST_SET_TYPE + index)]), u16(sets.length), ...sets.flatMap((set) => [u16(set.length), set])]))
  return Buffer.concat([...head, Buffer.from([[vps, sps, pps].filter((sets) => sets.length > 0).length]), ...arrays])
}

/** NAL unit type of a VPS; SPS and PPS follow. */
const FIRST_SET_TYPE = 32
/** An ES descriptor whose object type says JPEG. */
const JPEG_ESDS = full('esds', 0, [Buffer.from([3, 21, 0, 1, 0, 4, 13, 0x6c, 0x11, 0, 0, 0]), zeros(8), Buffer.from([6, 1, 2])])
