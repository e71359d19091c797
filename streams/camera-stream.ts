// Owns one (camera, stream): does what the pipeline table says, feeds the packager, keeps the live window, reports.
// Refuses: deciding who may watch; one pull serves everybody.
import { Backoff } from '#base/backoff.ts'
import type { Clock, Timer } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import type { Fault, FaultCode } from '#contract/faults.ts'
import type { StreamState } from '#contract/live.ts'
import type { Awake } from './awake.ts'
import { LiveWindow } from './hls/live-window.ts'
import { Origin } from './hls/origin.ts'
import { Packager } from './hls/packager.ts'
import type { VideoCodec } from './ingest/sdp.ts'
import type { MediaLimits } from './limits.ts'
import type { StreamReport, StreamSource } from './media-plane.ts'
import { transition, type PipelineEffect, type PipelineEvent } from './pipeline.ts'
import type { Place, Places } from './places.ts'
import { DirectPull, type DirectPullDeps } from './direct-pull.ts'
import { FfmpegPull, type FfmpegPullDeps } from './ffmpeg-pull.ts'
import type { Pull, PullEnd, PullEvents } from './pull.ts'
import { faultOf } from './stream-fault.ts'

export interface CameraStreamDeps {
  clock: Clock
  /** Silence and idleness are measured in it. */
  awake: Pick<Awake, 'ms' | 'patience' | 'strained'>
  /** Uniform in [0, 1). */
  chance: () => number
  logger: Logger
  limits: MediaLimits
  ffmpegPull: FfmpegPullDeps
  /** Null: ffmpeg pulls what could be pulled without it, too. */
  directPull: DirectPullDeps | null
  starts: Places
  transcodes: Places
  onReport(report: StreamReport): void
}

/** How long ffmpeg may look for codec parameters, one try after another. */
const ANALYZE_LADDER_MS = [200, 2_000, 11_000]
const DEFAULT_FPS = 15
const RETUNE_MS = 50
const LATE_MS = 1_000
/** Tries are so much further apart while the machine is short of time. */
const STRAINED_PAUSE = 4
const REPAIRS_BEFORE_WALL_CLOCK = 5
/** ffmpeg knows more cameras' habits than we do. */
const FOR_FFMPEG: ReadonlySet<FaultCode> = new Set(['stream_undecodable', 'rtsp_malformed'])

export class CameraStream {
  readonly #deps: CameraStreamDeps
  readonly #backoff: Backoff
  #source: StreamSource
  #state: StreamState = 'idle'
  #fault: Fault | null = null
  #sinceMs: number
  readonly window: LiveWindow
  readonly origin: Origin
  readonly #packager: Packager
  readonly #stateListeners = new Set<() => void>()
  #pull: Pull | null = null
  #ending: Promise<void> = Promise.resolve()
  #startedAtMs = 0
  /** When the newest frame came in. */
  #frameMs = 0
  #startPlace: Place | null = null
  #startWish: AbortController | null = null
  #transcodePlace: Place | null = null
  #retry: Timer | undefined
  #codec: VideoCodec | null
  #ladder = 0
  /** Who reads an H.264 camera: ffmpeg for good once the other way was not enough. */
  #reader: 'direct' | 'ffmpeg'
  #wallClock = false
  /** The pull is being ended only to be started again with what was learned: no fault of the camera. */
  #retuning = false
  #bytesReceived = 0
  #seenMs: number

  constructor(deps: CameraStreamDeps, source: StreamSource) {
    this.#deps = deps
    this.#source = source
    this.#codec = source.codec
    this.#reader = deps.directPull ? 'direct' : 'ffmpeg'
    const { clock, limits, chance } = deps
    this.#backoff = new Backoff({ firstMs: limits.retryFirstMs, capMs: limits.retryCapMs, random: chance })
    this.#sinceMs = clock.now()
    this.#seenMs = deps.awake.ms()
    const { targetDurationSeconds, minSegmentSeconds, ringMs, ringBytes } = limits
    // Wall time as the first number of editions and epochs: names of an earlier life of this stream never come again.
    const first = Math.floor(clock.now())
    this.window = new LiveWindow({ targetDurationSeconds, ringMs, maxBytes: ringBytes }, first)
    this.#packager = new Packager({ clock, window: this.window, options: { minSegmentSeconds }, firstEdition: first })
    this.window.on('part', () => this.#partClosed())
    this.origin = new Origin({ clock, stream: this })
  }

  /** Number of the playlist with parts that is current. */
  get edition(): number {
    return this.#packager.edition
  }

  /** Calls `listener` whenever the state may have changed; gives the function that ends it. */
  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  get state(): StreamState {
    return this.#state
  }

  get fault(): Fault | null {
    return this.#fault
  }

  /** What the browser gets is not what the camera sent. */
  get transcoded(): boolean {
    return this.#codec === 'h265' || this.#codec === 'mjpeg'
  }

  /** What the camera sends, as far as known. */
  get codec(): VideoCodec | null {
    return this.#codec
  }

  /** For tests and the bench: the ffmpeg process of the pull, where it has one. */
  get pid(): number | undefined {
    return this.#pull?.pid
  }

  /** No frame for longer than frames of this stream are apart. */
  get late(): boolean {
    return this.#deps.awake.ms() - this.#frameMs > Math.max(LATE_MS, this.#frameGapMs())
  }

  report(): StreamReport {
    return {
      cameraId: this.#source.cameraId,
      stream: this.#source.stream,
      state: this.#state,
      fault: this.#fault,
      sinceMs: this.#sinceMs,
      transcoded: this.transcoded,
      edition: this.edition,
      viewersSeenMs: Math.round(this.#deps.clock.now() - (this.#deps.awake.ms() - this.#seenMs)),
      bytesReceived: this.#bytesReceived,
      ringBytes: this.window.bytes,
      newestFrameMs: this.#packager.newestFrameMs,
    }
  }

  /** Starts or joins. False = it would have to transcode and all places are taken. */
  open(source: StreamSource): boolean {
    this.touch()
    if (this.#state === 'idle' || this.#state === 'stopped') {
      this.#source = source
      if (!this.#admitTranscode()) return false
    }
    this.#apply('opened', null)
    return true
  }

  /** Somebody watches. */
  touch(): void {
    this.#seenMs = this.#deps.awake.ms()
  }

  /** To be called a few times a second: notices silence and that nobody watches any more. */
  tick(): void {
    const { awake, limits } = this.#deps
    const nowMs = awake.ms()
    if (this.#state === 'idle' || this.#state === 'stopped') return
    if (nowMs - this.#seenMs >= limits.idleStopMs) return this.#apply('unwatched', null)
    if (this.#state === 'running' && nowMs - this.#frameMs >= Math.max(limits.stallMs, this.#frameGapMs())) {
      this.#apply('silent', faultOf('stream_silent', 'no frame has come for a while'))
    }
    if (this.#state === 'starting' && this.#pull && nowMs - this.#startedAtMs >= limits.firstPictureMs * awake.patience) {
      this.#pull.fail(faultOf('stream_undecodable', 'media came, but no picture'))
    }
  }

  /** Ends it; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#apply('stopped', null)
    await this.#ending
  }

  #apply(event: PipelineEvent, fault: Fault | null): void {
    const { state, effects } = transition(this.#state, event)
    const changed = state !== this.#state
    if (!changed && effects.length === 0) return
    this.#state = state
    if (changed) this.#sinceMs = this.#deps.clock.now()
    // While it is being tried again, the reason why it was lost stays true.
    if (state === 'running' || state === 'stopped') this.#fault = fault
    else if (fault) this.#fault = fault
    for (const effect of effects) this.#perform(effect)
    if (!changed) return
    this.#deps.onReport(this.report())
    for (const listener of [...this.#stateListeners]) listener()
  }

  #perform(effect: PipelineEffect): void {
    if (effect === 'start-pull') void this.#startPull()
    if (effect === 'end-pull') this.#endPull()
    if (effect === 'arm-retry') this.#retry = this.#deps.clock.after(this.#retryDelayMs(), () => this.#apply('retry-due', null))
    if (effect === 'disarm-retry') this.#retry?.cancel()
    if (effect === 'reset-backoff') this.#backoff.succeeded()
    if (effect === 'forget-pictures') this.window.clear()
  }

  #retryDelayMs(): number {
    const { limits, chance } = this.#deps
    if (this.#retuning) {
      this.#retuning = false
      return RETUNE_MS
    }
    const soonMs = this.#backoff.nextMs() * (this.#deps.awake.strained ? STRAINED_PAUSE : 1)
    if (this.#fault?.retry === 'after-change') return limits.retryAfterChangeMs * (0.75 + chance() / 2)
    return this.#fault?.retry === 'later' ? Math.max(soonMs, 5_000 + 5_000 * chance()) : soonMs
  }

  async #startPull(): Promise<void> {
    const wish = new AbortController()
    this.#startWish = wish
    const place = await this.#deps.starts.take(wish.signal)
    if (!place) return
    if (wish.signal.aborted) return place.release()
    this.#startPlace = place
    this.#startedAtMs = this.#deps.awake.ms()
    if (!this.#admitTranscode()) return this.#apply('failed', faultOf('codec_unsupported', 'all transcoding places are taken'))
    const pull: Pull = this.#newPull({
      // What an ended pull had in its pipe is no picture of the one that has begun since.
      onTrack: (track) => {
        if (this.#pull === pull) this.#packager.startTrack(track)
      },
      onFrame: (frame) => {
        if (this.#pull !== pull) return
        this.#frameMs = this.#deps.awake.ms()
        this.#packager.push(frame)
        if (this.#packager.recentRepairs > REPAIRS_BEFORE_WALL_CLOCK && !this.#wallClock) {
          this.#wallClock = true
          this.#retuning = true
          pull.fail(faultOf('stream_reset', 'the camera’s timestamps cannot be used; trying with arrival times'))
        }
      },
      onMediaBytes: (bytes) => {
        this.#bytesReceived += bytes
      },
      onCodec: (codec) => this.#learnCodec(codec, pull),
      onEnd: (end) => this.#pullEnded(pull, end),
    })
    this.#pull = pull
  }

  #newPull(events: PullEvents): Pull {
    const { ffmpegPull, directPull } = this.#deps
    const options = { source: this.#source, wallClockTimestamps: this.#wallClock }
    if (directPull && this.#reader === 'direct' && !this.transcoded) return new DirectPull(directPull, options, events)
    const analyzeMs = ANALYZE_LADDER_MS[this.#ladder] ?? 11_000
    return new FfmpegPull(ffmpegPull, { ...options, analyzeMs, mode: this.transcoded ? { kind: 'transcode', fps: DEFAULT_FPS } : { kind: 'copy' } }, events)
  }

  #learnCodec(codec: VideoCodec, pull: Pull): void {
    const known = this.#codec ?? 'h264'
    this.#codec = codec
    if (codec === 'other') return pull.fail(faultOf('codec_unsupported', 'neither H.264, H.265 nor MJPEG'))
    if (codec === known) return
    this.#deps.logger.info({ ...this.#names(), codec }, 'the stream has another codec than expected')
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
    this.#deps.logger.info({ ...this.#names(), fault: end.fault.code, detail: end.fault.detail }, 'a pull ended')
    this.#apply('failed', this.#retuning ? null : end.fault)
  }

  #endPull(): void {
    this.#startWish?.abort()
    this.#startPlace?.release()
    if (!this.transcoded || this.#state === 'stopped') {
      this.#transcodePlace?.release()
      this.#transcodePlace = null
    }
    const pull = this.#pull
    this.#pull = null
    // The state has moved on by now, so that this last segment is not taken for a picture of a new pull.
    this.#packager.endTrack()
    if (pull) this.#ending = Promise.all([this.#ending, pull.stop()]).then(() => {})
  }

  #admitTranscode(): boolean {
    if (this.transcoded) this.#transcodePlace ??= this.#deps.transcodes.tryTake()
    return !this.transcoded || this.#transcodePlace !== null
  }

  #partClosed(): void {
    this.#startPlace?.release()
    this.#apply('picture', null)
  }

  /** A camera of one frame in two seconds is not silent after two and a half. */
  #frameGapMs(): number {
    const { newest } = this.window
    const frames = newest?.parts.reduce((sum, part) => sum + part.frames.length, 0) ?? 0
    return newest && frames > 0 ? (3_000 * newest.durationSeconds) / frames : 0
  }

  #names(): { cameraId: string; stream: string } {
    return { cameraId: this.#source.cameraId, stream: this.#source.stream }
  }
}
