// Owns one stream's memory: the newest segments as bytes with an index of their frames, for players and for pictures
// of the past. Nothing is written to disk.
// Refuses: cutting segments (packager) and judging who may have them.
import { TypedEmitter } from '#base/emitter.ts'
import type { InitDescription } from '../cmaf/mp4-writer.ts'
import { TIMESCALE, writeInit } from '../cmaf/mp4-writer.ts'
import type { FileName } from './names.ts'
import { listedCount, writePlaylist, type ListedSegment } from './playlist.ts'

export interface IndexedFrame {
  /** Decode time on the stream's timeline, 90 kHz ticks. */
  dts: number
  compositionOffset: number
  key: boolean
  /** Where the frame lies in the segment's bytes. */
  offset: number
  length: number
}

export interface WindowSegment extends ListedSegment {
  bytes: Buffer
  /** Begins with a key frame. */
  independent: boolean
  frames: readonly IndexedFrame[]
  /** UTC ms of the frame at `dts`: `wallMs + (dts - startDts) / 90`. */
  startDts: number
}

export interface LiveWindowOptions {
  targetDurationSeconds: number
  /** How much of the past is kept, ms. */
  ringMs: number
  /** No more than this many bytes are kept, whatever the time. */
  maxBytes: number
}

export class LiveWindow {
  readonly #options: LiveWindowOptions
  readonly #inits = new Map<number, { description: InitDescription; bytes: Buffer }>()
  #segments: WindowSegment[] = []
  #bytes = 0
  readonly #events: TypedEmitter<{ segment: WindowSegment }>

  constructor(options: LiveWindowOptions) {
    this.#options = options
    this.#events = new TypedEmitter(() => {})
  }

  get segments(): readonly WindowSegment[] {
    return this.#segments
  }

  get newest(): WindowSegment | null {
    return this.#segments.at(-1) ?? null
  }

  addInit(epoch: number, description: InitDescription): void {
    this.#inits.set(epoch, { description, bytes: writeInit(description) })
  }

  init(epoch: number): { description: InitDescription; bytes: Buffer } | null {
    return this.#inits.get(epoch) ?? null
  }

  push(segment: WindowSegment): void {
    this.#segments.push(segment)
    this.#bytes += segment.bytes.length
    this.#trim()
    this.#events.emit('segment', segment)
  }

  onSegment(listener: (segment: WindowSegment) => void): () => void {
    return this.#events.on('segment', listener)
  }

  /** The playlist's text; null before the first segment. */
  playlist(uriSuffix: string): string | null {
    if (this.#segments.length === 0) return null
    const { targetDurationSeconds } = this.#options
    const count = listedCount(this.#segments.map((segment) => segment.durationSeconds), targetDurationSeconds)
    return writePlaylist({ segments: this.#segments.slice(-count), targetDurationSeconds, uriSuffix })
  }

  bytesOf(name: Exclude<FileName, { kind: 'playlist' }>): Buffer | null {
    if (name.kind === 'init') return this.#inits.get(name.epoch)?.bytes ?? null
    const first = this.#segments[0]
    const segment = first && this.#segments[name.msn - first.msn]
    return segment && segment.epoch === name.epoch ? segment.bytes : null
  }

  #trim(): void {
    const newest = this.#segments.at(-1)
    if (!newest) return
    const { ringMs, maxBytes, targetDurationSeconds } = this.#options
    const listed = listedCount(this.#segments.map((segment) => segment.durationSeconds), targetDurationSeconds)
    const tooOld = (segment: WindowSegment) => newest.startDts - segment.startDts > (ringMs / 1000) * TIMESCALE
    let drop = 0
    for (const segment of this.#segments.slice(0, -listed)) {
      if (!tooOld(segment) && this.#bytes <= maxBytes) break
      this.#bytes -= segment.bytes.length
      drop++
    }
    if (drop === 0) return
    this.#segments = this.#segments.slice(drop)
    const oldestEpoch = this.#segments[0]?.epoch ?? 0
    for (const epoch of this.#inits.keys()) if (epoch < oldestEpoch) this.#inits.delete(epoch)
  }
}
