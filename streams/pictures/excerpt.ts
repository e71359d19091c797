// Owns cutting a playable mp4 out of a live window's memory: the frames that a decoder needs for one picture.
// Refuses: decoding.
import { TIMESCALE, writeSegment, type SegmentSample } from '../cmaf/mp4-writer.ts'
import type { IndexedFrame, LiveWindow, WindowPart, WindowSegment } from '../hls/live-window.ts'

export interface Excerpt {
  mp4: Buffer
  /** Which picture of the excerpt, in order of showing, is the wanted one. */
  index: number
  /** UTC ms of that picture. */
  pictureMs: number
  /** From the excerpt's first picture to the wanted one, ms. */
  spanMs: number
  width: number
  height: number
}

interface PlacedFrame {
  frame: IndexedFrame
  part: WindowPart
  segment: WindowSegment
}

/** A moment so much later than the newest frame still gets the newest frame. */
const AFTER_NEWEST_MS = 1_500

/** The frame that was shown at `atMs`, with everything back to its key frame; null if memory does not reach. */
export function excerptOfMoment(window: LiveWindow, atMs: number | 'newest'): Excerpt | null {
  const frames = placedFrames(window)
  const newest = frames.at(-1)
  if (!newest) return null
  const wantedMs = atMs === 'newest' ? Infinity : atMs
  if (atMs !== 'newest' && atMs > shownMs(newest) + AFTER_NEWEST_MS) return null
  let wanted: PlacedFrame | null = null
  for (const placed of frames) if (shownMs(placed) <= wantedMs && (!wanted || shownMs(placed) >= shownMs(wanted))) wanted = placed
  if (!wanted) return null
  const end = frames.indexOf(wanted)
  let start = end
  while (start >= 0 && !(frames[start]?.frame.key ?? false)) start--
  const needed = frames.slice(Math.max(0, start), end + 1)
  if (start < 0 || needed.some((placed) => placed.segment.epoch !== wanted.segment.epoch)) return null
  const wantedPts = pts(wanted)
  return write(window, needed, needed.filter((placed) => pts(placed) < wantedPts).length, shownMs(wanted))
}

/** The newest key frame and the newest before it that is at least `apartMs` older; null if there are not two. */
export function excerptOfKeyFrames(window: LiveWindow, apartMs: number): Excerpt | null {
  const keys = placedFrames(window).filter(({ frame }) => frame.key)
  const last = keys.at(-1)
  if (!last) return null
  const earlier = keys.findLast((placed) => placed.segment.epoch === last.segment.epoch && last.frame.dts - placed.frame.dts >= (apartMs * TIMESCALE) / 1000)
  return earlier ? write(window, [earlier, last], 1, shownMs(last)) : null
}

function write(window: LiveWindow, frames: readonly PlacedFrame[], index: number, pictureMs: number): Excerpt | null {
  const first = frames[0]
  const init = first && window.init(first.segment.epoch)
  if (!first || !init) return null
  const samples: SegmentSample[] = frames.map(({ frame, part }, at) => ({
    duration: Math.max(1, (frames[at + 1]?.frame.dts ?? frame.dts + 3_600) - frame.dts),
    compositionOffset: frame.compositionOffset,
    key: frame.key,
    data: part.bytes.subarray(frame.offset, frame.offset + frame.length),
  }))
  const { width, height } = init.description
  return { mp4: Buffer.concat([init.bytes, writeSegment(1, first.frame.dts, samples).bytes]), index, pictureMs, spanMs: pictureMs - shownMs(first), width, height }
}

/** Every frame in memory, oldest first, those of the segment that is being made too. */
function placedFrames(window: LiveWindow): PlacedFrame[] {
  const segments = window.open ? [...window.segments, window.open] : window.segments
  return segments.flatMap((segment) => segment.parts.flatMap((part) => part.frames.map((frame) => ({ frame, part, segment }))))
}

function pts({ frame }: PlacedFrame): number {
  return frame.dts + frame.compositionOffset
}

function shownMs(placed: PlacedFrame): number {
  return placed.segment.programDateMs + ((pts(placed) - placed.segment.startDts) / TIMESCALE) * 1000
}
