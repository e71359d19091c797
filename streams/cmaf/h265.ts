// Owns what must be known of an H.265 frame (ITU-T H.265 §7.4.2.2): its NAL units, parameter sets in it, whether a picture
// can begin with it.
// Refuses: telling B-frames by their slices. With H.265 they are usual where nothing is reordered; times tell.
import { NONE_IN_BAND, splitUnits, type SplitFrame } from './nal-units.ts'

const VPS = 32
const SPS = 33
const PPS = 34
const AUD = 35
/** BLA, IDR and CRA: decoding can begin there. */
const FIRST_IRAP = 16
const LAST_IRAP = 21

/** As for H.264; `key` for IDR, CRA and BLA pictures. */
export function splitH265Frame(frame: Buffer): SplitFrame {
  let key = false
  let inBand: { vps: Buffer[]; sps: Buffer[]; pps: Buffer[] } | null = null
  const data = splitUnits(frame, (start, end) => {
    const type = ((frame[start] ?? 0) >> 1) & 63
    if (type >= FIRST_IRAP && type <= LAST_IRAP) key = true
    if (type !== VPS && type !== SPS && type !== PPS) return type !== AUD
    inBand ??= { vps: [], sps: [], pps: [] }
    // Copied: the frame's own memory is given back soon.
    inBand[type === VPS ? 'vps' : type === SPS ? 'sps' : 'pps'].push(Buffer.from(frame.subarray(start, end)))
    return false
  })
  return { inBand: inBand ?? NONE_IN_BAND, data, key, bidirectional: false }
}
