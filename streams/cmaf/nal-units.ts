// Owns what frames of H.264 and H.265 have in common: NAL units behind 4-byte lengths, parameter sets among them.
// Refuses: knowing what a unit is; the codec's own file does.
import type { ParameterSets } from './frame.ts'

export interface SplitFrame {
  /** Parameter sets carried inside the frame; `NONE_IN_BAND` when there are none. */
  inBand: ParameterSets
  /** The frame without parameter sets and delimiters, 4-byte lengths. */
  data: Buffer
  /** Decoding can begin with it. */
  key: boolean
  /** A slice of it is predicted from frames that are shown later. */
  bidirectional: boolean
}

/** What most frames carry. */
export const NONE_IN_BAND: ParameterSets = { sps: [], pps: [] }

/**
 * The units that `keep` (given where each begins and ends) wants. A frame with a broken length keeps the part before it, so
 * that one bad frame never ends a stream. The answer is a view into the frame wherever it can be.
 */
export function splitUnits(frame: Buffer, keep: (start: number, end: number) => boolean): Buffer {
  /** The run of kept units so far; `kept` holds the runs before it. */
  let [runStart, runEnd] = [0, 0]
  let kept: Buffer[] | null = null
  let at = 0
  while (at + 4 < frame.length) {
    const end = at + 4 + frame.readUInt32BE(at)
    if (end === at + 4 || end > frame.length) break
    if (keep(at + 4, end)) {
      if (runEnd !== at && runEnd > runStart) (kept ??= []).push(frame.subarray(runStart, runEnd))
      if (runEnd !== at) runStart = at
      runEnd = end
    }
    at = end
  }
  const run = frame.subarray(runStart, runEnd)
  return kept ? Buffer.concat([...kept, run]) : run
}
