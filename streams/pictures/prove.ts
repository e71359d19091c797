// Owns proving a camera's picture: two key frames decoded small and compared, from memory or by a short pull.
// Refuses: throwing for a camera's fault; deciding how often (the patrol does).
import type { Clock } from '#base/clock.ts'
import { grayFromMp4Arguments, keyFramesArguments } from '../ffmpeg/command.ts'
import { runOnce } from '../ffmpeg/one-shot.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import type { VideoCodec } from '../ingest/sdp.ts'
import type { MediaLimits } from '../limits.ts'
import type { PictureProof, StreamSource } from '../media-plane.ts'
import { faultOf, toFault } from '../stream-fault.ts'
import { comparePictures, GRAY, GRAY_BYTES } from './compare.ts'
import { excerptOfKeyFrames, excerptOfMoment, type Excerpt } from './excerpt.ts'
import { shortPull, type ShortPullDeps, type ShortPullEnd } from './short-pull.ts'

export interface ProveDeps extends ShortPullDeps {
  clock: Clock
  limits: Pick<MediaLimits, 'proveTimeoutMs' | 'proveLongTimeoutMs'>
}

const APART_MS = 800
const DECODE_TIMEOUT_MS = 8_000
const ANALYZE_MS = 1_000

/**
 * Proves from a running stream's memory; null if it does not reach far enough. Two key frames that are alike are not
 * believed: a long group of pictures in a short loop, or a scene that moves between them, is looked at in full.
 */
export async function proveFromMemory(deps: ProveDeps, window: LiveWindow, codec: VideoCodec): Promise<PictureProof | null> {
  const keyed = excerptOfKeyFrames(window, APART_MS)
  const first = keyed && (await decodeExcerpt(deps, keyed, codec))
  if (first && (first.kind === 'fault' || first.changing || first.black)) return first
  const whole = excerptOfMoment(window, 'newest')
  const reachesFarEnough = whole !== null && whole.spanMs >= APART_MS
  return reachesFarEnough ? await decodeExcerpt(deps, whole, codec) : first
}

async function decodeExcerpt(deps: ProveDeps, excerpt: Excerpt, codec: VideoCodec): Promise<PictureProof> {
  const { width, height, index } = excerpt
  const shot = { ffmpeg: deps.ffmpeg, args: grayFromMp4Arguments(deps.ffmpeg, { ...GRAY, index }), input: excerpt.mp4, maxOutputBytes: 4 * GRAY_BYTES, timeoutMs: DECODE_TIMEOUT_MS }
  const end = await runOnce(deps, shot)
  if (!end.started) return { kind: 'fault', fault: faultOf('transcoder_missing', 'ffmpeg could not be started') }
  if (end.timedOut) return { kind: 'fault', fault: faultOf('probe_failed', 'decoding took too long') }
  if (end.output.length < 2 * GRAY_BYTES) return { kind: 'fault', fault: faultOf('stream_undecodable', 'the newest pictures could not be decoded') }
  return { kind: 'picture', provenMs: Math.round(excerpt.pictureMs), ...compareLastTwo(end.output), width, height, codec, shared: true }
}

/** Proves by a pull of its own; pictures that are alike are looked at a second time, then with every frame decoded. */
export async function proveByPull(deps: ProveDeps, source: StreamSource): Promise<PictureProof> {
  try {
    const keyed = await pullGray(deps, source, true)
    if (keyed.output.length < GRAY_BYTES) return judge(deps, keyed)
    const first = judge(deps, keyed)
    if (first.kind === 'picture' && (first.changing || first.black)) return first
    const second = judge(deps, await pullGray(deps, source, false))
    return second.kind === 'picture' || first.kind === 'fault' ? second : first
  } catch (error) {
    return { kind: 'fault', fault: toFault(error) }
  }
}

function pullGray(deps: ProveDeps, source: StreamSource, keyFramesOnly: boolean): Promise<ShortPullEnd> {
  return shortPull(deps, source, {
    args: (url) => keyFramesArguments(deps.ffmpeg, { url, analyzeMs: ANALYZE_MS, keyFramesOnly, apartMs: APART_MS, ...GRAY }),
    maxOutputBytes: 4 * GRAY_BYTES,
    timeoutMs: deps.limits.proveTimeoutMs,
    longTimeoutMs: deps.limits.proveLongTimeoutMs,
  })
}

function judge(deps: ProveDeps, end: ShortPullEnd): PictureProof {
  if (end.output.length < 2 * GRAY_BYTES) {
    return { kind: 'fault', fault: end.fault ?? faultOf('stream_undecodable', 'too few pictures could be decoded') }
  }
  const size = end.size ?? { width: 0, height: 0 }
  return { kind: 'picture', provenMs: deps.clock.now(), ...compareLastTwo(end.output), ...size, codec: end.codec, shared: false }
}

function compareLastTwo(pictures: Buffer): { changing: boolean; black: boolean } {
  const end = Math.floor(pictures.length / GRAY_BYTES) * GRAY_BYTES
  return comparePictures(pictures.subarray(end - 2 * GRAY_BYTES, end - GRAY_BYTES), pictures.subarray(end - GRAY_BYTES, end))
}
