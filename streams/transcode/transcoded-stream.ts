// Owns a camera stream in H.264 for viewers who do not play what the camera sends: waits for one of few places, runs a
// transcode of the pulled stream's frames, tries again, goes on in software when the hardware fails.
// Refuses: pulling the camera; it has the one pull started and keeps it watched.
import type { Timer } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamForm, StreamState } from '#contract/live.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import type { StreamKey, StreamReport, StreamSource } from '../media-plane.ts'
import type { PipelineEffect } from '../pipeline.ts'
import type { Place, Places, Waiting } from '../places.ts'
import { PlayedStream, type PlayedStreamDeps } from '../played-stream.ts'
import { faultOf } from '../stream-fault.ts'
import type { Encoder } from '../ffmpeg/encoder.ts'
import { readStderr } from '../ffmpeg/stderr-fault.ts'
import { SOFTWARE, type Encoders } from './encoders.ts'
import { Transcode, type TranscodeDeps, type TranscodeEnd } from './transcode.ts'

/** The pulled stream. */
export interface OriginalStream {
  readonly key: StreamKey
  readonly window: LiveWindow
  readonly state: StreamState
  readonly fault: Fault | null
  readonly frameGapMs: number
  open(source: StreamSource): void
  touch(): void
  onState(listener: () => void): () => void
}

export interface TranscodedStreamDeps extends PlayedStreamDeps {
  original: OriginalStream
  transcode: TranscodeDeps
  places: Places
  encoders: Pick<Encoders, 'best' | 'failed'>
}

/** A camera may be away for so long without losing the place that its viewers wait for. */
const PLACE_KEPT_MS = 10_000
const RETUNE_MS = 50

const hasPictures = (state: StreamState): boolean => state === 'starting' || state === 'running' || state === 'stalled'

export class TranscodedStream extends PlayedStream<TranscodedStreamDeps> {
  readonly form: StreamForm = 'h264'
  readonly #offs: (() => void)[]
  #source: StreamSource
  #waiting: Waiting | null = null
  #place: Place | null = null
  #run: Transcode | null = null
  #ending: Promise<void> = Promise.resolve()
  #retry: Timer | undefined
  #retuning = false
  /** Hardware under which this stream's last run failed. Blamed, for everybody, only when software then does what it did not. */
  #suspect: Encoder | null = null
  /** Since when a picture could have come, when the newest did, when the last run ended; in time in which it could be noticed. */
  #startedMs = 0
  #frameAtMs = 0
  #endedMs = 0

  constructor(deps: TranscodedStreamDeps, source: StreamSource) {
    super(deps, deps.original.key)
    this.#source = source
    this.#offs = [
      deps.original.onState(() => this.#originalChanged()),
      deps.places.onMoved(() => {
        if (this.state === 'queued') this.told()
      }),
    ]
  }

  /** For tests: the ffmpeg process of the run. */
  get pid(): number | undefined {
    return this.#run?.pid
  }

  override report(): StreamReport {
    const { taken, size, waiting } = this.deps.places
    const position = this.#waiting?.position ?? 0
    return { ...super.report(), queue: this.state === 'queued' && position > 0 ? { position, waiting, taken, limit: size } : null }
  }

  /** Starts, joins, or waits its turn. False = even the queue is full. */
  open(source: StreamSource): boolean {
    this.touch()
    if (this.state !== 'idle' && this.state !== 'stopped') return true
    this.#source = source
    if (this.deps.places.full) return false
    this.apply('queued', null)
    return true
  }

  override tick(): void {
    super.tick()
    if (!hasPictures(this.state) && this.state !== 'backing-off') return
    const { original, awake, limits } = this.deps
    original.touch()
    const nowMs = awake.ms()
    if (this.state === 'backing-off' && !hasPictures(original.state) && nowMs - this.#endedMs >= PLACE_KEPT_MS) this.#releasePlace()
    const silentMs = nowMs - Math.max(this.#startedMs, this.#frameAtMs)
    if (this.#run && original.state === 'running' && hasPictures(this.state) && silentMs >= Math.max(2 * limits.silenceMs, original.frameGapMs) * awake.patience) {
      this.#failed(faultOf('stream_silent', 'the transcode gave no picture'), true)
    }
  }

  /** Ends it for good; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.apply('stopped', null)
    for (const off of this.#offs) off()
    await this.#ending
  }

  /** While others wait, who is not looked at gives way soon. */
  protected override get idleStopMs(): number {
    const { limits, places } = this.deps
    return this.state !== 'queued' && places.waiting > 0 ? Math.min(limits.idleStopMs, limits.transcodeLingerMs) : limits.idleStopMs
  }

  protected perform(effect: PipelineEffect): void {
    if (effect === 'take-place') this.#takePlace()
    if (effect === 'start-pull') this.#start()
    if (effect === 'end-pull') this.#endRun()
    if (effect === 'arm-retry') this.#armRetry()
    if (effect === 'disarm-retry') this.#retry?.cancel()
  }

  #takePlace(): void {
    const { places } = this.deps
    const placed = (place: Place) => {
      this.#waiting = null
      this.#place = place
      this.apply('placed', null)
    }
    const now = this.#place ?? places.tryTake()
    if (now) return placed(now)
    this.#waiting = places.wait(placed)
  }

  #start(): void {
    const { original, transcode, encoders } = this.deps
    original.open(this.#source)
    if (original.state === 'backing-off') return this.apply('failed', original.fault)
    const run: Transcode = new Transcode(
      transcode,
      { source: original.window, encoder: this.#suspect ? SOFTWARE : encoders.best },
      {
        onTrack: (track) => {
          if (this.#run === run) this.packager.startTrack(track)
        },
        onFrame: (frame) => {
          if (this.#run !== run) return
          this.#frameAtMs = this.deps.awake.ms()
          if (this.#suspect) this.#blame(this.#suspect)
          this.frameCame()
          this.packager.push(frame)
        },
        onEnd: (end) => {
          if (this.#run === run) this.#runEnded(end)
        },
      },
    )
    this.#run = run
    this.#startedMs = this.deps.awake.ms()
  }

  #runEnded(end: TranscodeEnd): void {
    if (end.kind === 'not-taken-over') this.deps.logger.info(this.deps.original.key, 'a transcode was not taken over; it begins anew')
    if (end.kind === 'source-changed' || end.kind === 'not-taken-over') {
      this.#retuning = true
      return this.apply('failed', null)
    }
    if (end.kind === 'garbage') return this.#failed(faultOf('stream_undecodable', 'the transcode’s output cannot be read'), true)
    const { started, code, stderr } = end.child
    if (!started) return this.#failed(faultOf('transcoder_missing', 'ffmpeg could not be started'), false)
    const verdict = readStderr(stderr)
    // Who was killed did not fail by itself.
    this.#failed(verdict.kind === 'fault' ? verdict.fault : faultOf('stream_reset', 'the transcode ended'), code !== null && code !== 0)
  }

  #failed(fault: Fault, mayBeEncoder: boolean): void {
    const { logger, original } = this.deps
    logger.info({ ...original.key, fault: fault.code, detail: fault.detail }, 'a transcode ended')
    // What fails in software too is the camera's doing: the hardware is tried again.
    this.#suspect = mayBeEncoder && this.#run && this.#run.encoder.kind !== 'software' ? this.#run.encoder : null
    this.apply('failed', fault)
  }

  #blame(encoder: Encoder): void {
    this.#suspect = null
    this.deps.encoders.failed(encoder)
  }

  #originalChanged(): void {
    const { state, fault } = this.deps.original
    if ((state === 'backing-off' || state === 'stopped') && hasPictures(this.state)) return this.apply('failed', fault)
    if (state !== 'running') return
    // Whatever came before was the camera's silence.
    this.#startedMs = this.deps.awake.ms()
    if (this.state === 'backing-off') this.#again()
  }

  #armRetry(): void {
    this.#retry?.cancel()
    // Without the camera there is nothing to try; its return is told.
    if (!hasPictures(this.deps.original.state)) return
    const delayMs = this.#retuning ? RETUNE_MS : this.backoff.nextMs()
    this.#retuning = false
    this.#retry = this.deps.clock.after(delayMs, () => this.#again())
  }

  #again(): void {
    this.#retry?.cancel()
    if (this.#place) return this.apply('retry-due', null)
    if (!this.deps.places.full) return this.apply('queued', null)
    this.#retry = this.deps.clock.after(this.backoff.nextMs(), () => this.#again())
  }

  #endRun(): void {
    this.#waiting?.leave()
    this.#waiting = null
    const run = this.#run
    this.#run = null
    this.#endedMs = this.deps.awake.ms()
    // The state has moved on by now, so that this last segment is not taken for a picture of a new run.
    this.packager.endTrack()
    if (run) this.#ending = Promise.all([this.#ending, run.stop()]).then(() => {})
    if (this.state === 'stopped') this.#releasePlace()
  }

  #releasePlace(): void {
    this.#place?.release()
    this.#place = null
  }
}
