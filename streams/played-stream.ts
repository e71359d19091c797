// Owns what every stream that players get has in common, wherever its frames come from: its life by the pipeline table, its
// window, packager and origin, who watches, what is reported.
// Refuses: getting frames; camera-stream.ts pulls them, transcode/transcoded-stream.ts makes them of another stream's.
import { Backoff } from '#base/backoff.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamForm, StreamState } from '#contract/live.ts'
import type { Awake } from './awake.ts'
import { LiveWindow } from './hls/live-window.ts'
import { Origin } from './hls/origin.ts'
import { Packager } from './hls/packager.ts'
import type { MediaLimits } from './limits.ts'
import type { StreamKey, StreamReport } from './media-plane.ts'
import { transition, type PipelineEffect, type PipelineEvent } from './pipeline.ts'
import { faultOf } from './stream-fault.ts'

export interface PlayedStreamDeps {
  clock: Clock
  /** Silence and idleness are measured in it. */
  awake: Pick<Awake, 'ms' | 'patience' | 'strained'>
  /** Uniform in [0, 1). */
  chance: () => number
  logger: Logger
  limits: MediaLimits
  onReport(report: StreamReport): void
}

export const LATE_MS = 1_000

export abstract class PlayedStream<Deps extends PlayedStreamDeps = PlayedStreamDeps> {
  abstract readonly form: StreamForm
  readonly window: LiveWindow
  readonly origin: Origin
  protected readonly deps: Deps
  protected readonly packager: Packager
  protected readonly backoff: Backoff
  readonly #key: StreamKey
  readonly #stateListeners = new Set<() => void>()
  #state: StreamState = 'idle'
  #fault: Fault | null = null
  #sinceMs: number
  #seenMs: number
  /** When the newest frame came in that viewers can be given. */
  #frameMs = 0

  constructor(deps: Deps, { cameraId, stream }: StreamKey) {
    this.deps = deps
    this.#key = { cameraId, stream }
    const { clock, awake, chance, limits } = deps
    this.backoff = new Backoff({ firstMs: limits.retryFirstMs, capMs: limits.retryCapMs, random: chance })
    this.#sinceMs = clock.now()
    this.#seenMs = awake.ms()
    const { targetDurationSeconds, minSegmentSeconds, ringMs, ringBytes } = limits
    // Wall time as the first number of editions and epochs: names of an earlier life of this stream never come again.
    const first = Math.floor(clock.now())
    this.window = new LiveWindow({ targetDurationSeconds, ringMs, maxBytes: ringBytes }, first)
    this.packager = new Packager({ clock, window: this.window, options: { minSegmentSeconds }, firstEdition: first })
    this.window.on('part', () => this.partClosed())
    this.origin = new Origin({ clock, stream: this })
  }

  get key(): StreamKey {
    return this.#key
  }

  get state(): StreamState {
    return this.#state
  }

  /** Somebody has opened it and it was not stopped since. */
  get active(): boolean {
    return this.#state !== 'idle' && this.#state !== 'stopped'
  }

  get fault(): Fault | null {
    return this.#fault
  }

  /** Number of the playlist with parts that is current. */
  get edition(): number {
    return this.packager.edition
  }

  /** What the browser gets is not what the camera sent. */
  get transcoded(): boolean {
    return this.form !== 'original'
  }

  /** How long the next frame may be away: a camera of one frame in two seconds is not silent after two and a half. */
  get frameGapMs(): number {
    return this.packager.frameGapMs
  }

  /** No frame for longer than frames of this stream are apart. */
  get late(): boolean {
    return this.deps.awake.ms() - this.#frameMs > Math.max(LATE_MS, this.frameGapMs)
  }

  /** When the newest frame came in that viewers can be given, in time in which it could be noticed. */
  protected get frameMs(): number {
    return this.#frameMs
  }

  /** What is in memory, UTC ms, also for a while after the source has failed; null when a player could begin with nothing. */
  get held(): { fromMs: number; toMs: number } | null {
    const { held } = this.window
    return held && { fromMs: held.fromMs, toMs: this.packager.newestFrameMs ?? held.toMs }
  }

  /** Calls `listener` whenever the state may have changed; gives the function that ends it. */
  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  report(): StreamReport {
    return {
      ...this.#key,
      form: this.form,
      state: this.#state,
      fault: this.#fault,
      sinceMs: this.#sinceMs,
      transcoded: this.transcoded,
      queue: null,
      edition: this.edition,
      viewersSeenMs: Math.round(this.deps.clock.now() - (this.deps.awake.ms() - this.#seenMs)),
      bytesReceived: 0,
      ringBytes: this.window.bytes,
      newestFrameMs: this.packager.newestFrameMs,
    }
  }

  /** Somebody watches. */
  touch(): void {
    this.#seenMs = this.deps.awake.ms()
  }

  /** To be called a few times a second: notices silence and that nobody watches any more. */
  tick(): void {
    const { awake, limits } = this.deps
    const nowMs = awake.ms()
    if (this.#state === 'idle' || this.#state === 'stopped') return
    if (nowMs - this.#seenMs >= this.idleStopMs) return this.apply('unwatched', null)
    if (this.#state === 'running' && nowMs - this.#frameMs >= Math.max(limits.stallMs, this.frameGapMs)) {
      this.apply('silent', this.whyNoFrame())
    }
  }

  /** What is wrong with a stream that has no frame for its viewers. */
  protected whyNoFrame(): Fault {
    return faultOf('stream_silent', 'no frame has come for a while')
  }

  protected get idleStopMs(): number {
    return this.deps.limits.idleStopMs
  }

  protected abstract perform(effect: PipelineEffect): void

  protected apply(event: PipelineEvent, fault: Fault | null): void {
    const { state, effects } = transition(this.#state, event)
    const changed = state !== this.#state
    if (!changed && effects.length === 0) return
    this.#state = state
    if (changed) this.#sinceMs = this.deps.clock.now()
    // While it is being tried again, the reason why it was lost stays true.
    if (state === 'running' || state === 'stopped' || state === 'queued') this.#fault = fault
    else if (fault) this.#fault = fault
    for (const effect of effects) {
      if (effect === 'reset-backoff') this.backoff.succeeded()
      else if (effect === 'forget-pictures') this.window.clear()
      else this.perform(effect)
    }
    // An effect may have led on to another state, which has been told.
    if (changed && this.#state === state) this.told()
  }

  protected told(): void {
    this.deps.onReport(this.report())
    for (const listener of [...this.#stateListeners]) listener()
  }

  /** To be called for what viewers can be given, not for what is dropped. */
  protected frameCame(): void {
    this.#frameMs = this.deps.awake.ms()
  }

  protected partClosed(): void {
    this.apply('picture', null)
  }
}
