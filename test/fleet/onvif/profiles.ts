// Owns what a device's profiles are made of, for Media1 and Media2 alike: tokens, codec, size, rate, addresses.
// Refuses: profiles beyond main and sub.
import { ELSEWHERE } from '../camera-state.ts'
import type { StreamName, VideoCodec } from '../identity.ts'
import type { OperationContext } from './context.ts'
import { escapeXml, invalidArgument } from './soap.ts'

export const VIDEO_SOURCE = 'VideoSource_1'
export const STREAMS: readonly StreamName[] = ['main', 'sub']

export interface ProfileFacts {
  stream: StreamName
  token: string
  name: string
  encoder: string
  codec: VideoCodec
  width: number
  height: number
  framesPerSecond: number
  kilobitsPerSecond: number
  gop: number
}

export function profileFacts(context: Pick<OperationContext, 'state'>, stream: StreamName): ProfileFacts {
  const { state } = context
  const loop = state.loop(stream)
  return {
    stream,
    token: state.identity.profileTokens[stream],
    name: stream === 'main' ? 'mainStream' : 'subStream',
    encoder: `VideoEncoder_${stream}`,
    codec: loop.codec,
    width: loop.width,
    height: loop.height,
    framesPerSecond: loop.framesPerSecond,
    kilobitsPerSecond: loop.width > 1000 ? 3000 : 1000,
    gop: state.has('gop-10s') ? loop.framesPerSecond * 10 : loop.framesPerSecond,
  }
}

/** @throws SoapFault ter:NoProfile when the token is not one of this device's */
export function streamOfToken(context: OperationContext, token: string | null): StreamName {
  const stream = STREAMS.find((each) => context.state.identity.profileTokens[each] === token)
  if (!stream) throw invalidArgument('ter:NoProfile', 'the profile does not exist')
  return stream
}

export function streamUri(context: OperationContext, stream: StreamName): string {
  const base = context.state.has('off-host-uri') ? `rtsp://${ELSEWHERE}:554` : context.rtspBase
  return escapeXml(`${base}${context.state.identity.rtspPaths[stream]}`)
}

export function snapshotUri(context: OperationContext): string {
  const base = context.state.has('off-host-uri') ? `http://${ELSEWHERE}` : context.httpBase
  return `${base}/onvif/snapshot`
}

export function ptzConfiguration(context: OperationContext, tag: string): string {
  if (!context.state.identity.hasPtz) return ''
  const space = (name: string) => `http://www.onvif.org/ver10/tptz/${name}`
  return `<${tag} token="PTZConfig_1"><tt:Name>PTZConfig_1</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>PTZNode_1</tt:NodeToken><tt:DefaultAbsolutePantTiltPositionSpace>${space('PanTiltSpaces/PositionGenericSpace')}</tt:DefaultAbsolutePantTiltPositionSpace><tt:DefaultContinuousPanTiltVelocitySpace>${space('PanTiltSpaces/VelocityGenericSpace')}</tt:DefaultContinuousPanTiltVelocitySpace><tt:DefaultContinuousZoomVelocitySpace>${space('ZoomSpaces/VelocityGenericSpace')}</tt:DefaultContinuousZoomVelocitySpace><tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout></${tag}>`
}
