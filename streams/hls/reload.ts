// Owns what a request with delivery directives gets (rfc8216bis §6.2.5.2): the playlist now, when more media is there, or
// a refusal. Pure.
// Refuses: delta updates (`_HLS_skip`), which are not offered.

export interface ReloadWish {
  /** `_HLS_msn`; null when it was not given. */
  msn: number | null
  /** `_HLS_part`; null when it was not given. */
  part: number | null
}

/** The live edge of a playlist. */
export interface LiveEdge {
  /** The newest whole segment; one below the first when there is none yet. */
  lastMsn: number
  /** How many parts that one has. */
  lastParts: number
  /** How many parts the segment behind it has by now. */
  openParts: number
  partTargetSeconds: number
}

export type ReloadVerdict = 'answer' | 'wait' | 'refuse'

/** How many segments past the newest one may be asked for. */
const MOST_AHEAD = 2

export function judgeReload(edge: LiveEdge, { msn, part }: ReloadWish): ReloadVerdict {
  if (msn === null) return part === null ? 'answer' : 'refuse'
  if (msn > edge.lastMsn + MOST_AHEAD) return 'refuse'
  const open = edge.lastMsn + 1
  if (part === null) return msn < open ? 'answer' : 'wait'
  const parts = msn === open ? edge.openParts : msn === edge.lastMsn ? edge.lastParts : 0
  if (msn < edge.lastMsn || part < parts) return 'answer'
  if (part > parts - 1 + advanceLimit(edge.partTargetSeconds)) return 'refuse'
  // A part past the last one of a whole segment is the first one of the next.
  return msn === edge.lastMsn && edge.openParts > 0 ? 'answer' : 'wait'
}

function advanceLimit(partTargetSeconds: number): number {
  return partTargetSeconds < 1 ? 3 / partTargetSeconds : 3
}
