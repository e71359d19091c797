// Owns one run of ffmpeg that makes H.264 of another stream's frames: fed from that stream's window like any viewer, so that
// the camera is pulled once; what the encoder cannot keep up with is left out up to the next key frame.
// Refuses: other parameter sets than it began with, and trying again; who started it decides.
import type { SourceFrame, VideoTrack } from '../cmaf/frame.ts'
import { FrameReader } from '../cmaf/frame-reader.ts'
import { baseTimeOf, TIMESCALE } from '../cmaf/mp4-writer.ts'
import { FfmpegChild, type ChildDeps, type ChildEnd } from '../ffmpeg/child.ts'
import { transcodeArguments } from '../ffmpeg/command.ts'
import type { Encoder } from '../ffmpeg/encoder.ts'
import type { FfmpegTool } from '../ffmpeg/locate.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import type { TrackItem } from '../push/push-item.ts'
import { Subscription, type Sending } from '../push/subscription.ts'

export interface TranscodeDeps extends ChildDeps {
  ffmpeg: FfmpegTool
}

export interface TranscodeEvents {
  onTrack(track: VideoTrack): void
  onFrame(frame: SourceFrame): void
  onEnd(end: TranscodeEnd): void
}

export type TranscodeEnd =
  /** The source's parameter sets changed: a new run begins with them. */
  | { kind: 'source-changed' }
  | { kind: 'ended'; child: ChildEnd }
  /** What it gave cannot be read. */
  | { kind: 'garbage' }

/** Media that may be in the pipe to ffmpeg. */
const WINDOW_MS = 2_000

export class Transcode {
  readonly encoder: Encoder
  readonly #deps: TranscodeDeps
  readonly #events: TranscodeEvents
  readonly #subscription: Subscription
  #child: FfmpegChild | null = null
  #init: Buffer | null = null
  /** Where the source's timeline begins in the output's, ticks. */
  #firstTime: number | null = null
  /** When the picture of a moment of the source came from the camera. */
  #anchor = { time: 0, cameMs: 0 }
  #timescale = TIMESCALE
  #over = false

  constructor(deps: TranscodeDeps, options: { source: LiveWindow; encoder: Encoder }, events: TranscodeEvents) {
    this.#deps = deps
    this.#events = events
    this.encoder = options.encoder
    const stream = { window: options.source, transcoded: false, touch: () => {} }
    this.#subscription = new Subscription(stream, { id: 0, mode: 'frames', priority: 'visible', windowMs: WINDOW_MS }, { nowMs: deps.clock.monotonicMs(), wake: () => this.#feed() })
    this.#feed()
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Ends it; resolves when its process is gone. `onEnd` is not called any more. */
  async stop(): Promise<void> {
    this.#over = true
    this.#subscription.close()
    await this.#child?.stop()
  }

  #feed(): void {
    while (!this.#over && this.#subscription.ready) {
      const sending = this.#subscription.take(this.#deps.clock.monotonicMs())
      if (!sending) return
      if (sending.track) this.#begin(sending.track, sending)
      else this.#frames(sending)
    }
  }

  #begin(track: TrackItem, sending: Sending): void {
    if (this.#init === null) {
      this.#init = sending.payload
      this.#child = this.#start(track.init.edition.frameRate)
      return this.#write(sending)
    }
    // A reconnect under the same parameter sets: its frames decode with what is there.
    if (this.#init.equals(sending.payload)) return this.#answer(sending)
    this.#finish({ kind: 'source-changed' })
  }

  #frames(sending: Sending): void {
    const time = baseTimeOf(sending.payload)
    this.#firstTime ??= time
    this.#anchor = { time, cameMs: sending.header.programDateMs }
    this.#write(sending)
  }

  #write(sending: Sending): void {
    this.#child?.stdin?.write(sending.payload, () => this.#answer(sending))
  }

  #answer({ header }: Sending): void {
    this.#subscription.answer(header.sequence, this.#deps.clock.monotonicMs())
    this.#feed()
  }

  #start(fps: number): FfmpegChild {
    const child = new FfmpegChild(this.#deps, this.#deps.ffmpeg.path, transcodeArguments(this.#deps.ffmpeg, { encoder: this.encoder, fps }))
    child.yieldToOthers()
    const reader = new FrameReader({
      onTrack: (track) => {
        this.#timescale = track.timescale
        this.#events.onTrack(track)
      },
      onFrame: (frame) => this.#events.onFrame({ ...frame, cameMs: this.#cameMs(frame) }),
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#over) return
      try {
        reader.push(chunk)
      } catch {
        this.#finish({ kind: 'garbage' })
      }
    })
    void child.ended.then((end) => this.#finish({ kind: 'ended', child: end }))
    return child
  }

  /** Frames keep their distances; the first one out is the first one in. */
  #cameMs({ dts }: SourceFrame): number {
    const time = (this.#firstTime ?? 0) + (dts / this.#timescale) * TIMESCALE
    return this.#anchor.cameMs - ((this.#anchor.time - time) / TIMESCALE) * 1000
  }

  #finish(end: TranscodeEnd): void {
    if (this.#over) return
    void this.stop()
    this.#events.onEnd(end)
  }
}
