// Owns one full-size JPEG: of a moment in a stream's memory, or of now by a short pull.
// Refuses: giving a picture of another moment than the one asked for.
import { jpegFromCameraArguments, jpegFromMp4Arguments } from '../ffmpeg/command.ts'
import { runOnce } from '../ffmpeg/one-shot.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import type { Picture, StreamSource } from '../media-plane.ts'
import { excerptOfMoment } from './excerpt.ts'
import { jpegSize } from './jpeg.ts'
import { shortPull, type ShortPullDeps } from './short-pull.ts'

const MAX_JPEG_BYTES = 24 * 1024 * 1024
const DECODE_TIMEOUT_MS = 15_000
const PULL_TIMEOUT_MS = 8_000
const PULL_LONG_TIMEOUT_MS = 15_000

/** Null if memory does not have the moment or it cannot be decoded. */
export async function pictureFromMemory(deps: ShortPullDeps, window: LiveWindow, atMs: number | 'newest'): Promise<Picture | null> {
  const excerpt = excerptOfMoment(window, atMs)
  if (!excerpt) return null
  const end = await runOnce(deps, {
    ffmpeg: deps.ffmpeg,
    args: jpegFromMp4Arguments(deps.ffmpeg, excerpt.index),
    input: excerpt.mp4,
    maxOutputBytes: MAX_JPEG_BYTES,
    timeoutMs: DECODE_TIMEOUT_MS,
  })
  const size = jpegSize(end.output)
  return size && { jpeg: end.output, ...size, pictureMs: Math.round(excerpt.pictureMs) }
}

/** Null if the camera gives none in time. */
export async function pictureByPull(deps: ShortPullDeps, source: StreamSource): Promise<Picture | null> {
  const end = await shortPull(deps, source, {
    args: (url) => jpegFromCameraArguments(deps.ffmpeg, { url, analyzeMs: 1_000 }),
    maxOutputBytes: MAX_JPEG_BYTES,
    timeoutMs: PULL_TIMEOUT_MS,
    longTimeoutMs: PULL_LONG_TIMEOUT_MS,
  })
  const size = jpegSize(end.output)
  return size && { jpeg: end.output, ...size, pictureMs: deps.clock.now() }
}
