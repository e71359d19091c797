// Owns cutting frames into parts and segments: parts by a target that fits the stream, segments at key frames, early for the
// very first picture, by force when a group of pictures is longer than the target duration. What a player must be told of
// anew (parameter sets, a jump in time, B-frames) begins a new epoch.
// Refuses: frames before the first key frame; waiting for anything.
import type { Clock } from '#base/clock.ts'
import { inOrder, sizeOf, splitOf } from '../cmaf/codec.ts'
import type { FrameCodec, ParameterSets, SourceFrame, VideoTrack } from '../cmaf/frame.ts'
import { TIMESCALE, writeSegment } from '../cmaf/mp4-writer.ts'
import { NONE_IN_BAND } from '../cmaf/nal-units.ts'
import { applyInBand, goingBy } from '../cmaf/parameter-sets.ts'
import { choosePartTargetMs, fillsPartTarget, SHORTEST_SHARE } from '../cmaf/part-target.ts'
import { Timeline } from '../cmaf/timeline.ts'
import type { Edition, FreshFrame, LiveWindow } from './live-window.ts'
import { ProgramClock } from './program-clock.ts'
import { RecentCount } from './recent-count.ts'

export interface PackagerOptions {
  /** A segment is not cut at a key frame before it is so long (the first of an epoch excepted), s. */
  minSegmentSeconds: number
}

export interface PackagerDeps {
  clock: Clock
  window: LiveWindow
  options: PackagerOptions
  /** Number of the first edition; must be higher than any that this stream ever had. */
  firstEdition: number
}

interface PlacedFrame extends FreshFrame {
  /** UTC ms. */
  cameMs: number
  bidirectional: boolean
}

/** More are not told apart: a stream with arrival times can have one at every frame. */
const REPAIRS_KEPT = 64
/** Changes of parameter sets within a minute: each is an epoch, with an init segment of its own. */
const MOST_SET_CHANGES = 20
/** An opening ends when so much is known of the distance of frames, or a group of pictures is whole. */
const OPENING_STEPS = 4
const OPENING_TICKS = 0.3 * TIMESCALE
const OPENING_MOST_TICKS = TIMESCALE
/** One distance may be a pause before a camera's first frames. */
const OPENING_LEAST_STEPS = 2
const MISFITS_BEFORE_CHANGE = 3
/** Frames that have become fast can fill long parts, but who watches would stay as late as with slow ones. */
const MOST_TOO_LONG = 2.5
/** A timeline that has fallen so far behind the camera's goes on from there, with a new epoch. */
const MOST_LAG_TICKS = TIMESCALE

export class Packager {
  readonly #deps: PackagerDeps
  readonly #timeline = new Timeline()
  readonly #programClock = new ProgramClock()
  #edition: Edition | null = null
  /** Key frames in a row at which frames did not fill the parts any more. */
  #misfits = 0
  #sequence = 0
  #editionNumber: number
  #epochOpen = false
  /** `now`: frames are dropped until a key frame begins one. `at-key`: the next key frame does, nothing is dropped. */
  #epochDue: 'no' | 'at-key' | 'now' = 'now'
  /** Frames from a first key frame on, while the stream is being measured; null when it has been. */
  #opening: PlacedFrame[] | null = null
  #codec: FrameCodec = 'h264'
  #parameterSets: ParameterSets | null = null
  #size = { width: 0, height: 0 }
  /** The newest one, over pulls. */
  #sps: Buffer | null = null
  /** A frame with this SPS was shown out of order. */
  #reorders = false
  /** Ticks that the timeline fell back since an opening ended: those of its frames that follow were placed before that. */
  #fallen = 0
  #firstOfEpoch = true
  #msn = 0
  #discontinuities = 0
  readonly #repairs: RecentCount
  readonly #setChanges: RecentCount
  #restless = false
  #newestFrameMs: number | null = null

  constructor(deps: PackagerDeps) {
    this.#deps = deps
    this.#editionNumber = deps.firstEdition
    this.#repairs = new RecentCount(deps.clock, REPAIRS_KEPT)
    this.#setChanges = new RecentCount(deps.clock, MOST_SET_CHANGES + 1)
  }

  /** The edition whose media playlist is current, also before it has begun. */
  get edition(): number {
    return this.#editionNumber
  }

  /** UTC ms when the newest frame of this pull came in; null before its first. */
  get newestFrameMs(): number | null {
    return this.#newestFrameMs
  }

  /** How long the next frame may be away with nothing being wrong, ms, by the camera's own times: slow frames are told as shorter. */
  get frameGapMs(): number {
    return (1000 * this.#timeline.longestGap) / TIMESCALE
  }

  /** Odd timestamps within the last minute, 64 at the most: many of them mean that the camera's clock cannot be used. */
  get recentRepairs(): number {
    return this.#repairs.count
  }

  /** In this pull parameter sets have changed once more after they had changed, over pulls, twenty times within a minute. */
  get restless(): boolean {
    return this.#restless
  }

  /** A pull began: its frames follow. */
  startTrack(track: VideoTrack): void {
    this.#timeline.restart(track.timescale)
    this.#codec = track.codec
    this.#useParameterSets(track.parameterSets)
    this.#size = { width: track.width, height: track.height }
    this.#epochDue = 'now'
    this.#opening = []
    this.#newestFrameMs = null
    this.#restless = false
  }

  /** The pull ended: what it left behind becomes a last segment. */
  endTrack(): void {
    this.#closePart(null, true)
    this.#parameterSets = null
    this.#opening = null
    this.#newestFrameMs = null
  }

  push(frame: SourceFrame): void {
    if (!this.#parameterSets) return
    const { inBand, data, bidirectional } = splitOf(this.#codec, frame.data)
    if (data.length === 0) return
    if (inBand !== NONE_IN_BAND) this.#compare(inBand, frame.key)
    const place = this.#timeline.place(frame.dts, frame.compositionOffset, this.#deps.clock.monotonicMs())
    if (place.repaired) this.#repairs.note()
    // Our own timeline goes on without a step, so frames until the next key frame stay decodable where they are.
    if (place.jumped && this.#epochDue === 'no') this.#epochDue = 'at-key'
    const cameMs = frame.cameMs ?? this.#deps.clock.now()
    const { dts, compositionOffset } = place
    this.#take({ dts, compositionOffset, key: frame.key, usualStep: this.#timeline.usualStep, data, bidirectional, cameMs })
  }

  #take(frame: PlacedFrame): void {
    if (this.#opening) return this.#measure(this.#opening, frame)
    if (this.#epochDue === 'now' && !frame.key) return
    // Other parameter sets may come with another frame rate, and with B-frames.
    if (this.#epochDue === 'now') return this.#measure((this.#opening = []), frame)
    this.#judgeFit(frame)
    this.#cutBefore(frame)
    if (this.#beginsEpoch(frame)) this.#openEpoch()
    this.#programClock.observe(frame.dts, frame.cameMs)
    if (this.#programClock.astray && this.#epochDue === 'no') this.#epochDue = 'at-key'
    this.#place(frame)
  }

  /** A camera that has changed its frame rate for good gets parts that fit: a new edition, at a key frame. */
  #judgeFit(frame: PlacedFrame): void {
    if (!frame.key || !this.#edition) return
    this.#misfits = this.#fillsParts(this.#edition, frame.usualStep) ? 0 : this.#misfits + 1
    if (this.#misfits >= MISFITS_BEFORE_CHANGE && this.#epochDue === 'no') this.#epochDue = 'at-key'
  }

  /** Collects a first group of pictures until the distance of its frames is known and whether they are shown in order. */
  #measure(opening: PlacedFrame[], frame: PlacedFrame): void {
    const [first] = opening
    if (!first && !frame.key) return
    opening.push(frame)
    if (!first) return
    const elapsed = frame.dts - first.dts
    const { stepsSeen } = this.#timeline
    const known = stepsSeen >= OPENING_STEPS && elapsed >= OPENING_TICKS
    const enough = (stepsSeen >= OPENING_LEAST_STEPS && (frame.key || elapsed >= OPENING_MOST_TICKS)) || elapsed >= this.#longestStep
    if (!known && !enough) return
    this.#opening = null
    if (opening.some(isShownLate)) this.#reorders = true
    this.#openEpoch()
    for (const each of opening) this.#programClock.observe(each.dts, each.cameMs)
    this.#fallen = 0
    for (const each of opening) {
      each.dts -= this.#fallen
      this.#cutBefore(each)
      this.#place(each)
    }
  }

  #beginsEpoch(frame: PlacedFrame): boolean {
    return this.#epochDue === 'at-key' && frame.key
  }

  #place(frame: PlacedFrame): void {
    this.#newestFrameMs = frame.cameMs
    if (!this.#reorders && isShownLate(frame)) {
      this.#reorders = true
      if (this.#epochDue === 'no') this.#epochDue = 'at-key'
    }
    if (!this.#deps.window.open) this.#openSegment(frame)
    this.#deps.window.addFrame(frame)
  }

  /** Closes the part, and the segment, that this frame does not belong to any more. May bring the frame's time forward. */
  #cutBefore(frame: PlacedFrame): void {
    const { window } = this.#deps
    const [first] = window.fresh
    const last = window.fresh.at(-1)
    if (!first || !last) return
    const target = this.#targetTicks
    const enough = SHORTEST_SHARE * target
    if (frame.dts - first.dts > target && last.dts - first.dts >= enough) {
      // It came later than expected, and those before its predecessor fill a part.
      this.#closePart(last, false, window.fresh.length - 1)
      return this.#cutBefore(frame)
    }
    if (frame.dts - first.dts > target) this.#bringForward(frame, first.dts + target)
    const elapsed = frame.dts - first.dts
    if (this.#beginsEpoch(frame) || this.#mustCut(frame)) this.#closePart(frame, true)
    else if (elapsed >= enough && elapsed + frame.usualStep > target) this.#closePart(frame, this.#firstOfEpoch)
  }

  /** A part must not be longer than its target: the frame is taken to be there when the part is full. Those after it make it up. */
  #bringForward(frame: PlacedFrame, dts: number): void {
    const lag = frame.dts - dts
    frame.dts = dts
    if (lag <= MOST_LAG_TICKS) return
    this.#timeline.fallBack(lag)
    this.#fallen += lag
    if (this.#epochDue === 'no') this.#epochDue = 'at-key'
  }

  get #targetTicks(): number {
    return Math.round((this.#edition?.partTargetSeconds ?? 1) * TIMESCALE)
  }

  #mustCut(frame: PlacedFrame): boolean {
    const segment = this.#deps.window.open
    if (!segment) return false
    const elapsed = (frame.dts - segment.startDts) / TIMESCALE
    // A segment that does not begin with a key frame ends at the next one, so that as many as can be are joinable.
    if (frame.key && (elapsed >= this.#deps.options.minSegmentSeconds || !segment.independent)) return true
    return elapsed + frame.usualStep / TIMESCALE > this.#deps.window.targetDurationSeconds
  }

  #compare(inBand: ParameterSets, key: boolean): void {
    if (!this.#parameterSets) return
    const known = applyInBand(this.#parameterSets, inBand)
    const parameterSets = key ? goingBy(known, inBand) : known
    if (parameterSets === this.#parameterSets) return
    this.#setChanges.note()
    this.#restless ||= this.#setChanges.count > MOST_SET_CHANGES
    this.#useParameterSets(parameterSets)
    const sps = parameterSets.sps[0]
    this.#size = (sps && sizeOf(this.#codec, sps)) ?? this.#size
    this.#closePart(null, true)
    this.#epochDue = 'now'
    if (this.#opening) this.#opening = []
  }

  #useParameterSets(parameterSets: ParameterSets): void {
    const sps = parameterSets.sps[0] ?? null
    if (this.#sps === null || sps === null || !this.#sps.equals(sps)) this.#reorders = false
    this.#sps = sps
    this.#parameterSets = parameterSets
  }

  #openEpoch(): void {
    if (!this.#parameterSets) return
    const { window } = this.#deps
    const step = this.#timeline.usualStep
    // A player that began with one codec may know nothing of another: it is told by the end of its playlist.
    const fits = this.#edition?.codec === this.#codec && this.#fillsParts(this.#edition, step)
    if (!this.#edition || !fits) {
      if (this.#edition) this.#editionNumber++
      const partTargetSeconds = choosePartTargetMs(Math.min(step, this.#longestStep)) / 1000
      this.#edition = { number: this.#editionNumber, codec: this.#codec, partTargetSeconds, frameRate: TIMESCALE / step }
    }
    if (this.#msn > 0) this.#discontinuities++
    const parameterSets = this.#reorders ? this.#parameterSets : inOrder(this.#codec, this.#parameterSets)
    window.beginEpoch(window.newestEpoch + 1, { description: { codec: this.#codec, parameterSets, ...this.#size }, edition: this.#edition, reorders: this.#reorders })
    this.#programClock.restart()
    this.#misfits = 0
    this.#firstOfEpoch = true
    this.#epochDue = 'no'
    this.#epochOpen = true
  }

  /** A segment holds at least a frame: one that lasts longer than a segment may is told as shorter, and an epoch makes it up. */
  get #longestStep(): number {
    return this.#deps.window.targetDurationSeconds * TIMESCALE
  }

  #fillsParts({ partTargetSeconds }: Edition, step: number): boolean {
    const shown = Math.min(step, this.#longestStep)
    return fillsPartTarget(partTargetSeconds * 1000, shown) && partTargetSeconds * 1000 <= MOST_TOO_LONG * choosePartTargetMs(shown)
  }

  #openSegment(first: PlacedFrame): void {
    const { window } = this.#deps
    if (!this.#edition || !this.#epochOpen) return
    window.beginSegment({
      edition: this.#edition.number,
      epoch: window.newestEpoch,
      msn: this.#msn,
      durationSeconds: 0,
      programDateMs: this.#programClock.dateOf(first.dts),
      discontinuities: this.#discontinuities,
      discontinuity: this.#firstOfEpoch && this.#msn > 0,
      independent: first.key,
      startDts: first.dts,
      parts: [],
    })
  }

  /** @param next frame that follows; null = nothing follows. @param count how many of the fresh frames go in */
  #closePart(next: FreshFrame | null, segmentEnd: boolean, count = this.#deps.window.fresh.length): void {
    const { window } = this.#deps
    const frames = window.fresh.slice(0, count)
    const [first] = frames
    if (!first || !this.#epochOpen) return
    const last = frames[frames.length - 1] ?? first
    const end = next?.dts ?? Math.max(last.dts + 1, Math.min(last.dts + last.usualStep, first.dts + this.#targetTicks))
    const samples = frames.map((frame, index) => ({ ...frame, duration: (frames[index + 1]?.dts ?? end) - frame.dts }))
    const { bytes, dataOffset } = writeSegment(++this.#sequence, first.dts, samples)
    let offset = dataOffset
    const indexed = frames.map(({ dts, compositionOffset, key, data }) => {
      const at = offset
      offset += data.length
      return { dts, compositionOffset, key, offset: at, length: data.length }
    })
    if (segmentEnd) {
      this.#msn++
      this.#firstOfEpoch = false
    }
    window.addPart({ startDts: first.dts, durationSeconds: (end - first.dts) / TIMESCALE, independent: first.key, bytes, frames: indexed }, count, segmentEnd)
  }
}

/** A frame that is shown at another place than it comes. */
function isShownLate(frame: PlacedFrame): boolean {
  return frame.bidirectional || frame.compositionOffset !== 0
}
