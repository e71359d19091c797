// Owns one try at pulling a camera stream by ffmpeg: a relay place, a child, frames out, one fault at the end.
// Refuses: trying again; who started it decides.
import type { Fault } from '#contract/faults.ts'
import { FrameReader } from './cmaf/frame-reader.ts'
import { FfmpegChild, type ChildDeps, type ChildEnd } from './ffmpeg/child.ts'
import { pullArguments, type PullCommand } from './ffmpeg/command.ts'
import type { FfmpegTool } from './ffmpeg/locate.ts'
import { readStderr } from './ffmpeg/stderr-fault.ts'
import type { RelayTicket, RtspRelay } from './ingest/rtsp-relay.ts'
import type { StreamSource } from './media-plane.ts'
import type { Pull, PullEnd, PullEvents } from './pull.ts'
import { faultOf, toFault } from './stream-fault.ts'

export interface FfmpegPullDeps extends ChildDeps {
  relay: Pick<RtspRelay, 'admit'>
  ffmpeg: FfmpegTool
}

export interface FfmpegPullOptions extends Omit<PullCommand, 'url'> {
  source: StreamSource
  /** How long a picture may be away, ms, as far as is known. */
  frameGapMs(): number
}

export class FfmpegPull implements Pull {
  readonly #events: PullEvents
  #child: FfmpegChild | null = null
  #ticket: RelayTicket | null = null
  #fault: Fault | null = null
  #stopped = false
  readonly #done: Promise<void>

  constructor(deps: FfmpegPullDeps, options: FfmpegPullOptions, events: PullEvents) {
    this.#events = events
    this.#done = this.#run(deps, options)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#ticket?.release()
    await this.#child?.stop()
    await this.#done
  }

  fail(fault: Fault): void {
    this.#fault ??= fault
    this.#ticket?.release()
    void this.#child?.stop()
  }

  async #run(deps: FfmpegPullDeps, options: FfmpegPullOptions): Promise<void> {
    try {
      const ticket = await deps.relay.admit(options.source, {
        frameGapMs: () => options.frameGapMs(),
        onDescribed: (facts) => this.#events.onCodec(facts.codec),
        onMediaBytes: (bytes) => this.#events.onMediaBytes(bytes),
        onLostBytes: (bytes) => this.#events.onLostBytes(bytes),
        onEnd: (fault) => {
          if (fault) this.fail(fault)
        },
      })
      this.#ticket = ticket
      if (this.#stopped) return ticket.release()
      const child = new FfmpegChild(deps, deps.ffmpeg.path, pullArguments({ ...options, url: ticket.url }))
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
      this.#report({ fault: this.#fault ?? toFault(error), needs: 'nothing' })
    }
  }

  #conclude(end: ChildEnd): void {
    if (!end.started) return this.#report({ fault: faultOf('transcoder_missing', 'ffmpeg could not be started'), needs: 'nothing' })
    const verdict = readStderr(end.stderr)
    const probeLonger = this.#fault === null && verdict.kind === 'probe-longer'
    const told = verdict.kind === 'fault' ? verdict.fault : probeLonger ? faultOf('stream_undecodable', 'no codec parameters within the probing time') : null
    this.#report({ fault: this.#fault ?? told ?? faultOf('stream_reset', 'the stream ended'), needs: probeLonger ? 'longer-probe' : 'nothing' })
  }

  #report(end: PullEnd): void {
    if (!this.#stopped) this.#events.onEnd(end)
  }
}
