// Owns one run of transcoding: H.264 of another stream's frames, fed from that stream's window like any viewer, so that the
// camera is pulled once; what the encoder cannot keep up with is left out up to the next key frame. A process that has done
// enough hands over to a fresh one at a key frame, unseen.
// Refuses: other parameter sets than it began with, and trying again; who started it decides.
import type { Timer } from '#base/clock.ts'
import type { SourceFrame, VideoTrack } from '../cmaf/frame.ts'
import { baseTimeOf, TIMESCALE } from '../cmaf/mp4-writer.ts'
import type { ChildEnd } from '../ffmpeg/child.ts'
import type { Encoder } from '../ffmpeg/encoder.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import type { TrackItem } from '../push/push-item.ts'
import { Subscription, type Sending } from '../push/subscription.ts'
import { Leg, type LegDeps } from './leg.ts'

export interface TranscodeDeps extends LegDeps {
  /** Frames that one process makes before another takes over; by chance a quarter more or less. */
  framesPerProcess: number
  /** Uniform in [0, 1). */
  chance: () => number
}

export interface TranscodeEvents {
  onTrack(track: VideoTrack): void
  onFrame(frame: SourceFrame): void
  onEnd(end: TranscodeEnd): void
}

export type TranscodeEnd =
  /** The source's parameter sets changed, or those of what is made: a new run begins with them. */
  | { kind: 'source-changed' }
  | { kind: 'ended'; child: ChildEnd }
  /** The process that was to take over did not, beside one that worked: a machine may have room for so many at a time. */
  | { kind: 'not-taken-over' }
  /** What it gave cannot be read. */
  | { kind: 'garbage' }

/** Media that may be in the pipe to ffmpeg. */
const WINDOW_MS = 2_000
/** A process that was told to end has given what it has by then. */
const HAND_OVER_MS = 2_000

export class Transcode {
  readonly encoder: Encoder
  readonly #deps: TranscodeDeps
  readonly #events: TranscodeEvents
  readonly #subscription: Subscription
  /** The first one's frames go out; the last one is fed. More than one only while one hands over to the next. */
  readonly #legs: Leg[] = []
  /** What the next leg gave before the first one was done. */
  #held: (() => void)[] = []
  #handOver: Timer | undefined
  /** Of transcodes that began together, as when a wall was opened, not all hand over together. */
  readonly #framesPerProcess: number
  #init: Buffer | null = null
  #fps = 0
  #track: VideoTrack | null = null
  /** When the picture of a moment of the source came from the camera. */
  #anchor = { time: 0, cameMs: 0 }
  /** The moment of the source at which the output's timeline begins, ticks of `TIMESCALE`. */
  #firstTime = 0
  #over = false

  constructor(deps: TranscodeDeps, options: { source: LiveWindow; encoder: Encoder }, events: TranscodeEvents) {
    this.#deps = deps
    this.#events = events
    this.encoder = options.encoder
    this.#framesPerProcess = deps.framesPerProcess * (0.75 + deps.chance() / 2)
    const stream = { window: options.source, transcoded: false, touch: () => {} }
    this.#subscription = new Subscription(stream, { id: 0, mode: 'frames', priority: 'visible', windowMs: WINDOW_MS }, { nowMs: deps.clock.monotonicMs(), wake: () => this.#feed() })
    this.#feed()
  }

  /** Of the process that is fed. */
  get pid(): number | undefined {
    return this.#legs.at(-1)?.pid
  }

  /** Ends it; resolves when its processes are gone. `onEnd` is not called any more. */
  async stop(): Promise<void> {
    this.#over = true
    this.#handOver?.cancel()
    this.#subscription.close()
    await Promise.all(this.#legs.map((leg) => leg.stop()))
  }

  #feed(): void {
    while (!this.#over && this.#subscription.ready) {
      const sending = this.#subscription.take(this.#deps.clock.monotonicMs())
      if (!sending) return
      if (sending.track) this.#begin(sending.track, sending)
      else this.#frame(sending)
    }
  }

  #begin(track: TrackItem, sending: Sending): void {
    if (this.#init === null) {
      this.#init = sending.payload
      this.#fps = track.init.edition.frameRate
      return this.#start().init(sending.payload, () => this.#answer(sending))
    }
    // A reconnect under the same parameter sets: its frames decode with what is there.
    if (this.#init.equals(sending.payload)) return this.#answer(sending)
    this.#finish({ kind: 'source-changed' })
  }

  #frame(sending: Sending): void {
    const { header, payload } = sending
    const [leg] = this.#legs
    const time = baseTimeOf(payload)
    if (leg?.fed === 0) this.#firstTime = time
    this.#anchor = { time, cameMs: header.programDateMs }
    if (header.key && this.#legs.length === 1 && leg && leg.fed >= this.#framesPerProcess) this.#handOverFrom(leg)
    this.#legs.at(-1)?.frame(payload, time, () => this.#answer(sending))
  }

  #answer({ header }: Sending): void {
    this.#subscription.answer(header.sequence, this.#deps.clock.monotonicMs())
    this.#feed()
  }

  #handOverFrom(leg: Leg): void {
    if (this.#init) this.#start().init(this.#init, () => {})
    leg.close()
    this.#handOver = this.#deps.clock.after(HAND_OVER_MS, () => void leg.stop())
  }

  #start(): Leg {
    const out = (act: () => void): void => {
      if (this.#over) return
      if (this.#legs[0] === leg) act()
      else this.#held.push(act)
    }
    const leg: Leg = new Leg(this.#deps, { encoder: this.encoder, fps: this.#fps }, {
      onTrack: (track) => out(() => this.#trackCame(track)),
      onFrame: (frame, sourceTime) => out(() => this.#frameCame(frame, sourceTime)),
      onGarbage: () => this.#legFailed(leg, { kind: 'garbage' }),
      onEnd: (child) => this.#legEnded(leg, child),
    })
    this.#legs.push(leg)
    return leg
  }

  #legEnded(leg: Leg, child: ChildEnd): void {
    if (this.#over) return
    if (this.#legs.length === 1 || this.#legs[0] !== leg) return this.#legFailed(leg, { kind: 'ended', child })
    this.#handOver?.cancel()
    this.#legs.shift()
    for (const act of this.#held.splice(0)) act()
  }

  #legFailed(leg: Leg, end: TranscodeEnd): void {
    this.#finish(this.#legs[0] === leg ? end : { kind: 'not-taken-over' })
  }

  #trackCame(track: VideoTrack): void {
    if (this.#track === null) {
      this.#track = track
      return this.#events.onTrack(track)
    }
    if (!isSameTrack(this.#track, track)) this.#finish({ kind: 'source-changed' })
  }

  #frameCame(frame: SourceFrame, sourceTime: number): void {
    if (this.#over || this.#track === null) return
    const { timescale } = this.#track
    const dts = Math.round(((sourceTime - this.#firstTime) / TIMESCALE) * timescale)
    const cameMs = this.#anchor.cameMs - ((this.#anchor.time - sourceTime) / TIMESCALE) * 1000
    this.#events.onFrame({ ...frame, dts, cameMs })
  }

  #finish(end: TranscodeEnd): void {
    if (this.#over) return
    void this.stop()
    this.#events.onEnd(end)
  }
}

function isSameTrack(one: VideoTrack, other: VideoTrack): boolean {
  const sets = ({ parameterSets: { sps, pps } }: VideoTrack): Buffer[] => [...sps, ...pps]
  const [mine, its] = [sets(one), sets(other)]
  return one.width === other.width && one.height === other.height && one.timescale === other.timescale && mine.length === its.length && mine.every((set, at) => its[at]?.equals(set))
}
