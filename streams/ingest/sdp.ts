// Owns reading and rewriting a camera's SDP: which video codec and how it comes, whether there is audio, the control URLs.
// Refuses: passing on what the camera calls itself (`s=`, `i=`), SDP without video, control URLs off the camera.
import type { ParameterSets } from '../cmaf/frame.ts'
import { StreamFault } from '../stream-fault.ts'

export type VideoCodec = 'h264' | 'h265' | 'mjpeg' | 'other'

export interface SdpFacts {
  codec: VideoCodec
  hasAudio: boolean
}

const RTP_VIDEO_RATE = 90_000
const CODECS: Record<string, VideoCodec> = { h264: 'h264', h265: 'h265', hevc: 'h265', jpeg: 'mjpeg' }

/** What must be known to pull the video of an SDP. */
export interface VideoDescription extends SdpFacts {
  payloadType: number
  /** Ticks a second of its RTP times. */
  clockRate: number
  /** The control values of the session and of the video, as they stand there. */
  sessionControl: string
  control: string
  /** RFC 6184 §8.1; NAL units without start codes, possibly none. */
  parameterSets: ParameterSets
}

/** @throws StreamFault rtsp_malformed, stream_missing (no video in it) */
export function readSdp(body: string): SdpFacts {
  const { codec, hasAudio } = readVideoDescription(body)
  return { codec, hasAudio }
}

/** @throws StreamFault rtsp_malformed, stream_missing (no video in it) */
export function readVideoDescription(body: string): VideoDescription {
  if (!/^v=0\s*$/m.test(body)) throw new StreamFault('rtsp_malformed', 'DESCRIBE answered without an SDP')
  const sections = body.split(/^(?=m=)/m)
  const video = sections.find((section) => section.startsWith('m=video'))
  if (!video) throw new StreamFault('stream_missing', 'the SDP has no video')
  const payloadType = /^m=video\s+\d+(?:\/\d+)?\s+\S+\s+(\d+)/.exec(video)?.[1]
  if (payloadType === undefined) throw new StreamFault('rtsp_malformed', 'a video line that cannot be read')
  const map = new RegExp(`^a=rtpmap:${payloadType}\\s+([^/\\s]+)(?:/(\\d{1,9}))?`, 'm').exec(video)
  const encoding = map?.[1]?.toLowerCase()
  const codec = encoding === undefined ? (payloadType === '26' ? 'mjpeg' : 'other') : (CODECS[encoding] ?? 'other')
  const sets = /sprop-parameter-sets=([A-Za-z0-9+/=,]+)/.exec(new RegExp(`^a=fmtp:${payloadType}\\s.*$`, 'm').exec(video)?.[0] ?? '')?.[1] ?? ''
  const units = sets.split(',').map((set) => Buffer.from(set, 'base64'))
  const ofType = (type: number, leastBytes: number) => units.filter((unit) => unit.length >= leastBytes && ((unit[0] ?? 0) & 31) === type)
  return {
    codec,
    hasAudio: sections.some((section) => section.startsWith('m=audio')),
    payloadType: Number(payloadType),
    clockRate: Number(map?.[2] ?? 0) || RTP_VIDEO_RATE,
    sessionControl: controlOf(sections[0] ?? ''),
    control: controlOf(video),
    parameterSets: { sps: ofType(7, 4), pps: ofType(8, 2) },
  }
}

function controlOf(section: string): string {
  return /^a=control:(.*)$/m.exec(section)?.[1]?.trim() ?? ''
}

/**
 * Gives every control attribute a new value and blanks the titles.
 * @param mapControl from the camera's control value and the section's index (0 = session) to ours
 */
export function rewriteSdp(body: string, mapControl: (control: string, section: number) => string): string {
  let section = 0
  return (
    body
      .split(/\r?\n/)
      .filter((line) => !/^[iue]=/.test(line))
      .map((line) => {
        if (line.startsWith('m=')) section++
        if (line.startsWith('s=')) return 's=-'
        const control = /^a=control:(.*)$/.exec(line)?.[1]
        return control === undefined ? line : `a=control:${mapControl(control.trim(), section)}`
      })
      .join('\r\n')
  )
}
