// Owns the ONVIF media2 service: profiles with their encoders (H.265 too) and stream addresses.
// Refuses: creating or changing profiles.
import type { OperationContext, Service } from './context.ts'
import { profileFacts, ptzConfiguration, snapshotUri, STREAMS, streamOfToken, streamUri, VIDEO_SOURCE } from './profiles.ts'
import type { ProfileFacts } from './profiles.ts'
import { textOf } from './soap.ts'

const ENCODINGS = { h264: 'H264', h265: 'H265', mjpeg: 'JPEG' } as const

function encoder(tag: string, facts: ProfileFacts): string {
  return `<${tag} token="${facts.encoder}" GovLength="${facts.gop}" Profile="Main"><tt:Name>${facts.encoder}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${ENCODINGS[facts.codec]}</tt:Encoding><tt:Resolution><tt:Width>${facts.width}</tt:Width><tt:Height>${facts.height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${facts.framesPerSecond}</tt:FrameRateLimit><tt:BitrateLimit>${facts.kilobitsPerSecond}</tt:BitrateLimit></tt:RateControl><tt:Quality>4</tt:Quality></${tag}>`
}

function profile(context: OperationContext, facts: ProfileFacts): string {
  return `<tr2:Profiles token="${facts.token}" fixed="true"><tr2:Name>${facts.name}</tr2:Name><tr2:Configurations><tr2:VideoSource token="VideoSourceConfig_1"><tt:Name>VideoSourceConfig_1</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>${VIDEO_SOURCE}</tt:SourceToken><tt:Bounds x="0" y="0" width="1280" height="720"/></tr2:VideoSource>${encoder('tr2:VideoEncoder', facts)}${ptzConfiguration(context, 'tr2:PTZ')}</tr2:Configurations></tr2:Profiles>`
}

export const media2Service: Service = {
  GetProfiles: (context) => {
    const token = textOf(context.operation, 'Token')
    const streams = token === null ? STREAMS : [streamOfToken(context, token)]
    return `<tr2:GetProfilesResponse>${streams.map((stream) => profile(context, profileFacts(context, stream))).join('')}</tr2:GetProfilesResponse>`
  },

  GetStreamUri: (context) =>
    `<tr2:GetStreamUriResponse><tr2:Uri>${streamUri(context, streamOfToken(context, textOf(context.operation, 'ProfileToken')))}</tr2:Uri></tr2:GetStreamUriResponse>`,

  GetSnapshotUri: (context) => {
    streamOfToken(context, textOf(context.operation, 'ProfileToken'))
    return `<tr2:GetSnapshotUriResponse><tr2:Uri>${snapshotUri(context)}</tr2:Uri></tr2:GetSnapshotUriResponse>`
  },

  GetVideoEncoderConfigurations: (context) =>
    `<tr2:GetVideoEncoderConfigurationsResponse>${STREAMS.map((stream) => encoder('tr2:Configurations', profileFacts(context, stream))).join('')}</tr2:GetVideoEncoderConfigurationsResponse>`,

  SetSynchronizationPoint: () => '<tr2:SetSynchronizationPointResponse/>',
}
