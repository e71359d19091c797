// Owns playlists as text (RFC 8216, rfc8216bis for parts), from plain data.
// Refuses: knowing clocks, bytes or viewers.
import { initName, partName, segmentName } from './names.ts'

export interface ListedPart {
  durationSeconds: number
  /** Begins with a key frame. */
  independent: boolean
}

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

interface Listed {
  /** Never empty, msn rising by one. */
  segments: readonly ListedSegment[]
  targetDurationSeconds: number
  /** Appended to every URI, e.g. a ticket as query. */
  uriSuffix: string
}

/** Segments only: what every player of RFC 8216 understands. @param input whole segments, at least one */
export function writePlaylist(input: Listed): string {
  const { segments, uriSuffix } = input
  const lines = head(input)
  let mapped: number | null = null
  for (const segment of segments) {
    lines.push(...begin(segment, mapped, uriSuffix), ...extinf(segment, uriSuffix))
    mapped = segment.epoch
  }
  return text(lines)
}

export interface LivePlaylistInput extends Listed {
  partTargetSeconds: number
  segments: readonly (ListedSegment & { parts: readonly ListedPart[] })[]
  /** The segment that is being made; null when none is. It may have no part yet. */
  open: (ListedSegment & { parts: readonly ListedPart[] }) | null
  /** What comes next; null = nothing ever will, the list is at its end. */
  hint: { epoch: number; msn: number; part: number } | null
}

/** Parts leave the list so many target durations behind the edge. */
const PARTS_LISTED_DURATIONS = 3

/** With parts of the newest segments and a hint to the next one. */
export function writeLivePlaylist(input: LivePlaylistInput): string {
  const { segments, open, hint, partTargetSeconds, targetDurationSeconds, uriSuffix } = input
  const control = `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${seconds(3 * partTargetSeconds)},HOLD-BACK=${seconds(3 * targetDurationSeconds)}`
  const lines = head(input, [control, `#EXT-X-PART-INF:PART-TARGET=${seconds(partTargetSeconds)}`])
  let behind = segments.reduce((sum, segment) => sum + segment.durationSeconds, open?.durationSeconds ?? 0)
  let mapped: number | null = null
  const opening = open && open.parts.length > 0 ? [open] : []
  for (const segment of [...segments, ...opening]) {
    lines.push(...begin(segment, mapped, uriSuffix))
    mapped = segment.epoch
    behind -= segment.durationSeconds
    if (behind <= PARTS_LISTED_DURATIONS * targetDurationSeconds) lines.push(...segment.parts.map((part, index) => partTag(segment, part, index, uriSuffix)))
    if (segment !== open) lines.push(...extinf(segment, uriSuffix))
  }
  if (hint) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partName(hint.epoch, hint.msn, hint.part)}${uriSuffix}"`)
  else lines.push('#EXT-X-ENDLIST')
  return text(lines)
}

export interface MasterInput {
  uri: string
  /** Bits a second of the largest segment. */
  peakBandwidth: number
  averageBandwidth: number
  /** RFC 6381. */
  codecs: string
  width: number
  height: number
  frameRate: number
}

export function writeMaster(input: MasterInput): string {
  const { peakBandwidth, averageBandwidth, codecs, width, height, frameRate, uri } = input
  const size = `RESOLUTION=${width}x${height},FRAME-RATE=${frameRate.toFixed(3)}`
  return text(['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-STREAM-INF:BANDWIDTH=${peakBandwidth},AVERAGE-BANDWIDTH=${averageBandwidth},CODECS="${codecs}",${size}`, uri])
}

function head({ segments, targetDurationSeconds }: Listed, more: readonly string[] = []): string[] {
  const [first] = segments
  if (!first) throw new RangeError('a playlist needs a segment')
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDurationSeconds}`,
    ...more,
    `#EXT-X-MEDIA-SEQUENCE:${first.msn}`,
    // The first segment's own DISCONTINUITY tag is still in the list, so it is not counted yet.
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first.discontinuities - (first.discontinuity ? 1 : 0)}`,
  ]
}

function begin(segment: ListedSegment, mapped: number | null, uriSuffix: string): string[] {
  const lines = segment.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []
  if (segment.epoch !== mapped) lines.push(`#EXT-X-MAP:URI="${initName(segment.epoch)}${uriSuffix}"`)
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateMs).toISOString()}`)
  return lines
}

function extinf(segment: ListedSegment, uriSuffix: string): string[] {
  return [`#EXTINF:${segment.durationSeconds.toFixed(5)},`, `${segmentName(segment.epoch, segment.msn)}${uriSuffix}`]
}

function partTag(segment: ListedSegment, part: ListedPart, index: number, uriSuffix: string): string {
  const uri = `${partName(segment.epoch, segment.msn, index)}${uriSuffix}`
  return `#EXT-X-PART:DURATION=${part.durationSeconds.toFixed(5)},URI="${uri}"${part.independent ? ',INDEPENDENT=YES' : ''}`
}

function seconds(value: number): string {
  return value.toFixed(3)
}

function text(lines: readonly string[]): string {
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
