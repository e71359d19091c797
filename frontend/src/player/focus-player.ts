// Owns the picture that is looked at closely: pushed frames into one MediaSource, a quarter of a second behind the newest.
// Refuses: fetching, and whatever the browser's MediaSource refuses; its link then goes on with hls.js.
import type { PushHeader, PushTrack } from '#contract/media-push.ts'
import { PaceKeeper } from './pace.ts'
import { pictureInstant, type DatedFragment } from './picture-delay.ts'
import { countsOf, play, secondsAhead, watchFrames, type FramePlayer, type PlayerListener, type PlayerTotals } from './picture-player.ts'
import { decodeSecondsOf, timescaleOf } from './push/media-time.ts'

const PACE = { targetSeconds: 0.25, minRate: 0.95, maxRate: 1.25, jumpBeyondSeconds: 1.2, windowMs: 400 } as const
const PACE_EVERY_MS = 100
/** Seconds of the past that stay in the browser. */
const KEPT_SECONDS = 6
const DROP_EVERY_MS = 2_000
/** Moments of that many messages are remembered, to date the picture on screen. */
const DATES_KEPT = 300
/** A queue this long means that the browser does not take media any more. */
const QUEUE_MAX = 600

/** A MediaSource and the address at which a video finds it. */
export interface AddressedSource {
  media: MediaSource
  url: string
  release: () => void
}
function openSource(): AddressedSource {
  const media = new MediaSource()
  const url = URL.createObjectURL(media)
  return { media, url, release: () => URL.revokeObjectURL(url) }
}

export class FocusPlayer implements FramePlayer {
  readonly #video: HTMLVideoElement
  readonly #listener: PlayerListener
  readonly #source: AddressedSource
  readonly #pace = new PaceKeeper(PACE)
  readonly #endWatching: () => void
  readonly #ticking: ReturnType<typeof setInterval>
  readonly #onWaiting = () => this.#seen && this.#pace.stalled(performance.now())
  #buffer: SourceBuffer | undefined
  #track: PushTrack | undefined
  #queue: ArrayBuffer[] = []
  #dates: DatedFragment[] = []
  #timescale = 90_000
  #bytes = 0
  #seen = false
  #closed = false
  #failed = false
  #droppedMs = 0

  /** @param source a new one; another in tests */
  constructor(video: HTMLVideoElement, listener: PlayerListener, source = openSource()) {
    this.#video = video
    this.#listener = listener
    this.#source = source
    source.media.addEventListener('sourceopen', () => this.#work())
    video.src = source.url
    video.addEventListener('waiting', this.#onWaiting)
    this.#endWatching = watchFrames(video, (mediaTime) => {
      if (this.#closed) return
      this.#seen = true
      this.#listener.onFrame({ mediaTimeSeconds: mediaTime, pictureMs: pictureInstant(this.#dates, mediaTime) })
    })
    this.#ticking = setInterval(() => this.#tick(), PACE_EVERY_MS)
  }

  track(track: PushTrack): void {
    this.#track = track
  }

  init(bytes: ArrayBuffer): void {
    this.#timescale = timescaleOf(bytes) ?? this.#timescale
    this.#append(bytes)
  }

  frame(header: PushHeader, bytes: ArrayBuffer): void {
    const start = decodeSecondsOf(bytes, this.#timescale)
    if (start !== null) {
      this.#dates.push({ start, duration: header.durationMs / 1000, programDateTime: header.programDateMs })
      if (this.#dates.length > DATES_KEPT) this.#dates.shift()
    }
    this.#bytes += bytes.byteLength
    this.#append(bytes)
  }

  seekToEdge(): void {
    const { buffered, currentTime } = this.#video
    if (buffered.length > 0 && this.#seen) {
      const last = buffered.length - 1
      const edge = Math.max(buffered.start(last), buffered.end(last) - this.#pace.targetSeconds)
      // Never back: the last movement seen again would pass for the present.
      if (edge > currentTime) this.#video.currentTime = edge
    }
    play(this.#video)
  }

  totals(): PlayerTotals {
    return countsOf(this.#video, this.#bytes)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#ticking)
    this.#endWatching()
    this.#video.removeEventListener('waiting', this.#onWaiting)
    this.#video.playbackRate = 1
    this.#queue = []
    // Else what is buffered would play on, and the decoder stay taken.
    this.#video.removeAttribute('src')
    this.#video.load()
    this.#source.release()
  }

  #append(bytes: ArrayBuffer): void {
    if (this.#closed || this.#failed) return
    this.#queue.push(bytes)
    if (this.#queue.length > QUEUE_MAX) return this.#fail()
    this.#work()
  }

  /** One piece after another: a SourceBuffer takes the next when it says that it is done. */
  #work(): void {
    if (this.#closed || this.#track === undefined || this.#source.media.readyState !== 'open') return
    try {
      const type = `video/mp4; codecs="${this.#track.codecs}"`
      if (this.#buffer === undefined) {
        this.#buffer = this.#source.media.addSourceBuffer(type)
        this.#buffer.addEventListener('updateend', () => this.#work())
        this.#buffer.addEventListener('error', () => this.#fail())
      }
      if (this.#buffer.updating) return
      const next = this.#queue.shift()
      if (next !== undefined) return this.#buffer.appendBuffer(next)
      this.#begin()
      this.#dropPast()
    } catch {
      this.#fail()
    }
  }

  /** Begins at the first frame there is: a decoder that is sent elsewhere before its first picture starts over. */
  #begin(): void {
    const { buffered } = this.#video
    if (!this.#video.paused || buffered.length === 0) return
    if (this.#video.currentTime < buffered.start(0)) this.#video.currentTime = buffered.start(0)
    play(this.#video)
  }

  #dropPast(): void {
    const { buffered, currentTime } = this.#video
    const nowMs = performance.now()
    if (nowMs - this.#droppedMs < DROP_EVERY_MS || buffered.length === 0) return
    this.#droppedMs = nowMs
    const until = currentTime - KEPT_SECONDS
    if (buffered.start(0) < until - 1) this.#buffer?.remove(0, until)
  }

  #tick(): void {
    if (!this.#seen || this.#video.buffered.length === 0) return
    const ahead = secondsAhead(this.#video)
    if (ahead < 0.01 && this.#overGap()) return
    const action = this.#pace.next(performance.now(), ahead)
    if (action.kind === 'jump') this.#video.currentTime += ahead - action.toAheadSeconds
    else if (this.#video.playbackRate !== action.rate) this.#video.playbackRate = action.rate
  }

  /** Media was left out, or an epoch began later: goes on where there is some again. */
  #overGap(): boolean {
    const { buffered, currentTime } = this.#video
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime + 0.05) continue
      this.#video.currentTime = buffered.start(i)
      play(this.#video)
      return true
    }
    return false
  }

  #fail(): void {
    // Told once: each further word of it would put off what is tried instead.
    if (this.#closed || this.#failed) return
    this.#failed = true
    this.#queue = []
    this.#listener.onFatal('media', 0)
  }
}
