// Owns the ONVIF media service (Media1): profiles, encoder configurations, stream and snapshot addresses.
// Refuses: creating or changing profiles.
import type { OperationContext, Service } from './context.ts'
import { profileFacts, ptzConfiguration, snapshotUri, STREAMS, streamOfToken, streamUri, VIDEO_SOURCE } from './profiles.ts'
import type { ProfileFacts } from './profiles.ts'
import { invalidArgument, textOf } from './soap.ts'

// Media1 has no H.265; devices that encode it say so in words all the same, and clients read it.
const ENCODINGS = { h264: 'H264', h265: 'H265', mjpeg: 'JPEG' } as const

function encoderConfiguration(tag: string, facts: ProfileFacts): string {
  const details =
    facts.codec === 'h264' ? `<tt:H264><tt:GovLength>${facts.gop}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>` : ''
  return `<${tag} token="${facts.encoder}"><tt:Name>${facts.encoder}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${ENCODINGS[facts.codec]}</tt:Encoding><tt:Resolution><tt:Width>${facts.width}</tt:Width><tt:Height>${facts.height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>${facts.framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${facts.kilobitsPerSecond}</tt:BitrateLimit></tt:RateControl>${details}<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></${tag}>`
}

const SOURCE_CONFIGURATION = `<tt:VideoSourceConfiguration token="VideoSourceConfig_1"><tt:Name>VideoSourceConfig_1</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>${VIDEO_SOURCE}</tt:SourceToken><tt:Bounds x="0" y="0" width="1280" height="720"/></tt:VideoSourceConfiguration>`
const AUDIO = `<tt:AudioEncoderConfiguration token="AudioEncoder_1"><tt:Name>AudioEncoder_1</tt:Name><tt:UseCount>2</tt:UseCount><tt:Encoding>G711</tt:Encoding><tt:Bitrate>64</tt:Bitrate><tt:SampleRate>8</tt:SampleRate><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:AudioEncoderConfiguration>`

function profile(context: OperationContext, tag: string, facts: ProfileFacts): string {
  const audio = context.state.identity.hasAudio ? AUDIO : ''
  return `<${tag} token="${facts.token}" fixed="true"><tt:Name>${facts.name}</tt:Name>${SOURCE_CONFIGURATION}${encoderConfiguration('tt:VideoEncoderConfiguration', facts)}${audio}${ptzConfiguration(context, 'tt:PTZConfiguration')}</${tag}>`
}

export const mediaService: Service = {
  GetProfiles: (context) =>
    `<trt:GetProfilesResponse>${STREAMS.map((stream) => profile(context, 'trt:Profiles', profileFacts(context, stream))).join('')}</trt:GetProfilesResponse>`,

  GetProfile: (context) => {
    const stream = streamOfToken(context, textOf(context.operation, 'ProfileToken'))
    return `<trt:GetProfileResponse>${profile(context, 'trt:Profile', profileFacts(context, stream))}</trt:GetProfileResponse>`
  },

  GetStreamUri: (context) => {
    const stream = streamOfToken(context, textOf(context.operation, 'ProfileToken'))
    return `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${streamUri(context, stream)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`
  },

  GetSnapshotUri: (context) => {
    streamOfToken(context, textOf(context.operation, 'ProfileToken'))
    return `<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>${snapshotUri(context)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetSnapshotUriResponse>`
  },

  GetVideoSources: () =>
    `<trt:GetVideoSourcesResponse><trt:VideoSources token="${VIDEO_SOURCE}"><tt:Framerate>15</tt:Framerate><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>`,

  GetVideoEncoderConfigurations: (context) =>
    `<trt:GetVideoEncoderConfigurationsResponse>${STREAMS.map((stream) => encoderConfiguration('trt:Configurations', profileFacts(context, stream))).join('')}</trt:GetVideoEncoderConfigurationsResponse>`,

  GetVideoEncoderConfiguration: (context) => {
    const token = textOf(context.operation, 'ConfigurationToken')
    const facts = STREAMS.map((stream) => profileFacts(context, stream)).find(({ encoder }) => encoder === token)
    if (!facts) throw invalidArgument('ter:NoConfig', 'the encoder configuration does not exist')
    return `<trt:GetVideoEncoderConfigurationResponse>${encoderConfiguration('trt:Configuration', facts)}</trt:GetVideoEncoderConfigurationResponse>`
  },

  SetSynchronizationPoint: (context) => {
    streamOfToken(context, textOf(context.operation, 'ProfileToken'))
    return '<trt:SetSynchronizationPointResponse/>'
  },
}
