// Owns cutting frames into segments: at key frames, early for the very first picture, by force when a group of
// pictures is longer than the target duration. Parameter sets that change begin a new epoch.
// Refuses: frames before the first key frame; waiting for anything.
import type { Clock } from '#base/clock.ts'
import { applyInBand, pictureSize, splitFrame } from '../cmaf/h264.ts'
import type { ParameterSets, SourceFrame, VideoTrack } from '../cmaf/frame.ts'
import { TIMESCALE, writeSegment, type SegmentSample } from '../cmaf/mp4-writer.ts'
import { Timeline } from '../cmaf/timeline.ts'
import type { LiveWindow } from './live-window.ts'
import { ProgramClock } from './program-clock.ts'

export interface PackagerOptions {
  /** A segment is not cut at a key frame before it is so long (the first of an epoch excepted), s. */
  minSegmentSeconds: number
  /** The first segment of an epoch closes at so much, key frame or not, s. */
  firstSegmentSeconds: number
  targetDurationSeconds: number
}

export interface PackagerDeps {
  clock: Clock
  window: LiveWindow
  options: PackagerOptions
  /** Number of the first epoch; must be higher than any that this stream ever had. */
  firstEpoch: number
}

interface PendingFrame extends Omit<SegmentSample, 'duration'> {
  dts: number
}

const REPAIRS_KEPT_MS = 60_000

export class Packager {
  readonly #deps: PackagerDeps
  readonly #timeline = new Timeline()
  readonly #programClock = new ProgramClock()
  #epoch: number
  #epochOpen = false
  /** `now`: frames are dropped until a key frame begins one. `at-key`: the next key frame does, nothing is dropped. */
  #epochDue: 'no' | 'at-key' | 'now' = 'now'
  #parameterSets: ParameterSets | null = null
  #size = { width: 0, height: 0 }
  #pending: PendingFrame[] = []
  #firstOfEpoch = true
  #msn = 0
  #discontinuities = 0
  #repairsAtMs: number[] = []
  #newestFrameMs: number | null = null

  constructor(deps: PackagerDeps) {
    this.#deps = deps
    this.#epoch = deps.firstEpoch - 1
  }

  /** UTC ms when the newest frame came in; null before the first. */
  get newestFrameMs(): number | null {
    return this.#newestFrameMs
  }

  /** Odd timestamps within the last minute: many of them mean that the camera's clock cannot be used. */
  get recentRepairs(): number {
    const since = this.#deps.clock.monotonicMs() - REPAIRS_KEPT_MS
    this.#repairsAtMs = this.#repairsAtMs.filter((atMs) => atMs >= since)
    return this.#repairsAtMs.length
  }

  /** A pull began: its frames follow. */
  startTrack(track: VideoTrack): void {
    this.#timeline.restart(track.timescale)
    this.#parameterSets = track.parameterSets
    this.#size = { width: track.width, height: track.height }
    this.#epochDue = 'now'
  }

  /** The pull ended: what it left behind becomes a last segment. */
  endTrack(): void {
    this.#closePending(null)
    this.#parameterSets = null
  }

  push(frame: SourceFrame): void {
    if (!this.#parameterSets) return
    const split = splitFrame(frame.data)
    if (split.data.length === 0) return
    const parameterSets = applyInBand(this.#parameterSets, split.inBand)
    if (parameterSets !== this.#parameterSets) this.#changeParameterSets(parameterSets)
    const place = this.#timeline.place(frame.dts, frame.compositionOffset)
    if (place.repaired) this.#repairsAtMs.push(this.#deps.clock.monotonicMs())
    // Our own timeline goes on without a step, so frames until the next key frame stay decodable where they are.
    if (place.jumped && this.#epochDue === 'no') this.#epochDue = 'at-key'
    if (this.#epochDue === 'now' && !frame.key) return
    if (this.#epochDue !== 'no' && frame.key) {
      this.#closePending(place.dts)
      this.#openEpoch()
    } else if (this.#mustCut(frame.key, place.dts)) {
      this.#closePending(place.dts)
    }
    const nowMs = this.#deps.clock.now()
    this.#newestFrameMs = nowMs
    this.#programClock.observe(place.dts, nowMs)
    this.#pending.push({ dts: place.dts, compositionOffset: place.compositionOffset, key: frame.key, data: split.data })
  }

  #changeParameterSets(parameterSets: ParameterSets): void {
    this.#parameterSets = parameterSets
    const sps = parameterSets.sps[0]
    this.#size = (sps && pictureSize(sps)) ?? this.#size
    this.#epochDue = 'now'
  }

  #openEpoch(): void {
    if (!this.#parameterSets) return
    this.#epoch++
    if (this.#msn > 0) this.#discontinuities++
    this.#deps.window.addInit(this.#epoch, { parameterSets: this.#parameterSets, ...this.#size })
    this.#programClock.restart()
    this.#firstOfEpoch = true
    this.#epochDue = 'no'
    this.#epochOpen = true
  }

  #mustCut(key: boolean, dts: number): boolean {
    const first = this.#pending[0]
    if (!first) return false
    const { minSegmentSeconds, firstSegmentSeconds, targetDurationSeconds } = this.#deps.options
    const elapsed = (dts - first.dts) / TIMESCALE
    const withThis = elapsed + this.#timeline.usualStep / TIMESCALE
    if (this.#firstOfEpoch && elapsed >= firstSegmentSeconds) return true
    // A segment that does not begin with a key frame ends at the next one, so that as many as can be are joinable.
    if (key && (elapsed >= minSegmentSeconds || !first.key)) return true
    return withThis > targetDurationSeconds
  }

  /** @param endDts decode time of the frame that follows; null = nothing follows */
  #closePending(endDts: number | null): void {
    const [first] = this.#pending
    if (!first || !this.#epochOpen) return
    const { window, options } = this.#deps
    const usual = this.#timeline.usualStep
    const samples = this.#pending.map((frame, index) => {
      const next = this.#pending[index + 1]?.dts ?? endDts ?? frame.dts + usual
      return { ...frame, duration: Math.max(1, next - frame.dts) }
    })
    const { bytes, dataOffset } = writeSegment(this.#msn + 1, first.dts, samples)
    const ticks = samples.reduce((sum, sample) => sum + sample.duration, 0)
    let offset = dataOffset
    window.push({
      epoch: this.#epoch,
      msn: this.#msn,
      // A gap of the camera may stretch the last frame; what is listed must still keep the target duration.
      durationSeconds: Math.min(ticks / TIMESCALE, options.targetDurationSeconds + 0.49),
      programDateMs: this.#programClock.dateOf(first.dts),
      discontinuities: this.#discontinuities,
      discontinuity: this.#firstOfEpoch && this.#msn > 0,
      bytes,
      independent: first.key,
      startDts: first.dts,
      frames: samples.map(({ dts, compositionOffset, key, data }) => {
        const frame = { dts, compositionOffset, key, offset, length: data.length }
        offset += data.length
        return frame
      }),
    })
    this.#msn++
    this.#firstOfEpoch = false
    this.#pending = []
  }
}
