// Owns one try at pulling a camera stream: a relay place, an ffmpeg child, frames out, one fault at the end.
// Refuses: trying again; who started it decides.
import type { Fault } from '#contract/faults.ts'
import type { SourceFrame, VideoTrack } from './cmaf/frame.ts'
import { FrameReader } from './cmaf/frame-reader.ts'
import { FfmpegChild, type ChildDeps, type ChildEnd } from './ffmpeg/child.ts'
import { pullArguments, type PullCommand } from './ffmpeg/command.ts'
import type { FfmpegTool } from './ffmpeg/locate.ts'
import { readStderr } from './ffmpeg/stderr-fault.ts'
import type { RelayTicket, RtspRelay } from './ingest/rtsp-relay.ts'
import type { VideoCodec } from './ingest/sdp.ts'
import type { StreamSource } from './media-plane.ts'
import { faultOf, toFault } from './stream-fault.ts'

export interface PullDeps extends ChildDeps {
  relay: Pick<RtspRelay, 'admit'>
  ffmpeg: FfmpegTool
}

export interface PullOptions extends Omit<PullCommand, 'url'> {
  source: StreamSource
}

export interface PullEvents {
  onTrack(track: VideoTrack): void
  onFrame(frame: SourceFrame): void
  onMediaBytes(bytes: number): void
  onCodec(codec: VideoCodec): void
  onEnd(end: PullEnd): void
}

export interface PullEnd {
  fault: Fault
  /** Codec parameters did not come within the probing time. */
  probeLonger: boolean
}

export class Pull {
  readonly #events: PullEvents
  #child: FfmpegChild | null = null
  #ticket: RelayTicket | null = null
  #fault: Fault | null = null
  #stopped = false
  readonly #done: Promise<void>

  constructor(deps: PullDeps, options: PullOptions, events: PullEvents) {
    this.#events = events
    this.#done = this.#run(deps, options)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Ends the pull; resolves when its process is gone. `onEnd` is not called any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#ticket?.release()
    await this.#child?.stop()
    await this.#done
  }

  /** Ends the pull as failed with this fault. */
  fail(fault: Fault): void {
    this.#fault ??= fault
    this.#ticket?.release()
    void this.#child?.stop()
  }

  async #run(deps: PullDeps, options: PullOptions): Promise<void> {
    try {
      const ticket = await deps.relay.admit(options.source, {
        onDescribed: (facts) => this.#events.onCodec(facts.codec),
        onMediaBytes: (bytes) => this.#events.onMediaBytes(bytes),
        onEnd: (fault) => {
          if (fault) this.fail(fault)
        },
      })
      this.#ticket = ticket
      if (this.#stopped) return ticket.release()
      const child = new FfmpegChild(deps, deps.ffmpeg.path, pullArguments(deps.ffmpeg, { ...options, url: ticket.url }))
      this.#child = child
      const reader = new FrameReader({ onTrack: (track) => this.#events.onTrack(track), onFrame: (frame) => this.#events.onFrame(frame) })
      child.stdout?.on('data', (chunk: Buffer) => {
        if (this.#stopped || this.#fault) return
        try {
          reader.push(chunk)
        } catch (error) {
          this.fail(toFault(error))
        }
      })
      const end = await child.ended
      ticket.release()
      this.#conclude(end)
    } catch (error) {
      this.#report({ fault: this.#fault ?? toFault(error), probeLonger: false })
    }
  }

  #conclude(end: ChildEnd): void {
    if (!end.started) return this.#report({ fault: faultOf('transcoder_missing', 'ffmpeg could not be started'), probeLonger: false })
    const verdict = readStderr(end.stderr)
    const probeLonger = this.#fault === null && verdict.kind === 'probe-longer'
    const told = verdict.kind === 'fault' ? verdict.fault : probeLonger ? faultOf('stream_undecodable', 'no codec parameters within the probing time') : null
    this.#report({ fault: this.#fault ?? told ?? faultOf('stream_reset', 'the stream ended'), probeLonger })
  }

  #report(end: PullEnd): void {
    if (!this.#stopped) this.#events.onEnd(end)
  }
}
