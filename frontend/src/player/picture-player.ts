// Owns what every player of a live picture has in common: what it tells, what it can be asked, how frames are counted.
// Refuses: knowing how media comes; hls-player.ts and focus-player.ts do.
import type { PushHeader, PushTrack } from '#contract/media-push.ts'
import type { ShownFrame } from './shown-frames.ts'

export interface PlayerListener {
  /** A frame is on screen, be it for the first time or again. */
  onFrame: (frame: ShownFrame) => void
  /** The player gave up. `status` is the HTTP status of the answer that ended it, 0 when there was none. */
  onFatal: (kind: 'network' | 'media', status: number) => void
}

/** Since the player began. */
export interface PlayerTotals {
  bytes: number
  decoded: number
  dropped: number
}

export interface PicturePlayer {
  /** Jumps on to the newest picture that can be shown smoothly, never back; cures a player that fell behind or waits in a gap. */
  seekToEdge(): void
  totals(): PlayerTotals
  /** The video is empty afterwards. */
  close(): void
}

/** One that is given its media, in order. */
export interface FramePlayer extends PicturePlayer {
  track(track: PushTrack): void
  init(bytes: ArrayBuffer): void
  frame(header: PushHeader, bytes: ArrayBuffer): void
}

/** Calls back for every frame that comes on screen, with its media time in seconds; the function ends it. */
export function watchFrames(video: HTMLVideoElement, onFrame: (mediaTimeSeconds: number) => void): () => void {
  let request = 0
  const next = () => {
    request = video.requestVideoFrameCallback((_, { mediaTime }) => {
      next()
      onFrame(mediaTime)
    })
  }
  next()
  return () => video.cancelVideoFrameCallback(request)
}

/** Seconds of media that lie ready beyond the picture on screen; 0 in a gap. */
export function secondsAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video
  for (let i = buffered.length - 1; i >= 0; i--) {
    if (buffered.start(i) <= currentTime + 0.05) return Math.max(0, buffered.end(i) - currentTime)
  }
  return 0
}

/** Refused only when the element was taken away meanwhile; silence is noticed by the missing frames. */
export function play(video: HTMLVideoElement): void {
  video.play().catch(() => undefined)
}

export function countsOf(video: HTMLVideoElement, bytes: number): PlayerTotals {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  return { bytes, decoded: totalVideoFrames, dropped: droppedVideoFrames }
}
