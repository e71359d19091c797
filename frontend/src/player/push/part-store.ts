// Owns the pushed parts of one stream and the live playlist that lists them: what the HTTP origin would answer, from memory.
// Refuses: media that no picture can begin with, and waiting; the loader asks again when something came.
import type { PushHeader, PushTrack } from '#contract/media-push.ts'

interface StoredPart {
  bytes: ArrayBuffer
  durationSeconds: number
  independent: boolean
}
interface StoredSegment {
  /** Number in our own list, from 0. */
  msn: number
  epoch: number
  discontinuity: boolean
  /** UTC ms by the server's clock. */
  programDateMs: number
  parts: StoredPart[]
  closed: boolean
}
/** What a blocking reload waits for: part `part` of segment `msn`, or all of it when `part` is null. */
export interface Awaited {
  msn: number
  part: number | null
}

/** A live playlist is never shorter than three target durations. */
const TARGETS_KEPT = 3
/** Parts are listed for the newest segments only. */
const SEGMENTS_WITH_PARTS = 3

export class PartStore {
  readonly #inits = new Map<number, ArrayBuffer>()
  readonly #listeners = new Set<() => void>()
  #track: PushTrack | undefined
  #segments: StoredSegment[] = []
  #discontinuitiesGone = 0
  #begun = 0
  #bytes = 0

  get bytesReceived(): number {
    return this.#bytes
  }

  /** An epoch begins. @returns false when it belongs to another edition, for which a new store is needed */
  track(track: PushTrack): boolean {
    if (this.#track !== undefined && this.#track.edition !== track.edition) return false
    this.#track = track
    return true
  }

  init(epoch: number, bytes: ArrayBuffer): void {
    this.#inits.set(epoch, bytes)
  }

  media(header: PushHeader, bytes: ArrayBuffer): void {
    const track = this.#track
    if (track === undefined || !this.#inits.has(track.epoch)) return
    this.#bytes += bytes.byteLength
    const last = this.#segments.at(-1)
    if (last === undefined && !header.key) return
    const breaks = last !== undefined && (header.discontinuity || last.epoch !== track.epoch)
    const segment = last === undefined || last.closed || breaks ? this.#open(track.epoch, header.programDateMs, breaks) : last
    if (last !== undefined && segment !== last) last.closed = true
    segment.parts.push({ bytes, durationSeconds: Math.max(0.001, header.durationMs / 1000), independent: header.key })
    // hls.js begins with a whole segment only: the first part is one.
    segment.closed = header.segmentEnd || this.#begun === 1 || lengthOf(segment) + track.partTargetSeconds > track.targetDurationSeconds
    this.#trim(track)
    for (const listener of [...this.#listeners]) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The playlist's text; null while it lacks what is awaited, or has no segment. */
  playlist(awaited: Awaited | null): string | null {
    const newest = this.#segments.at(-1)
    if (this.#track === undefined || newest === undefined) return null
    if (awaited !== null) {
      const complete = newest.msn > awaited.msn || (newest.msn === awaited.msn && (newest.closed || (awaited.part !== null && newest.parts.length > awaited.part)))
      // A part past a segment's last one is the first of the next.
      const past = newest.msn === awaited.msn && newest.closed && awaited.part !== null && awaited.part >= newest.parts.length
      if (!complete || past) return null
    }
    return this.#write(this.#track)
  }

  /** An init (`init-{epoch}.mp4`), segment (`{msn}.m4s`) or part (`{msn}.{index}.m4s`); null when it is not here. */
  file(name: string): ArrayBuffer | null {
    const init = /^init-(\d+)\.mp4$/.exec(name)
    if (init) return this.#inits.get(Number(init[1])) ?? null
    const media = /^(\d+)(?:\.(\d+))?\.m4s$/.exec(name)
    const segment = media && this.#segments.find(({ msn }) => msn === Number(media[1]))
    if (!media || !segment) return null
    if (media[2] !== undefined) return segment.parts[Number(media[2])]?.bytes ?? null
    return joined(segment.parts.map(({ bytes }) => bytes))
  }

  #open(epoch: number, programDateMs: number, discontinuity: boolean): StoredSegment {
    const segment: StoredSegment = { msn: this.#begun++, epoch, discontinuity, programDateMs, parts: [], closed: false }
    this.#segments.push(segment)
    return segment
  }

  #trim(track: PushTrack): void {
    let total = this.#segments.reduce((sum, segment) => sum + lengthOf(segment), 0)
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      total -= lengthOf(first)
      if (total < TARGETS_KEPT * track.targetDurationSeconds) return
      if (first.discontinuity) this.#discontinuitiesGone++
      this.#segments.shift()
      const oldest = this.#segments[0]?.epoch ?? track.epoch
      for (const epoch of this.#inits.keys()) if (epoch < oldest) this.#inits.delete(epoch)
    }
  }

  #write(track: PushTrack): string {
    const lines = [
      '#EXTM3U', '#EXT-X-VERSION:9', `#EXT-X-TARGETDURATION:${track.targetDurationSeconds}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(3 * track.partTargetSeconds).toFixed(3)}`,
      `#EXT-X-PART-INF:PART-TARGET=${track.partTargetSeconds.toFixed(3)}`,
      `#EXT-X-MEDIA-SEQUENCE:${this.#segments[0]?.msn ?? 0}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${this.#discontinuitiesGone}`,
    ]
    let mapped: number | null = null
    for (const [at, segment] of this.#segments.entries()) {
      if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
      if (segment.epoch !== mapped) lines.push(`#EXT-X-MAP:URI="init-${segment.epoch}.mp4"`)
      mapped = segment.epoch
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateMs).toISOString()}`)
      if (at >= this.#segments.length - SEGMENTS_WITH_PARTS) {
        for (const [index, part] of segment.parts.entries()) {
          lines.push(`#EXT-X-PART:DURATION=${part.durationSeconds.toFixed(4)},URI="${segment.msn}.${index}.m4s"${part.independent ? ',INDEPENDENT=YES' : ''}`)
        }
      }
      if (segment.closed) lines.push(`#EXTINF:${lengthOf(segment).toFixed(4)},`, `${segment.msn}.m4s`)
    }
    const newest = this.#segments.at(-1)
    if (newest) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${newest.closed ? `${newest.msn + 1}.0` : `${newest.msn}.${newest.parts.length}`}.m4s"`)
    return `${lines.join('\n')}\n`
  }
}

const lengthOf = (segment: StoredSegment): number => segment.parts.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)

function joined(pieces: readonly ArrayBuffer[]): ArrayBuffer {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(new Uint8Array(piece), at)
    at += piece.byteLength
  }
  return whole.buffer
}
