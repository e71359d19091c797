// Owns what goes to a subscriber of a stream: tracks, parts and single frames, each pointing into the window's memory.
// Refuses: queues and sockets.
import type { PushHeader, PushTrack } from '#contract/media-push.ts'
import { codecsOf } from '../cmaf/codec.ts'
import { TIMESCALE, writeSegment } from '../cmaf/mp4-writer.ts'
import type { EpochInit, FreshFrame, LiveWindow, WindowPart, WindowSegment } from '../hls/live-window.ts'

export interface TrackItem {
  kind: 'track'
  epoch: number
  init: EpochInit
}

export interface MediaItem {
  kind: 'part' | 'frame'
  epoch: number
  key: boolean
  segmentEnd: boolean
  programDateMs: number
  msn: number
  index: number
  durationMs: number
  /** For a frame it is put together when it is sent, once for all who get it. */
  payload(): Buffer
}

export type PushItem = TrackItem | MediaItem

export function trackNotice(item: TrackItem, stream: { id: number; targetDurationSeconds: number; transcoded: boolean }): PushTrack {
  const { description, edition, reorders } = item.init
  return {
    type: 'track',
    id: stream.id,
    edition: edition.number,
    epoch: item.epoch,
    codecs: codecsOf(description),
    width: description.width,
    height: description.height,
    frameRate: edition.frameRate,
    partTargetSeconds: edition.partTargetSeconds,
    targetDurationSeconds: stream.targetDurationSeconds,
    reorders: reorders ? 1 : 0,
    transcoded: stream.transcoded,
  }
}

export function initHeader(item: TrackItem, id: number, sequence: number): PushHeader {
  return { kind: 'init', key: false, discontinuity: true, segmentEnd: false, id, sequence, programDateMs: item.epoch, msn: 0, partIndex: 0, durationMs: 0 }
}

export function mediaHeader(item: MediaItem, place: { id: number; sequence: number; discontinuity: boolean }): PushHeader {
  const { kind, key, segmentEnd, programDateMs, msn, index, durationMs } = item
  return { kind, key, segmentEnd, programDateMs, msn, partIndex: index, durationMs, ...place }
}

export function partItem(segment: WindowSegment, part: WindowPart, index: number, segmentEnd: boolean): MediaItem {
  return {
    kind: 'part',
    epoch: segment.epoch,
    key: part.independent,
    segmentEnd,
    programDateMs: dateOf(segment, part.startDts),
    msn: segment.msn,
    index,
    durationMs: part.durationSeconds * 1000,
    payload: () => part.bytes,
  }
}

export function frameItem(segment: WindowSegment, frame: FreshFrame): MediaItem {
  return {
    kind: 'frame',
    epoch: segment.epoch,
    key: frame.key,
    segmentEnd: false,
    programDateMs: dateOf(segment, frame.dts),
    msn: segment.msn,
    index: segment.parts.length,
    durationMs: (frame.usualStep / TIMESCALE) * 1000,
    payload: () => (frame.boxed ??= writeSegment(frame.dts, frame.dts, [{ ...frame, duration: frame.usualStep }]).bytes),
  }
}

/** What a newcomer needs to show the newest picture: from the newest key frame on. Empty when memory has none. */
export function newestGroup(window: LiveWindow, mode: 'parts' | 'frames'): MediaItem[] {
  const { open, fresh } = window
  const segments = open ? [...window.segments, open] : window.segments
  const frames = mode === 'frames' && open ? fresh.map((frame) => frameItem(open, frame)) : []
  const freshKey = frames.findLastIndex((item) => item.key)
  if (freshKey >= 0) return frames.slice(freshKey)
  const group: MediaItem[] = []
  for (const segment of segments.toReversed()) {
    if (segment.epoch !== window.newestEpoch) return []
    for (let index = segment.parts.length - 1; index >= 0; index--) {
      const part = segment.parts[index]
      if (!part) continue
      group.unshift(partItem(segment, part, index, segment !== open && index === segment.parts.length - 1))
      if (part.independent) return [...group, ...frames]
    }
  }
  return []
}

function dateOf(segment: WindowSegment, dts: number): number {
  return segment.programDateMs + ((dts - segment.startDts) / TIMESCALE) * 1000
}
