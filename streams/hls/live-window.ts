// Owns one stream's memory: the newest segments as parts with an index of their frames, for players and for pictures
// of the past. A segment is its parts one after another; no byte is held twice. Nothing is written to disk.
// Refuses: cutting (packager), texts of playlists (edition-list) and judging who may have them.
import { TypedEmitter } from '#base/emitter.ts'
import type { FrameCodec } from '../cmaf/frame.ts'
import type { InitDescription } from '../cmaf/mp4-writer.ts'
import { TIMESCALE, writeInit } from '../cmaf/mp4-writer.ts'
import type { MediaName } from './names.ts'
import { listedCount, type ListedPart, type ListedSegment } from './playlist.ts'

export interface IndexedFrame {
  /** Decode time on the stream's timeline, 90 kHz ticks. */
  dts: number
  compositionOffset: number
  key: boolean
  /** Where the frame lies in the part's bytes. */
  offset: number
  length: number
}

export interface WindowPart extends ListedPart {
  startDts: number
  bytes: Buffer
  frames: readonly IndexedFrame[]
}

export interface WindowSegment extends ListedSegment {
  edition: number
  /** Begins with a key frame. */
  independent: boolean
  parts: WindowPart[]
  /** UTC ms of the frame at `dts`: `programDateMs + (dts - startDts) / 90`. */
  startDts: number
}

/** A frame that came in and is not in a part yet. */
export interface FreshFrame {
  dts: number
  compositionOffset: number
  key: boolean
  /** Ticks until the next frame is expected. */
  usualStep: number
  data: Buffer
  /** The frame as moof and mdat of its own, once somebody needed it so. */
  boxed?: Buffer
}

export interface Edition {
  number: number
  codec: FrameCodec
  partTargetSeconds: number
  frameRate: number
}

export interface EpochInit {
  description: InitDescription
  bytes: Buffer
  edition: Edition
  /** Frames that may be shown in another order than they come. */
  reorders: boolean
}

export interface LiveWindowOptions {
  targetDurationSeconds: number
  /** How much of the past is kept at least, ms. */
  ringMs: number
  /** No more than this many bytes are kept, whatever the time; what is listed always is. */
  maxBytes: number
}

/** Kept, even of what is listed: ten times as many as there are of a camera whose times go on as time does. */
const MOST_SEGMENTS = 400

export interface WindowEvents {
  epoch: { epoch: number; init: EpochInit }
  frame: { segment: WindowSegment; frame: FreshFrame }
  part: { segment: WindowSegment; part: WindowPart; index: number; segmentEnd: boolean }
  segment: WindowSegment
  /** All of it is forgotten; nothing more comes of what was listed. */
  cleared: null
}

export class LiveWindow {
  readonly #options: LiveWindowOptions
  readonly #inits = new Map<number, EpochInit>()
  #segments: WindowSegment[] = []
  #open: WindowSegment | null = null
  #fresh: FreshFrame[] = []
  #bytes = 0
  #longestListedSeconds = 0
  #newestEpoch: number
  readonly #events: TypedEmitter<WindowEvents>

  /** @param firstEpoch number of the first epoch to come */
  constructor(options: LiveWindowOptions, firstEpoch: number) {
    this.#options = options
    this.#newestEpoch = firstEpoch - 1
    this.#events = new TypedEmitter(() => {})
  }

  get targetDurationSeconds(): number {
    return this.#options.targetDurationSeconds
  }

  /** Whole segments, oldest first. */
  get segments(): readonly WindowSegment[] {
    return this.#segments
  }

  /** The segment that is being made. */
  get open(): WindowSegment | null {
    return this.#open
  }

  /** Frames of the part that is being made. */
  get fresh(): readonly FreshFrame[] {
    return this.#fresh
  }

  get newest(): WindowSegment | null {
    return this.#segments.at(-1) ?? null
  }

  /** UTC ms of the oldest frame that a player can begin with, and of the end of the newest whole segment; null when there is none. */
  get held(): { fromMs: number; toMs: number } | null {
    const first = this.#segments.find((segment) => segment.independent)
    const { newest } = this
    return first && newest ? { fromMs: first.programDateMs, toMs: newest.programDateMs + newest.durationSeconds * 1000 } : null
  }

  /** Of parts and init segments. */
  get bytes(): number {
    return this.#bytes
  }

  get newestEpoch(): number {
    return this.#newestEpoch
  }

  on<Name extends keyof WindowEvents>(event: Name, listener: (payload: WindowEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  init(epoch: number): EpochInit | null {
    return this.#inits.get(epoch) ?? null
  }

  beginEpoch(epoch: number, begun: Omit<EpochInit, 'bytes'>): void {
    const init = { ...begun, bytes: writeInit(begun.description) }
    this.#inits.set(epoch, init)
    this.#bytes += init.bytes.length
    this.#newestEpoch = epoch
    this.#events.emit('epoch', { epoch, init })
  }

  beginSegment(segment: WindowSegment): void {
    this.#open = segment
  }

  addFrame(frame: FreshFrame): void {
    this.#fresh.push(frame)
    if (this.#open) this.#events.emit('frame', { segment: this.#open, frame })
  }

  /** @param taken how many of the fresh frames are in it. @param segmentEnd it is its segment's last */
  addPart(part: WindowPart, taken: number, segmentEnd: boolean): void {
    const segment = this.#open
    if (!segment) return
    this.#fresh = this.#fresh.slice(taken)
    segment.parts.push(part)
    segment.durationSeconds += part.durationSeconds
    this.#bytes += part.bytes.length
    if (segmentEnd) {
      this.#open = null
      this.#segments.push(segment)
      this.#trim()
    }
    this.#events.emit('part', { segment, part, index: segment.parts.length - 1, segmentEnd })
    if (segmentEnd) this.#events.emit('segment', segment)
  }

  /** Forgets all pictures; numbers go on. */
  clear(): void {
    this.#segments = []
    this.#open = null
    this.#fresh = []
    this.#bytes = 0
    this.#inits.clear()
    this.#events.emit('cleared', null)
  }

  bytesOf(name: MediaName): Buffer | null {
    if (name.kind === 'init') return this.#inits.get(name.epoch)?.bytes ?? null
    const first = this.#segments[0]
    const whole = first && this.#segments[name.msn - first.msn]
    const segment = whole ?? (this.#open?.msn === name.msn ? this.#open : null)
    if (!segment || segment.epoch !== name.epoch) return null
    if (name.kind === 'part') return segment.parts[name.part]?.bytes ?? null
    return whole ? Buffer.concat(segment.parts.map((part) => part.bytes)) : null
  }

  #trim(): void {
    const newest = this.#segments.at(-1)
    if (!newest) return
    const { ringMs, maxBytes, targetDurationSeconds } = this.#options
    const listed = listedCount(this.#segments.map((segment) => segment.durationSeconds), targetDurationSeconds)
    const listedSeconds = this.#segments.slice(-listed).reduce((sum, segment) => sum + segment.durationSeconds, 0)
    this.#longestListedSeconds = Math.max(this.#longestListedSeconds, listedSeconds)
    // A player may still ask for what has left the list, for as long as the longest list and the segment (RFC 8216 §6.2.2).
    const keptSeconds = (segment: WindowSegment) => Math.max(ringMs / 1000, 2 * this.#longestListedSeconds + segment.durationSeconds)
    const tooOld = (segment: WindowSegment) => newest.startDts - segment.startDts > keptSeconds(segment) * TIMESCALE
    const mayGo = this.#segments.length - listed
    const mustGo = this.#segments.length - MOST_SEGMENTS
    let gone = 0
    for (const segment of this.#segments) {
      if (gone >= mustGo && (gone >= mayGo || (!tooOld(segment) && this.#bytes <= maxBytes))) break
      for (const part of segment.parts) this.#bytes -= part.bytes.length
      this.#forgetInitsBefore(this.#segments[++gone]?.epoch ?? this.#newestEpoch)
    }
    if (gone > 0) this.#segments = this.#segments.slice(gone)
  }

  #forgetInitsBefore(oldestEpoch: number): void {
    for (const [epoch, init] of this.#inits) {
      if (epoch >= oldestEpoch) return
      this.#inits.delete(epoch)
      this.#bytes -= init.bytes.length
    }
  }
}
