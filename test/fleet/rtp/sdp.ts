// Owns the session description that DESCRIBE answers (RFC 8866), with the parameter sets of the stream.
// Refuses: aggregate sessions; one video and at most one audio track.
import type { Loop } from '../loops/loop-file.ts'
import { AUDIO_PAYLOAD_TYPE } from './audio.ts'
import { VIDEO_PAYLOAD_TYPE } from './prebuilt.ts'

export const VIDEO_TRACK = 'trackID=1'
export const AUDIO_TRACK = 'trackID=2'

export function sessionDescription(options: { loop: Loop; hasAudio: boolean; host: string; name: string; nowMs: number }): string {
  const { loop } = options
  const payloadType = VIDEO_PAYLOAD_TYPE[loop.codec]
  const lines = [
    'v=0',
    `o=- ${Math.floor(options.nowMs)} 1 IN IP4 ${options.host}`,
    `s=${options.name}`,
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    `m=video 0 RTP/AVP ${payloadType}`,
    `c=IN IP4 0.0.0.0`,
    `b=AS:${loop.width > 1000 ? 3000 : 1000}`,
    `a=rtpmap:${payloadType} ${{ h264: 'H264', h265: 'H265', mjpeg: 'JPEG' }[loop.codec]}/90000`,
    ...formatParameters(loop, payloadType),
    `a=framerate:${loop.framesPerSecond}`,
    `a=control:${VIDEO_TRACK}`,
    'a=recvonly',
  ]
  if (options.hasAudio) lines.push(`m=audio 0 RTP/AVP ${AUDIO_PAYLOAD_TYPE}`, 'c=IN IP4 0.0.0.0', `a=rtpmap:${AUDIO_PAYLOAD_TYPE} PCMA/8000`, `a=control:${AUDIO_TRACK}`, 'a=recvonly')
  return `${lines.join('\r\n')}\r\n`
}

function formatParameters(loop: Loop, payloadType: number): string[] {
  const [first, second, third] = loop.parameterSets.map((unit) => unit.toString('base64'))
  if (loop.codec === 'h264') {
    const profile = loop.parameterSets[0]?.toString('hex', 1, 4) ?? ''
    return [`a=fmtp:${payloadType} packetization-mode=1; profile-level-id=${profile}; sprop-parameter-sets=${first},${second}`]
  }
  if (loop.codec === 'h265') return [`a=fmtp:${payloadType} sprop-vps=${first}; sprop-sps=${second}; sprop-pps=${third}`]
  return []
}
