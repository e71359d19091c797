// Owns what differs from codec to codec on the way from a camera's frames to an init segment, behind one function each.
// Refuses: codecs that mp4 does not carry.
import type { FrameCodec, ParameterSets } from './frame.ts'
import { splitFrame } from './h264.ts'
import { splitH265Frame } from './h265.ts'
import { h265Codecs, readH265Sps } from './h265-sps.ts'
import { NONE_IN_BAND, type SplitFrame } from './nal-units.ts'
import { pictureSize, withoutReordering } from './sps.ts'

/** The frame without what belongs in the init segment, and that. */
export function splitOf(codec: FrameCodec, frame: Buffer): SplitFrame {
  if (codec === 'h264') return splitFrame(frame)
  return codec === 'h265' ? splitH265Frame(frame) : { inBand: NONE_IN_BAND, data: frame, key: true, bidirectional: false }
}

/** Width and height of the shown picture; null if the set cannot be read. */
export function sizeOf(codec: FrameCodec, sps: Buffer): { width: number; height: number } | null {
  return codec === 'h265' ? readH265Sps(sps) : pictureSize(sps)
}

/** The sets that tell a decoder that no frame is shown out of order, where they can be made to. */
export function inOrder(codec: FrameCodec, sets: ParameterSets): ParameterSets {
  return codec === 'h264' ? { ...sets, sps: sets.sps.map(withoutReordering) } : sets
}

/** RFC 6381 §3.3, ISO/IEC 14496-15 Annex E. */
export function codecsOf({ codec, parameterSets }: { codec: FrameCodec; parameterSets: ParameterSets }): string {
  const sps = parameterSets.sps[0] ?? Buffer.alloc(4)
  if (codec === 'h264') return `avc1.${sps.toString('hex', 1, 4)}`
  return codec === 'h265' ? h265Codecs(sps) : 'mp4v.6c'
}
