// Owns the media plane of one machine: streams by key, files of their windows, pictures, proofs, probes.
// Refuses: users and permissions; every caller has been judged before.
import { AppError, missing } from '#base/app-error.ts'
import type { AddressPolicy } from '#base/address-policy.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import { anyBrowserDecodes, type Decodes } from '#contract/live.ts'
import { Awake } from './awake.ts'
import { CameraStream } from './camera-stream.ts'
import type { SpawnProcess } from './ffmpeg/child.ts'
import { encoderName } from './ffmpeg/encoder.ts'
import { toolOf, type FfmpegCapability, type FfmpegTool } from './ffmpeg/locate.ts'
import { judgeForm } from './form.ts'
import { parseFileName } from './hls/names.ts'
import { probeRtsp } from './ingest/rtsp-probe.ts'
import { CameraDialer } from './ingest/camera-dialer.ts'
import { RtspRelay } from './ingest/rtsp-relay.ts'
import type { MediaLimits } from './limits.ts'
import type { FileOptions, FormKey, HeldMedia, MediaFile, MediaPlane, MediaPush, PushSink, MediaPlaneEvents, Picture, PictureProof, RtspProof, StreamKey, StreamReport, StreamSource, TranscodingReport } from './media-plane.ts'
import { proveByPull, proveFromMemory, type ProveDeps } from './pictures/prove.ts'
import { pictureByPull, pictureFromMemory } from './pictures/still.ts'
import { Places } from './places.ts'
import type { PlayedStream, PlayedStreamDeps } from './played-stream.ts'
import { PushViewer } from './push/push-viewer.ts'
import { faultOf, StreamFault, toFault } from './stream-fault.ts'
import { Encoders } from './transcode/encoders.ts'
import { TranscodedStream } from './transcode/transcoded-stream.ts'

export type CopyBy = 'direct' | 'ffmpeg'

export interface LocalMediaPlaneDeps {
  clock: Clock
  random: RandomBytes
  logger: Logger
  addressPolicy: AddressPolicy
  limits: MediaLimits
  spawn: SpawnProcess
  /** Lowers a process’s priority. */
  yieldToOthers?: (pid: number) => void
  capability: FfmpegCapability | null
  /** Who reads cameras of H.264; ffmpeg reads all others. */
  copyBy: CopyBy
  /** The kernel's render nodes that a hardware encoder may be behind. */
  renderNodes?: () => Promise<readonly string[]>
}

const TICK_MS = 250

export class LocalMediaPlane implements MediaPlane {
  readonly #deps: LocalMediaPlaneDeps
  readonly #dialer: CameraDialer
  readonly #relay: RtspRelay
  readonly #awake: Awake
  readonly #streams = new Map<string, CameraStream>()
  /** Streams that are made into H.264, too. */
  readonly #transcoded = new Map<string, TranscodedStream>()
  readonly #encoders: Encoders | null
  #refused = 0
  readonly #chance = () => this.#deps.random(4).readUInt32BE(0) / 2 ** 32
  readonly #events: TypedEmitter<MediaPlaneEvents>
  readonly #starts: Places
  readonly #transcodes: Places
  readonly #proofs: Places
  readonly #pictures: Places
  readonly #ticker: Timer
  readonly #viewers = new Set<PushViewer>()
  /** Pictures and proofs on their way; the end waits for their processes. */
  readonly #busy = new Set<Promise<unknown>>()
  #closed = false

  constructor(deps: LocalMediaPlaneDeps) {
    this.#deps = deps
    const { clock, random, addressPolicy, limits, logger } = deps
    this.#awake = new Awake(clock)
    this.#dialer = new CameraDialer({ clock, random, addressPolicy, limits })
    this.#relay = new RtspRelay({ clock, awake: this.#awake, random, dialer: this.#dialer, limits })
    this.#events = new TypedEmitter((error, event) => logger.error({ error, event }, 'a listener of the media plane failed'))
    this.#starts = new Places(limits.maxStarts)
    this.#transcodes = new Places(limits.transcodes, limits.transcodeQueue)
    const { capability, spawn, yieldToOthers, renderNodes = () => Promise.resolve([]) } = deps
    this.#encoders = capability && new Encoders({ clock, spawn, ...(yieldToOthers && { yieldToOthers }), logger, ffmpeg: toolOf(capability), renderNodes })
    this.#proofs = new Places(limits.proveConcurrency)
    this.#pictures = new Places(limits.pictureConcurrency)
    this.#ticker = clock.every(TICK_MS, () => {
      for (const viewer of this.#viewers) viewer.tick()
      // First those that keep others watched.
      for (const stream of this.#transcoded.values()) stream.tick()
      for (const stream of this.#streams.values()) stream.tick()
      this.#watchOurselves()
    })
  }

  capability(): FfmpegCapability | null {
    return this.#deps.capability
  }

  /** Looks for a hardware encoder; until it is found, and without one, transcodes are made in software. */
  async findEncoder(): Promise<void> {
    if (this.#deps.limits.transcodes > 0) await this.#encoders?.find()
  }

  open(source: StreamSource, decodes: Decodes = anyBrowserDecodes): Promise<StreamReport> {
    return Promise.resolve().then(() => {
      const ffmpeg = this.#ffmpeg()
      if (!this.#deps.addressPolicy.check(source.host).allowed) {
        throw new AppError('invalid', 'camera_address_refused', 'The camera’s address is not inside the allowed camera networks.')
      }
      const original = this.#streams.get(keyText(source)) ?? this.#newStream(source, ffmpeg)
      const verdict = judgeForm(original.facts(source), decodes)
      if (verdict === 'h264') return this.#openTranscoded(original, source, ffmpeg).report()
      // A large picture that can be played is not worth a place that others wait for.
      const isThere = this.#transcoded.get(keyText(source))?.active ?? false
      if (verdict === 'rather-h264' && (isThere || this.#transcodes.free)) return this.#openTranscoded(original, source, ffmpeg).report()
      original.open(source)
      return original.report()
    })
  }

  async file(key: FormKey, name: string, options: FileOptions): Promise<MediaFile> {
    const stream = this.#playing(key)
    const parsed = parseFileName(name)
    if (!stream || !parsed) throw missing()
    stream.touch()
    return stream.origin.file(parsed, { msn: null, part: null, ...options })
  }

  picture(source: StreamSource, atMs: number | 'newest'): Promise<Picture> {
    return this.#track(this.#picture(source, atMs))
  }

  held(cameraId: string, decodes: Decodes): Promise<HeldMedia[]> {
    const media = (['main', 'sub'] as const).flatMap((kind): HeldMedia[] => {
      const original = this.#streams.get(keyText({ cameraId, stream: kind }))
      if (!original) return []
      const transcoded = this.#transcoded.get(keyText(original.key))
      const verdict = judgeForm(original.facts(), decodes)
      const played = verdict === 'h264' || (verdict === 'rather-h264' && transcoded?.held) ? transcoded : original
      return played?.held ? [{ stream: kind, form: played.form, ...played.held }] : []
    })
    return Promise.resolve(media)
  }

  prove(source: StreamSource): Promise<PictureProof> {
    return this.#track(this.#prove(source))
  }

  async #picture(source: StreamSource, atMs: number | 'newest'): Promise<Picture> {
    const deps = this.#pictureDeps()
    const place = await this.#pictures.take()
    try {
      const stream = this.#streams.get(keyText(source))
      const remembered = stream && (atMs !== 'newest' || stream.state === 'running') ? await pictureFromMemory(deps, stream.window, atMs) : null
      const picture = remembered ?? (atMs === 'newest' ? await pictureByPull(deps, source) : null)
      if (picture) return picture
    } catch (error) {
      if (!(error instanceof StreamFault)) throw error
    } finally {
      place?.release()
    }
    throw new AppError('missing', 'no_picture', 'There is no picture of that moment.')
  }

  async #prove(source: StreamSource): Promise<PictureProof> {
    if (!this.#deps.capability) return { kind: 'fault', fault: faultOf('transcoder_missing', 'ffmpeg was not found on the server') }
    const deps = this.#pictureDeps()
    const place = await this.#proofs.take()
    try {
      const running = this.#runningOf(source)
      const shared = running && (await proveFromMemory(deps, running.window, running.codec ?? 'h264'))
      return shared ?? (await proveByPull(deps, source))
    } catch (error) {
      this.#deps.logger.error({ error, cameraId: source.cameraId }, 'a proof failed by our own fault')
      return { kind: 'fault', fault: toFault(error) }
    } finally {
      place?.release()
    }
  }

  probe(source: StreamSource, options: { timeoutMs: number }): Promise<RtspProof> {
    const { clock, random, addressPolicy } = this.#deps
    return probeRtsp({ connection: { clock, newNonce: () => random(8).toString('hex') }, addressPolicy }, source, options.timeoutMs)
  }

  /** Short of time, fewer pulls are started at once: each of them takes time from those that run. */
  #watchOurselves(): void {
    const running = [...this.#streams.values()].filter((stream) => stream.state === 'running' || stream.state === 'stalled')
    this.#awake.observe(running.length, running.filter((stream) => stream.late).length)
    this.#starts.resize(this.#awake.starts(this.#deps.limits.maxStarts))
  }

  push(sink: PushSink): MediaPush {
    const viewer = new PushViewer({ clock: this.#deps.clock, sink })
    this.#viewers.add(viewer)
    return {
      subscribe: ({ cameraId, stream: kind, form, ...wish }) => {
        const stream = this.#playing({ cameraId, stream: kind, form })
        if (!stream) throw missing()
        if (!viewer.subscribe(stream, wish)) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries)
        stream.touch()
      },
      unsubscribe: (id) => viewer.unsubscribe(id),
      setPriority: (id, priority) => viewer.setPriority(id, priority),
      answer: (id, sequence) => viewer.answer(id, sequence),
      close: () => {
        viewer.close()
        this.#viewers.delete(viewer)
      },
    }
  }

  reports(): Promise<StreamReport[]> {
    return Promise.resolve([...this.#streams.values(), ...this.#transcoded.values()].map((stream) => stream.report()))
  }

  transcoding(): Promise<TranscodingReport> {
    const { taken, size: limit, waiting } = this.#transcodes
    const encoder = encoderName(this.#encoders?.best ?? { kind: 'software' })
    return Promise.resolve({ encoder, taken, limit, waiting, mostWaiting: this.#deps.limits.transcodeQueue, refused: this.#refused })
  }

  async stop(key: StreamKey): Promise<void> {
    const text = keyText(key)
    const streams = [this.#transcoded.get(text), this.#streams.get(text)].filter((stream) => stream !== undefined)
    this.#transcoded.delete(text)
    this.#streams.delete(text)
    for (const stream of streams) {
      for (const viewer of this.#viewers) viewer.streamEnded(stream, 'stream-stopped')
      await stream.stop()
    }
  }

  on<Name extends keyof MediaPlaneEvents>(event: Name, listener: (payload: MediaPlaneEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#ticker.cancel()
    this.#awake.close()
    await Promise.all([...this.#transcoded.values(), ...this.#streams.values()].map((stream) => stream.stop()))
    await this.#encoders?.close()
    await this.#relay.close()
    await Promise.allSettled(this.#busy)
  }

  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#busy.add(work)
    try {
      return await work
    } finally {
      this.#busy.delete(work)
    }
  }

  #newStream(source: StreamSource, ffmpeg: FfmpegTool): CameraStream {
    const { clock, spawn, limits, copyBy } = this.#deps
    const awake = this.#awake
    const stream = new CameraStream(
      {
        ...this.#playedDeps(),
        ffmpegPull: { clock, spawn, relay: this.#relay, ffmpeg },
        directPull: copyBy === 'direct' ? { clock, awake, dialer: this.#dialer, limits } : null,
        starts: this.#starts,
      },
      source,
    )
    this.#streams.set(keyText(source), stream)
    stream.window.on('epoch', () => this.#formsChanged(stream))
    return stream
  }

  #newTranscoded(original: CameraStream, source: StreamSource, ffmpeg: FfmpegTool): TranscodedStream {
    const { clock, spawn, yieldToOthers } = this.#deps
    const encoders = this.#encoders
    if (!encoders) throw new TypeError('there are encoders wherever there is ffmpeg')
    const transcode = { clock, spawn, chance: this.#chance, framesPerProcess: this.#deps.limits.transcodeFrames, ...(yieldToOthers && { yieldToOthers }), ffmpeg }
    const stream = new TranscodedStream({ ...this.#playedDeps(), original, transcode, places: this.#transcodes, encoders }, source)
    this.#transcoded.set(keyText(source), stream)
    return stream
  }

  #playedDeps(): PlayedStreamDeps {
    const { clock, logger, limits } = this.#deps
    return { clock, awake: this.#awake, chance: this.#chance, logger, limits, onReport: (report) => this.#events.emit('state', report) }
  }

  /** @throws AppError transcode_limit */
  #openTranscoded(original: CameraStream, source: StreamSource, ffmpeg: FfmpegTool): TranscodedStream {
    const stream = this.#transcoded.get(keyText(source)) ?? this.#newTranscoded(original, source, ffmpeg)
    if (stream.open(source)) return stream
    this.#refused++
    throw new AppError('unavailable', 'transcode_limit', errorCodes.transcode_limit, { retryAfterSeconds: 30 })
  }

  /** Who was to get the stream in one form, and it turns out that the other is right, asks again. */
  #formsChanged(original: CameraStream): void {
    const transcoded = this.#transcoded.get(keyText(original.key))
    for (const viewer of this.#viewers) {
      viewer.endWhere(({ decodes = anyBrowserDecodes }, stream) => {
        const verdict = judgeForm(original.facts(), decodes)
        return (stream === original && verdict === 'h264') || (stream === transcoded && verdict === 'original')
      }, 'other-form')
    }
  }

  #playing({ form = 'original', ...key }: FormKey): PlayedStream | null {
    const stream = (form === 'original' ? this.#streams : this.#transcoded).get(keyText(key))
    return stream?.active ? stream : null
  }

  #pictureDeps(): ProveDeps {
    const { clock, spawn, limits, yieldToOthers } = this.#deps
    return { clock, spawn, ...(yieldToOthers && { yieldToOthers }), limits, relay: this.#relay, ffmpeg: this.#ffmpeg() }
  }

  /** The asked stream if it runs, otherwise the camera's other one: both show the same scene. */
  #runningOf({ cameraId, stream }: StreamKey): CameraStream | undefined {
    const other = stream === 'main' ? 'sub' : 'main'
    const candidates = [stream, other] as const
    return candidates.map((kind) => this.#streams.get(keyText({ cameraId, stream: kind }))).find((one) => one?.state === 'running')
  }

  #ffmpeg(): FfmpegTool {
    if (this.#closed) throw new AppError('unavailable', 'unavailable', 'The media plane is closing.')
    if (!this.#deps.capability) throw new AppError('unavailable', 'transcoder_missing', 'ffmpeg was not found on the server.')
    return toolOf(this.#deps.capability)
  }
}

function keyText(key: StreamKey): string {
  return `${key.stream}/${key.cameraId}`
}
