// Owns what must be known of an H.264 frame (ITU-T H.264 §7.3): its NAL units, parameter sets in it, kinds of slices.
// Refuses: decoding pictures.
import { BitReader } from './bits.ts'
import type { ParameterSets } from './frame.ts'

const SPS = 7
const PPS = 8
const AUD = 9
const IDR = 5
const SLICE = 1
const B_SLICE = 1

export interface SplitFrame {
  /** Parameter sets carried inside the frame; `NONE_IN_BAND` when there are none. */
  inBand: ParameterSets
  /** The frame without parameter sets and delimiters, 4-byte lengths. */
  data: Buffer
  hasIdr: boolean
  /** A slice of it is predicted from frames that are shown later. */
  bidirectional: boolean
}

/** What most frames carry. */
export const NONE_IN_BAND: ParameterSets = { sps: [], pps: [] }

/**
 * Takes parameter sets out of a frame; they belong in the init segment. A frame with a broken length keeps the part
 * before it, so that one bad frame never ends a stream. `data` is a view into the frame wherever it can be.
 */
export function splitFrame(data: Buffer): SplitFrame {
  let inBand: { sps: Buffer[]; pps: Buffer[] } | null = null
  /** The run of kept NAL units so far; `kept` holds the runs before it. */
  let [runStart, runEnd] = [0, 0]
  let kept: Buffer[] | null = null
  let hasIdr = false
  let bidirectional = false
  let at = 0
  while (at + 4 < data.length) {
    const end = at + 4 + data.readUInt32BE(at)
    if (end === at + 4 || end > data.length) break
    const type = (data[at + 4] ?? 0) & 31
    if (type === IDR) hasIdr = true
    if (type === SLICE && !bidirectional) bidirectional = isBidirectional(data, at + 5, end)
    if (type === SPS || type === PPS) {
      inBand ??= { sps: [], pps: [] }
      // Copied: the frame's own memory is given back soon.
      ;(type === SPS ? inBand.sps : inBand.pps).push(Buffer.from(data.subarray(at + 4, end)))
    } else if (type !== AUD) {
      if (runEnd !== at && runEnd > runStart) (kept ??= []).push(data.subarray(runStart, runEnd))
      if (runEnd !== at) runStart = at
      runEnd = end
    }
    at = end
  }
  const run = data.subarray(runStart, runEnd)
  return { inBand: inBand ?? NONE_IN_BAND, data: kept ? Buffer.concat([...kept, run]) : run, hasIdr, bidirectional }
}

/** Whether the slice behind the NAL header is of type B. @see ITU-T H.264 §7.3.3, table 7-6 */
function isBidirectional(data: Buffer, start: number, end: number): boolean {
  const bits = new BitReader(data.subarray(start, Math.min(end, start + 8)))
  bits.ue()
  return bits.ue() % 5 === B_SLICE
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

/** RFC 6381 §3.3: profile, constraints and level of the first SPS. */
export function codecsOf({ sps }: ParameterSets): string {
  return `avc1.${(sps[0] ?? Buffer.alloc(4)).toString('hex', 1, 4)}`
}
