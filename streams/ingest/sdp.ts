// Owns reading and rewriting a camera's SDP: which video codec, whether there is audio, the control URLs.
// Refuses: passing on what the camera calls itself (`s=`, `i=`), SDP without video, control URLs off the camera.
import { StreamFault } from '../stream-fault.ts'

export type VideoCodec = 'h264' | 'h265' | 'mjpeg' | 'other'

export interface SdpFacts {
  codec: VideoCodec
  hasAudio: boolean
}

const CODECS: Record<string, VideoCodec> = { h264: 'h264', h265: 'h265', hevc: 'h265', jpeg: 'mjpeg' }

/** @throws StreamFault rtsp_malformed, stream_missing (no video in it) */
export function readSdp(body: string): SdpFacts {
  if (!/^v=0\s*$/m.test(body)) throw new StreamFault('rtsp_malformed', 'DESCRIBE answered without an SDP')
  const sections = body.split(/^(?=m=)/m)
  const video = sections.find((section) => section.startsWith('m=video'))
  if (!video) throw new StreamFault('stream_missing', 'the SDP has no video')
  const payloadType = /^m=video\s+\d+(?:\/\d+)?\s+\S+\s+(\d+)/.exec(video)?.[1]
  if (payloadType === undefined) throw new StreamFault('rtsp_malformed', 'a video line that cannot be read')
  const encoding = new RegExp(`^a=rtpmap:${payloadType}\\s+([^/\\s]+)`, 'm').exec(video)?.[1]?.toLowerCase()
  const codec = encoding === undefined ? (payloadType === '26' ? 'mjpeg' : 'other') : (CODECS[encoding] ?? 'other')
  return { codec, hasAudio: sections.some((section) => section.startsWith('m=audio')) }
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
