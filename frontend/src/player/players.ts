// Owns which players a page has: hls.js for playlists and parts, one of our own for single frames.
// Refuses: choosing between them; stream-link.ts does.
import { FocusPlayer } from './focus-player.ts'
import { HlsPlayer, type HlsSource } from './hls-player.ts'
import type { FramePlayer, PicturePlayer, PlayerListener } from './picture-player.ts'

export interface Players {
  hls: (video: HTMLVideoElement, source: HlsSource, listener: PlayerListener) => PicturePlayer
  framesSupported: () => boolean
  frames: (video: HTMLVideoElement, listener: PlayerListener) => FramePlayer
}

export const pagePlayers: Players = {
  hls: (video, source, listener) => new HlsPlayer(video, source, listener),
  framesSupported: () => 'MediaSource' in window,
  frames: (video, listener) => new FocusPlayer(video, listener),
}
