// Owns the live media playlist as text (RFC 8216, protocol version 7), from plain data.
// Refuses: knowing clocks, bytes or viewers. Parts (LL-HLS) would be listed here too.
import { initName, segmentName } from './names.ts'

export interface ListedSegment {
  epoch: number
  msn: number
  durationSeconds: number
  /** UTC ms of the segment's first frame by the server's clock. */
  programDateMs: number
  /** How many discontinuities there were up to and with this segment, since the window began. */
  discontinuities: number
  /** The segment begins an epoch that is not the window's first. */
  discontinuity: boolean
}

export interface PlaylistInput {
  /** Never empty, msn rising by one. */
  segments: readonly ListedSegment[]
  targetDurationSeconds: number
  /** Appended to every URI, e.g. a ticket as query. */
  uriSuffix: string
}

export function writePlaylist(input: PlaylistInput): string {
  const { segments, targetDurationSeconds, uriSuffix } = input
  const first = segments[0]
  if (!first) throw new RangeError('a playlist needs a segment')
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${targetDurationSeconds}`, `#EXT-X-MEDIA-SEQUENCE:${first.msn}`]
  // The first segment's own DISCONTINUITY tag is still in the list, so it is not counted yet.
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${first.discontinuities - (first.discontinuity ? 1 : 0)}`)
  let mapped: number | null = null
  for (const segment of segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
    if (segment.epoch !== mapped) lines.push(`#EXT-X-MAP:URI="${initName(segment.epoch)}${uriSuffix}"`)
    mapped = segment.epoch
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateMs).toISOString()}`)
    lines.push(`#EXTINF:${segment.durationSeconds.toFixed(5)},`, `${segmentName(segment.epoch, segment.msn)}${uriSuffix}`)
  }
  return `${lines.join('\n')}\n`
}

/**
 * How many of the newest segments to list: at least six and at least three target durations (RFC 8216 §6.2.2), as far
 * as there are any. @param durations oldest first
 */
export function listedCount(durations: readonly number[], targetDurationSeconds: number): number {
  let count = 0
  let total = 0
  while (count < durations.length && (count < 6 || total < 3 * targetDurationSeconds)) {
    count++
    total += durations[durations.length - count] ?? 0
  }
  return count
}
