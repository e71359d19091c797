// Owns one hls.js instance on one <video>: plays a live playlist close to its edge and reports each new frame with its moment.
// Refuses: retrying on its own for long; what to do about silence is the recover ladder's.
import Hls, { ErrorTypes, Events, type HlsConfig } from 'hls.js/light'
import { pictureInstant } from './picture-delay.ts'

export interface LivePlayerListener {
  /** A new frame is on screen; `pictureMs` is its server time, null when undated. */
  onFrame: (pictureMs: number | null) => void
  /** hls.js gave up. `status` is the HTTP status of the answer that ended it, 0 when there was none. */
  onFatal: (kind: 'network' | 'media', status: number) => void
}

/** Segments of about 1 s: stay 2.5 s behind the newest, keep little in memory (16 of these run in one page). */
function configFor(): Partial<HlsConfig> {
  const quick = { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 12_000, timeoutRetry: null, errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2_000 } }
  return {
    // Our segments pass through unchanged, so a worker saves nothing; on a busy machine its script came seconds after the picture.
    enableWorker: false,
    lowLatencyMode: true, // without parts it only lets playback catch up to the target
    liveSyncDuration: 2.5,
    liveMaxLatencyDuration: 8,
    liveSyncOnStallIncrease: 0.25,
    maxLiveSyncPlaybackRate: 1.1,
    liveDurationInfinity: true,
    maxBufferLength: 6,
    maxMaxBufferLength: 8,
    maxBufferSize: 8_000_000,
    backBufferLength: 4,
    startFragPrefetch: true,
    testBandwidth: false,
    capLevelOnFPSDrop: false,
    playlistLoadPolicy: { default: quick },
    manifestLoadPolicy: { default: { ...quick, maxTimeToFirstByteMs: 15_000, maxLoadTimeMs: 20_000 } },
    fragLoadPolicy: { default: quick },
  }
}

export class LivePlayer {
  static readonly supported = (): boolean => Hls.isSupported()
  readonly #hls: Hls
  readonly #video: HTMLVideoElement
  readonly #listener: LivePlayerListener
  #frameRequest = 0
  #closed = false
  #mediaRecovered = false

  constructor(video: HTMLVideoElement, playlistUrl: string, listener: LivePlayerListener) {
    this.#video = video
    this.#listener = listener
    this.#hls = new Hls(configFor())
    this.#hls.on(Events.LEVEL_LOADED, (_, { details }) => {
      // A camera with a long GOP has long segments; staying 2.5 s behind would stall at the end of each.
      if (details.targetduration > 3) {
        this.#hls.config.liveSyncDuration = details.targetduration * 1.5
        this.#hls.config.liveMaxLatencyDuration = details.targetduration * 3 + 5
      }
    })
    this.#hls.on(Events.MANIFEST_PARSED, () => this.#play())
    this.#hls.on(Events.ERROR, (_, error) => {
      if (!error.fatal || this.#closed) return
      if (error.type === ErrorTypes.MEDIA_ERROR && !this.#mediaRecovered) {
        this.#mediaRecovered = true
        this.#hls.recoverMediaError()
        return
      }
      this.#listener.onFatal(error.type === ErrorTypes.NETWORK_ERROR ? 'network' : 'media', error.response?.code ?? 0)
    })
    this.#hls.loadSource(playlistUrl)
    this.#hls.attachMedia(video)
    this.#watchFrames()
  }

  /** Jumps to where a fresh viewer would start; cures a player that fell behind or waits in a gap. */
  seekToEdge(): void {
    const edge = this.#hls.liveSyncPosition
    if (edge !== null && Math.abs(edge - this.#video.currentTime) > 0.5) this.#video.currentTime = edge
    this.#play()
  }

  close(): void {
    this.#closed = true
    this.#video.cancelVideoFrameCallback(this.#frameRequest)
    this.#hls.destroy()
  }

  #play(): void {
    // Refused only when the element was taken away meanwhile; silence is noticed by the missing frames.
    this.#video.play().catch(() => undefined)
  }

  #watchFrames(): void {
    this.#frameRequest = this.#video.requestVideoFrameCallback((_, { mediaTime }) => {
      if (this.#closed) return
      const fragments = this.#hls.latestLevelDetails?.fragments ?? []
      this.#listener.onFrame(pictureInstant(fragments, mediaTime))
      this.#watchFrames()
    })
  }
}
