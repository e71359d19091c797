// Owns one (camera, stream) as the camera sends it: does what the pipeline table says with the one pull of it.
// Refuses: deciding who may watch and in which form; one pull serves everybody.
import type { Timer } from '#base/clock.ts'
import type { Fault, FaultCode } from '#contract/faults.ts'
import type { StreamForm } from '#contract/live.ts'
import { DirectPull, type DirectPullDeps } from './direct-pull.ts'
import { FfmpegPull, type FfmpegPullDeps } from './ffmpeg-pull.ts'
import type { StreamFacts } from './form.ts'
import type { VideoCodec } from './ingest/sdp.ts'
import type { StreamReport, StreamSource } from './media-plane.ts'
import type { PipelineEffect } from './pipeline.ts'
import type { Place, Places } from './places.ts'
import { LATE_MS, PlayedStream, type PlayedStreamDeps } from './played-stream.ts'
import type { Pull, PullEnd, PullEvents } from './pull.ts'
import { faultOf } from './stream-fault.ts'

export interface CameraStreamDeps extends PlayedStreamDeps {
  ffmpegPull: FfmpegPullDeps
  /** Null: ffmpeg pulls what could be pulled without it, too. */
  directPull: DirectPullDeps | null
  starts: Places
}

/** How long ffmpeg may look for codec parameters, one try after another. */
const ANALYZE_LADDER_MS = [200, 2_000, 11_000]
const RETUNE_MS = 50
/** Tries are so much further apart while the machine is short of time. */
const STRAINED_PAUSE = 4
const REPAIRS_BEFORE_WALL_CLOCK = 5
/** Reports (RTCP) take less between two ticks than any media does. */
const REPORT_BYTES = 256
/** ffmpeg knows more cameras' habits than we do. */
const FOR_FFMPEG: ReadonlySet<FaultCode> = new Set(['stream_undecodable', 'rtsp_malformed'])

export class CameraStream extends PlayedStream<CameraStreamDeps> {
  readonly form: StreamForm = 'original'
  #source: StreamSource
  #pull: Pull | null = null
  #ending: Promise<void> = Promise.resolve()
  #startedAtMs = 0
  #startPlace: Place | null = null
  #startWish: AbortController | null = null
  #retry: Timer | undefined
  #codec: VideoCodec | null
  #ladder = 0
  /** Who reads an H.264 camera: ffmpeg for good once the other way was not enough. */
  #reader: 'direct' | 'ffmpeg'
  #wallClock = false
  /** The pull is being ended only to be started again with what was learned: no fault of the camera. */
  #retuning = false
  #bytesReceived = 0
  /** Of the pull: bytes between media that were none. */
  #bytesLost = 0
  /** Of those received, what the last tick knew; when more than reports came since the one before. */
  #bytesNoted = 0
  #mediaMs = 0

  constructor(deps: CameraStreamDeps, source: StreamSource) {
    super(deps, source)
    this.window.on('frame', () => this.frameCame())
    this.#source = source
    this.#codec = source.codec
    this.#reader = deps.directPull ? 'direct' : 'ffmpeg'
  }

  /** What the camera sends, as far as known. */
  get codec(): VideoCodec | null {
    return this.#codec
  }

  /** What its frames say, or else what the camera or ONVIF said of it. */
  facts(source: StreamSource = this.#source): StreamFacts {
    const seen = this.window.init(this.window.newestEpoch)?.description
    if (seen) return { codec: seen.codec, pixels: seen.width * seen.height }
    return { codec: this.#codec ?? source.codec, pixels: source.pixels ?? null }
  }

  /** For tests and the bench: the ffmpeg process of the pull, where it has one. */
  get pid(): number | undefined {
    return this.#pull?.pid
  }

  override report(): StreamReport {
    return { ...super.report(), bytesReceived: this.#bytesReceived }
  }

  /** Starts or joins. */
  open(source: StreamSource): void {
    this.touch()
    if (this.state === 'idle' || this.state === 'stopped') this.#source = source
    this.apply('opened', null)
  }

  override tick(): void {
    const { awake, limits } = this.deps
    if (this.#bytesReceived - this.#bytesNoted > REPORT_BYTES) this.#mediaMs = awake.ms()
    this.#bytesNoted = this.#bytesReceived
    super.tick()
    const barrenMs = awake.ms() - Math.max(this.#startedAtMs, this.frameMs)
    if (this.#pull && barrenMs >= limits.noPictureMs * awake.patience) this.#pull.fail(this.whyNoFrame())
  }

  protected override whyNoFrame(): Fault {
    const mediaComes = this.deps.awake.ms() - this.#mediaMs <= LATE_MS
    return mediaComes ? faultOf('stream_undecodable', 'media comes, but no picture that can be shown') : super.whyNoFrame()
  }

  /** Ends it; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.apply('stopped', null)
    await this.#ending
  }

  protected perform(effect: PipelineEffect): void {
    if (effect === 'start-pull') void this.#startPull()
    if (effect === 'end-pull') this.#endPull()
    if (effect === 'arm-retry') this.#retry = this.deps.clock.after(this.#retryDelayMs(), () => this.apply('retry-due', null))
    if (effect === 'disarm-retry') this.#retry?.cancel()
  }

  protected override partClosed(): void {
    this.#startPlace?.release()
    super.partClosed()
  }

  #retryDelayMs(): number {
    const { limits, chance, awake } = this.deps
    if (this.#retuning) {
      this.#retuning = false
      return RETUNE_MS
    }
    const soonMs = this.backoff.nextMs() * (awake.strained ? STRAINED_PAUSE : 1)
    if (this.fault?.retry === 'after-change') return limits.retryAfterChangeMs * (0.75 + chance() / 2)
    return this.fault?.retry === 'later' ? Math.max(soonMs, 5_000 + 5_000 * chance()) : soonMs
  }

  async #startPull(): Promise<void> {
    const wish = new AbortController()
    this.#startWish = wish
    const place = await this.deps.starts.take(wish.signal)
    if (!place) return
    if (wish.signal.aborted) return place.release()
    this.#startPlace = place
    this.#startedAtMs = this.deps.awake.ms()
    this.#bytesLost = 0
    const pull: Pull = this.#newPull({
      // What an ended pull had in its pipe is no picture of the one that has begun since.
      onTrack: (track) => {
        if (this.#pull === pull) this.packager.startTrack(track)
      },
      onFrame: (frame) => {
        if (this.#pull !== pull) return
        this.packager.push(frame)
        if (this.packager.restless) pull.fail({ ...faultOf('stream_undecodable', 'its parameter sets change all the time'), retry: 'later' })
        if (this.packager.recentRepairs > REPAIRS_BEFORE_WALL_CLOCK && !this.#wallClock) {
          this.#wallClock = true
          this.#retuning = true
          pull.fail(faultOf('stream_reset', 'the camera’s timestamps cannot be used; trying with arrival times'))
        }
      },
      onMediaBytes: (bytes) => {
        this.#bytesReceived += bytes
      },
      onLostBytes: (bytes) => {
        if (this.#bytesLost === 0) this.deps.logger.warn(this.key, 'the camera sends bytes between its frames that are no media')
        this.#bytesLost += bytes
      },
      onCodec: (codec) => this.#learnCodec(codec, pull),
      onEnd: (end) => this.#pullEnded(pull, end),
    })
    this.#pull = pull
  }

  #newPull(events: PullEvents): Pull {
    const { ffmpegPull, directPull } = this.deps
    const options = { source: this.#source, wallClockTimestamps: this.#wallClock, frameGapMs: () => this.frameGapMs }
    if (directPull && this.#readsDirectly) return new DirectPull(directPull, options, events)
    return new FfmpegPull(ffmpegPull, { ...options, analyzeMs: ANALYZE_LADDER_MS[this.#ladder] ?? 11_000 }, events)
  }

  get #readsDirectly(): boolean {
    return this.#reader === 'direct' && (this.#codec ?? 'h264') === 'h264'
  }

  #learnCodec(codec: VideoCodec, pull: Pull): void {
    const readDirectly = this.#readsDirectly
    const known = this.#codec ?? 'h264'
    this.#codec = codec
    if (codec === 'other') return pull.fail(faultOf('codec_unsupported', 'neither H.264, H.265 nor MJPEG'))
    if (codec === known) return
    this.deps.logger.info({ ...this.key, codec }, 'the stream has another codec than expected')
    if (!readDirectly) return
    this.#retuning = true
    pull.fail(faultOf('stream_reset', `the stream turned out to be ${codec}`))
  }

  #pullEnded(pull: Pull, end: PullEnd): void {
    if (this.#pull !== pull) return
    if (end.needs === 'longer-probe' && this.#ladder < ANALYZE_LADDER_MS.length - 1) {
      this.#ladder++
      this.#retuning = true
    }
    if (end.needs === 'ffmpeg') this.#retuning = true
    if (end.needs === 'ffmpeg' || FOR_FFMPEG.has(end.fault.code)) this.#reader = 'ffmpeg'
    this.deps.logger.info({ ...this.key, fault: end.fault.code, detail: end.fault.detail, bytesLost: this.#bytesLost }, 'a pull ended')
    this.apply('failed', this.#retuning ? null : end.fault)
  }

  #endPull(): void {
    this.#startWish?.abort()
    this.#startPlace?.release()
    const pull = this.#pull
    this.#pull = null
    // The state has moved on by now, so that this last segment is not taken for a picture of a new pull.
    this.packager.endTrack()
    if (pull) this.#ending = Promise.all([this.#ending, pull.stop()]).then(() => {})
  }
}
