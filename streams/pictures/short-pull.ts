// Owns a short pull of a camera for a picture or two: relay place, one ffmpeg, its output or a fault.
// Refuses: keeping the stream; a stream that is watched has its own pull.
import type { Fault } from '#contract/faults.ts'
import type { ChildDeps } from '../ffmpeg/child.ts'
import type { FfmpegTool } from '../ffmpeg/locate.ts'
import { runOnce } from '../ffmpeg/one-shot.ts'
import { readStderr } from '../ffmpeg/stderr-fault.ts'
import type { RtspRelay } from '../ingest/rtsp-relay.ts'
import type { VideoCodec } from '../ingest/sdp.ts'
import type { StreamSource } from '../media-plane.ts'
import { faultOf } from '../stream-fault.ts'

export interface ShortPullDeps extends ChildDeps {
  relay: RtspRelay
  ffmpeg: FfmpegTool
}

export interface ShortPullOptions {
  args: (url: string) => string[]
  maxOutputBytes: number
  /** Without any media by then it is over. */
  timeoutMs: number
  /** With media but not enough pictures by then it is over. */
  longTimeoutMs: number
}

export interface ShortPullEnd {
  output: Buffer
  codec: VideoCodec
  /** The picture's size as the showinfo filter told it; null without that filter. */
  size: { width: number; height: number } | null
  /** Why there is no more output; null if ffmpeg ended content. */
  fault: Fault | null
}

/** @throws StreamFault address_refused, rtsp_malformed */
export async function shortPull(deps: ShortPullDeps, source: StreamSource, options: ShortPullOptions): Promise<ShortPullEnd> {
  const given = new AbortController()
  let mediaBytes = 0
  let cameraFault: Fault | null = null
  let codec: VideoCodec = source.codec ?? 'h264'
  const ticket = await deps.relay.admit(source, {
    frameGapMs: () => 0,
    onDescribed: (facts) => {
      codec = facts.codec
    },
    onMediaBytes: (bytes) => {
      mediaBytes += bytes
    },
    onLostBytes: () => {},
    onEnd: (fault) => {
      cameraFault ??= fault
      if (fault) given.abort()
    },
  })
  const noMedia = deps.clock.after(options.timeoutMs, () => {
    if (mediaBytes > 0) return
    cameraFault ??= faultOf('stream_silent', `no media within ${options.timeoutMs} ms`)
    given.abort()
  })
  const end = await runOnce(deps, {
    ffmpeg: deps.ffmpeg,
    args: options.args(ticket.url),
    input: null,
    maxOutputBytes: options.maxOutputBytes,
    timeoutMs: options.longTimeoutMs,
    signal: given.signal,
  })
  noMedia.cancel()
  const own = end.started ? null : faultOf('transcoder_missing', 'ffmpeg could not be started')
  const verdict = readStderr(end.stderr)
  const told = verdict.kind === 'fault' ? verdict.fault : null
  // Read before the place is given back: giving it back ends the camera's side too.
  const fault = own ?? cameraFault ?? (end.code === 0 ? null : (told ?? faultOf('stream_undecodable', 'no picture could be decoded')))
  ticket.release()
  const size = /showinfo[^\n]* s:(\d{2,5})x(\d{2,5})\b/.exec(end.stderr)
  return { output: end.output, codec, size: size ? { width: Number(size[1]), height: Number(size[2]) } : null, fault }
}
