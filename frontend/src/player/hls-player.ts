// Owns one hls.js instance on one <video>: plays a live playlist close to its edge and reports each frame with its moment.
// Refuses: retrying on its own for long; what to do about silence is the recover ladder's.
import Hls, { ErrorTypes, Events, type HlsConfig } from 'hls.js/light'
import { PaceKeeper } from './pace.ts'
import { pictureInstant } from './picture-delay.ts'
import { countsOf, play, secondsAhead, watchFrames, type PicturePlayer, type PlayerListener, type PlayerTotals } from './picture-player.ts'
import { lineLoader, type LineLoaderDeps } from './http/line-loader.ts'
import { pushLoader, pushPlaylistUrl } from './push/push-loader.ts'
import type { PartStore } from './push/part-store.ts'

/** Where the media is asked for: the HTTP origin, or parts that a socket has pushed. */
export type HlsSource = ({ kind: 'http'; playlistUrl: string } & LineLoaderDeps) | { kind: 'push'; store: PartStore }

/** Reserve of a wall tile, seconds: two to three parts of a third of a second. */
const WALL_TARGET_SECONDS = 0.8
/** … and of one over HTTP, where a part costs two round trips. */
const HTTP_TARGET_SECONDS = 1.2
const PACE_EVERY_MS = 200

function configFor(source: HlsSource): Partial<HlsConfig> {
  const quick = { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 15_000, timeoutRetry: null, errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2_000 } }
  const bySource: Partial<HlsConfig> =
    source.kind === 'push'
      ? // The pace is kept here: hls.js' own catching up needs more than a second in reserve.
        { loader: pushLoader(source.store), liveSyncDuration: WALL_TARGET_SECONDS, liveMaxLatencyDuration: 6, maxLiveSyncPlaybackRate: 1, liveSyncOnStallIncrease: 0 }
      : { loader: lineLoader(source), liveSyncDuration: HTTP_TARGET_SECONDS, liveMaxLatencyDuration: 8, maxLiveSyncPlaybackRate: 1.1, liveSyncOnStallIncrease: 0.25 }
  return {
    // Our segments pass through unchanged, so a worker saves nothing; on a busy machine its script came seconds after the picture.
    enableWorker: false,
    lowLatencyMode: true,
    liveDurationInfinity: true,
    maxBufferLength: 6,
    maxMaxBufferLength: 8,
    maxBufferSize: 8_000_000,
    backBufferLength: 4,
    frontBufferFlushThreshold: 8,
    // The default of 0.25 s takes a part of a quarter second for one that is there already.
    maxFragLookUpTolerance: 0.1,
    startFragPrefetch: true,
    testBandwidth: false,
    capLevelOnFPSDrop: false,
    playlistLoadPolicy: { default: quick },
    manifestLoadPolicy: { default: { ...quick, maxTimeToFirstByteMs: 15_000, maxLoadTimeMs: 20_000 } },
    fragLoadPolicy: { default: quick },
    ...bySource,
  }
}

export class HlsPlayer implements PicturePlayer {
  static readonly supported = (): boolean => Hls.isSupported()
  readonly #hls: Hls
  readonly #video: HTMLVideoElement
  readonly #listener: PlayerListener
  readonly #source: HlsSource
  readonly #pace: PaceKeeper | undefined
  readonly #endWatching: () => void
  readonly #onWaiting = () => this.#pace?.stalled(performance.now())
  #pacedMs = 0
  #bytes = 0
  #closed = false
  #mediaRecovered = false

  constructor(video: HTMLVideoElement, source: HlsSource, listener: PlayerListener) {
    this.#video = video
    this.#listener = listener
    this.#source = source
    if (source.kind === 'push') this.#pace = new PaceKeeper({ targetSeconds: WALL_TARGET_SECONDS, minRate: 0.95, maxRate: 1.15, jumpBeyondSeconds: 2.5, windowMs: 700 })
    this.#hls = new Hls(configFor(source))
    this.#hls.on(Events.MANIFEST_PARSED, () => play(video))
    this.#hls.on(Events.LEVEL_LOADED, (_, { details }) => {
      if (source.kind === 'push' || details.partTarget > 0) return
      // Whole segments only, as long as the camera's key frames lie apart: closer than that would stall at the end of each.
      const longest = Math.max(...details.fragments.map(({ duration }) => duration))
      this.#hls.config.liveSyncDuration = Math.max(2.5, longest * 1.5)
      this.#hls.config.liveMaxLatencyDuration = Math.max(8, longest * 3)
    })
    this.#hls.on(Events.FRAG_LOADED, (_, { payload }) => (this.#bytes += payload.byteLength))
    this.#hls.on(Events.ERROR, (_, error) => {
      if (!error.fatal || this.#closed) return
      if (error.type === ErrorTypes.MEDIA_ERROR && !this.#mediaRecovered) {
        this.#mediaRecovered = true
        this.#hls.recoverMediaError()
        return
      }
      this.#listener.onFatal(error.type === ErrorTypes.NETWORK_ERROR ? 'network' : 'media', error.response?.code ?? 0)
    })
    this.#hls.loadSource(source.kind === 'push' ? pushPlaylistUrl : source.playlistUrl)
    this.#hls.attachMedia(video)
    this.#endWatching = watchFrames(video, (mediaTime) => this.#frame(mediaTime))
  }

  seekToEdge(): void {
    const edge = this.#hls.liveSyncPosition
    // Never back: the last movement seen again would pass for the present.
    if (edge !== null && edge - this.#video.currentTime > 0.5) this.#video.currentTime = edge
    play(this.#video)
  }

  totals(): PlayerTotals {
    return countsOf(this.#video, this.#source.kind === 'push' ? this.#source.store.bytesReceived : this.#bytes)
  }

  close(): void {
    this.#closed = true
    this.#endWatching()
    this.#video.removeEventListener('waiting', this.#onWaiting)
    this.#video.playbackRate = 1
    this.#hls.destroy()
  }

  #frame(mediaTime: number): void {
    if (this.#closed) return
    // Waiting before the first picture is no stall.
    if (this.#pacedMs === 0) this.#video.addEventListener('waiting', this.#onWaiting)
    this.#keepPace()
    const details = this.#hls.latestLevelDetails
    const fragments = details?.fragments ?? []
    this.#listener.onFrame({ mediaTimeSeconds: mediaTime, pictureMs: pictureInstant(details?.fragmentHint ? [...fragments, details.fragmentHint] : fragments, mediaTime) })
  }

  #keepPace(): void {
    const nowMs = performance.now()
    if (this.#pace === undefined || nowMs - this.#pacedMs < PACE_EVERY_MS) return
    this.#pacedMs = nowMs
    const ahead = secondsAhead(this.#video)
    const action = this.#pace.next(nowMs, ahead)
    if (action.kind === 'jump') this.#video.currentTime += ahead - action.toAheadSeconds
    else if (this.#video.playbackRate !== action.rate) this.#video.playbackRate = action.rate
  }
}
