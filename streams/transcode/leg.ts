// Owns one ffmpeg process of a transcode: the source's fragments in, H.264 frames out, each with its place in the source's time.
// Refuses: deciding when it begins and when another takes over.
import type { SourceFrame, VideoTrack } from '../cmaf/frame.ts'
import { FrameReader } from '../cmaf/frame-reader.ts'
import { TIMESCALE } from '../cmaf/mp4-writer.ts'
import { FfmpegChild, type ChildDeps, type ChildEnd } from '../ffmpeg/child.ts'
import { transcodeArguments } from '../ffmpeg/command.ts'
import type { Encoder } from '../ffmpeg/encoder.ts'
import type { FfmpegTool } from '../ffmpeg/locate.ts'

export interface LegDeps extends ChildDeps {
  ffmpeg: FfmpegTool
}

export interface LegEvents {
  onTrack(track: VideoTrack): void
  /** @param sourceTime of the picture on the source's timeline, ticks of `TIMESCALE` */
  onFrame(frame: SourceFrame, sourceTime: number): void
  /** What it gave cannot be read. */
  onGarbage(): void
  onEnd(end: ChildEnd): void
}

export class Leg {
  readonly #child: FfmpegChild
  /** Where the source's timeline begins in the output's, ticks. */
  #firstTime: number | null = null
  #timescale = TIMESCALE
  #fed = 0
  #over = false

  constructor(deps: LegDeps, options: { encoder: Encoder; fps: number }, events: LegEvents) {
    this.#child = new FfmpegChild(deps, deps.ffmpeg.path, transcodeArguments(deps.ffmpeg, options))
    this.#child.yieldToOthers()
    const reader = new FrameReader({
      onTrack: (track) => {
        this.#timescale = track.timescale
        events.onTrack(track)
      },
      // Frames keep their distances; the first one out is the first one in.
      onFrame: (frame) => events.onFrame(frame, (this.#firstTime ?? 0) + (frame.dts / this.#timescale) * TIMESCALE),
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#over) return
      try {
        reader.push(chunk)
      } catch {
        this.#over = true
        events.onGarbage()
      }
    })
    void this.#child.ended.then((end) => events.onEnd(end))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Frames that went in. */
  get fed(): number {
    return this.#fed
  }

  init(bytes: Buffer, taken: () => void): void {
    this.#child.stdin?.write(bytes, taken)
  }

  frame(bytes: Buffer, time: number, taken: () => void): void {
    this.#firstTime ??= time
    this.#fed++
    this.#child.stdin?.write(bytes, taken)
  }

  /** Nothing more goes in; it ends when it has given what it has. */
  close(): void {
    this.#child.stdin?.end()
  }

  /** Ends it now; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#over = true
    await this.#child.stop()
  }
}
