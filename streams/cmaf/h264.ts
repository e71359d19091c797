// Owns what must be known of an H.264 frame (ITU-T H.264 §7.3): its NAL units, parameter sets in it, kinds of slices.
// Refuses: decoding pictures.
import { BitReader } from './bits.ts'
import { NONE_IN_BAND, splitUnits, type SplitFrame } from './nal-units.ts'

const SPS = 7
const PPS = 8
const AUD = 9
const IDR = 5
const SLICE = 1
const B_SLICE = 1

/** Takes parameter sets out of a frame; they belong in the init segment. */
export function splitFrame(frame: Buffer): SplitFrame {
  let inBand: { sps: Buffer[]; pps: Buffer[] } | null = null
  let key = false
  let bidirectional = false
  const data = splitUnits(frame, (start, end) => {
    const type = (frame[start] ?? 0) & 31
    if (type === IDR) key = true
    if (type === SLICE && !bidirectional) bidirectional = isBidirectional(frame, start + 1, end)
    if (type !== SPS && type !== PPS) return type !== AUD
    inBand ??= { sps: [], pps: [] }
    // Copied: the frame's own memory is given back soon.
    inBand[type === SPS ? 'sps' : 'pps'].push(Buffer.from(frame.subarray(start, end)))
    return false
  })
  return { inBand: inBand ?? NONE_IN_BAND, data, key, bidirectional }
}

/** Whether the slice behind the NAL header is of type B. @see ITU-T H.264 §7.3.3, table 7-6 */
function isBidirectional(frame: Buffer, start: number, end: number): boolean {
  const bits = new BitReader(frame.subarray(start, Math.min(end, start + 8)))
  bits.ue()
  return bits.ue() % 5 === B_SLICE
}
