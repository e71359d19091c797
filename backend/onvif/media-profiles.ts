// Owns which of a device's media profiles become stream main and sub, from Media1 and Media2 answers.
// Refuses: profiles without a picture size or a codec that we know.
import type { Codec, Profile } from '#contract/cameras.ts'
import type { StreamKind } from '#contract/live.ts'
import { deviceNumber, deviceText } from './device-text.ts'
import type { XmlElement } from './xml-element.ts'

export interface DeviceProfile {
  token: string
  name: string
  codec: Codec
  width: number
  height: number
  fps: number
  hasAudio: boolean
  hasPtz: boolean
}

const MAX_PROFILES = 64
/** Larger than this is no sub-stream: nine tiles of it would be a wall of main streams. */
const SUB_PIXELS = 1280 * 720

/** Profiles of a Media1 `GetProfilesResponse` (media.wsdl) or a Media2 one (ver20/media.wsdl). */
export function readProfiles(response: XmlElement): DeviceProfile[] {
  return response
    .all('Profiles')
    .slice(0, MAX_PROFILES)
    .flatMap((profile) => {
      const token = profile.attributes.get('token') ?? ''
      // A token is sent back as written, so one that cleaning would change is not usable.
      if (token === '' || token !== deviceText(token, 128)) return []
      const media2 = profile.at('Configurations')
      const video = media2 ? media2.at('VideoEncoder') : profile.at('VideoEncoderConfiguration')
      if (!video) return []
      return [
        {
          token,
          name: deviceText(profile.textAt('Name')),
          codec: readCodec(video.textAt('Encoding')),
          width: Math.floor(deviceNumber(video.textAt('Resolution', 'Width'), 32_768)),
          height: Math.floor(deviceNumber(video.textAt('Resolution', 'Height'), 32_768)),
          fps: deviceNumber(video.textAt('RateControl', 'FrameRateLimit'), 1_000),
          hasAudio: (media2 ? media2.at('AudioEncoder') : profile.at('AudioEncoderConfiguration')) !== undefined,
          hasPtz: (media2 ? media2.at('PTZ') : profile.at('PTZConfiguration')) !== undefined,
        },
      ]
    })
}

/**
 * Main is the largest picture; sub the smallest that is H.264 and at most 720p, else the smallest of all. A device
 * with one usable profile uses it for both. Empty when none is usable.
 */
export function chooseProfiles(profiles: readonly DeviceProfile[]): Profile[] {
  const usable = profiles.filter((profile) => profile.codec !== 'other' && profile.width > 0 && profile.height > 0)
  const main = usable.toSorted((a, b) => pixels(b) - pixels(a) || codecCost(a) - codecCost(b) || b.fps - a.fps)[0]
  if (!main) return []
  const others = usable.filter((profile) => profile !== main)
  const sub = others.toSorted((a, b) => subCost(a) - subCost(b) || pixels(a) - pixels(b) || codecCost(a) - codecCost(b))[0]
  return [asStream('main', main), asStream('sub', sub ?? main)]
}

function asStream(stream: StreamKind, profile: DeviceProfile): Profile {
  const { hasPtz: _, ...rest } = profile
  return { stream, ...rest }
}

function pixels(profile: DeviceProfile): number {
  return profile.width * profile.height
}

function subCost(profile: DeviceProfile): number {
  return profile.codec === 'h264' && pixels(profile) <= SUB_PIXELS ? 0 : 1
}

/** What a picture costs us: H.264 is copied, the others are transcoded. */
function codecCost(profile: DeviceProfile): number {
  return ['h264', 'h265', 'mjpeg', 'other'].indexOf(profile.codec)
}

function readCodec(text: string): Codec {
  const name = text.toUpperCase().replace(/[^A-Z0-9]/g, '')
  if (name === 'H264') return 'h264'
  if (name === 'H265' || name === 'HEVC') return 'h265'
  if (name === 'JPEG' || name === 'MJPEG') return 'mjpeg'
  return 'other'
}
