// Owns the last seconds of a stream played again: whole segments out of the server's memory, from a chosen moment on, with
// the moment of each frame on screen.
// Refuses: the live edge. It never catches up; whoever wants now closes it.
import Hls, { Events, type HlsConfig } from 'hls.js/light'
import { mediaTimeOf, pictureInstant } from './picture-delay.ts'
import { play, watchFrames } from './picture-player.ts'

export interface ReplayListener {
  /** A frame is on screen; `pictureMs` is its server time. */
  onFrame: (pictureMs: number) => void
  /** It cannot go on. */
  onFatal: () => void
}

/** All that memory has is fetched at once: what has been fetched cannot fall out of memory while the picture is held. */
const AHEAD_SECONDS = 60

const config: Partial<HlsConfig> = {
  enableWorker: false,
  lowLatencyMode: false,
  autoStartLoad: false,
  liveDurationInfinity: true,
  liveSyncDurationCount: 1,
  liveMaxLatencyDurationCount: Infinity,
  maxBufferLength: AHEAD_SECONDS,
  maxMaxBufferLength: AHEAD_SECONDS,
  backBufferLength: AHEAD_SECONDS,
  testBandwidth: false,
}

export class ReplayPlayer {
  readonly #hls = new Hls(config)
  readonly #video: HTMLVideoElement
  readonly #endWatching: () => void
  #begun = false
  #closed = false

  /** @param fromMs server time to begin with, UTC ms */
  constructor(video: HTMLVideoElement, opened: { playlistUrl: string; fromMs: number }, listener: ReplayListener) {
    this.#video = video
    this.#hls.on(Events.LEVEL_LOADED, (_, { details }) => {
      if (this.#begun) return
      this.#begun = true
      this.#hls.startLoad(mediaTimeOf(details.fragments, opened.fromMs) ?? 0)
      play(video)
    })
    this.#hls.on(Events.ERROR, (_, error) => {
      if (error.fatal && !this.#closed) listener.onFatal()
    })
    this.#hls.loadSource(opened.playlistUrl)
    this.#hls.attachMedia(video)
    this.#endWatching = watchFrames(video, (mediaTime) => {
      const pictureMs = pictureInstant(this.#hls.latestLevelDetails?.fragments ?? [], mediaTime)
      if (!this.#closed && pictureMs !== null) listener.onFrame(pictureMs)
    })
  }

  hold(held: boolean): void {
    if (held) this.#video.pause()
    else play(this.#video)
  }

  close(): void {
    this.#closed = true
    this.#endWatching()
    this.#hls.destroy()
  }
}
