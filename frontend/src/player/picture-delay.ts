// Owns the arithmetic from a frame on screen to its delay: media time → PROGRAM-DATE-TIME → server clock. Pure.
// Refuses: the camera's own encoding time, which cannot be seen from here (typically 100–250 ms more).

export interface DatedFragment {
  /** Media time of its first frame, seconds. */
  start: number
  duration: number
  /** Server time of its first frame, ms since the epoch; null when the playlist gives none. */
  programDateTime: number | null
}

/** Server time (ms since the epoch) of the frame at `mediaTimeSeconds`; null when no fragment is dated. Newest fragments are last. */
export function pictureInstant(fragments: readonly DatedFragment[], mediaTimeSeconds: number): number | null {
  for (let i = fragments.length - 1; i >= 0; i--) {
    const fragment = fragments[i]
    if (fragment === undefined || fragment.programDateTime === null) continue
    // The frame may be a little past the newest fragment that the playlist names, or before the oldest: its date still counts.
    if (fragment.start <= mediaTimeSeconds || i === 0) return fragment.programDateTime + (mediaTimeSeconds - fragment.start) * 1000
  }
  return null
}

/** Media time, seconds, of the frame that shows a server time; of the oldest there is for what is older. Null when no fragment is dated. */
export function mediaTimeOf(fragments: readonly DatedFragment[], instantMs: number): number | null {
  const dated = fragments.filter((fragment) => fragment.programDateTime !== null)
  const showing = dated.findLast((fragment) => fragment.programDateTime !== null && fragment.programDateTime <= instantMs) ?? dated[0]
  if (showing === undefined || showing.programDateTime === null) return null
  // Between two fragments nothing was filmed: the later of them is not begun before its time.
  return showing.start + Math.min(showing.duration, Math.max(0, (instantMs - showing.programDateTime) / 1000))
}

/** Delay of a picture, ms; never below 0, since a clock that is slightly off must not claim the future. */
export function delayOf(pictureMs: number | null, serverNowMs: number): number | null {
  return pictureMs === null ? null : Math.max(0, serverNowMs - pictureMs)
}

/** How late a live picture is: `prompt` < 1.5 s, `behind` < 3 s, `late` beyond. */
export function delayGrade(delayMs: number | null): 'prompt' | 'behind' | 'late' | 'unknown' {
  if (delayMs === null) return 'unknown'
  return delayMs < 1_500 ? 'prompt' : delayMs < 3_000 ? 'behind' : 'late'
}
