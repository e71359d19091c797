// Owns who a simulated camera is: everything that a device says about itself, derived from a seed and its number.
// Refuses: randomness and state; the same seed and number give the same camera on every machine.
import { createHmac } from 'node:crypto'

export type VideoCodec = 'h264' | 'h265' | 'mjpeg'
export type StreamName = 'main' | 'sub'
/** Which logins the device's SOAP accepts. */
export type SoapLogin = 'wsse-or-digest' | 'wsse-only' | 'digest-only'

export interface CameraIdentity {
  /** 1-based. */
  index: number
  name: string
  manufacturer: string
  model: string
  firmware: string
  serial: string
  /** Locally administered, `02:…`, lower case. */
  mac: string
  hardwareId: string
  username: string
  password: string
  hasPtz: boolean
  hasMedia2: boolean
  hasAudio: boolean
  codec: Record<StreamName, VideoCodec>
  soapLogin: SoapLogin
  /** 0-based number of the loop that the camera shows. */
  scene: number
  profileTokens: Record<StreamName, string>
  rtspPaths: Record<StreamName, string>
}

interface Vendor {
  manufacturer: string
  models: [string, ...string[]]
  ptzModel: string
  firmware: string
  serial: (hex: string, model: string) => string
  tokens: Record<StreamName, string>
  paths: Record<StreamName, string>
}

// Path and token shapes as the vendors' devices answer them over ONVIF.
const VENDORS: [Vendor, ...Vendor[]] = [
  {
    manufacturer: 'Hikvision',
    models: ['DS-2CD3T46WDV3-I3', 'DS-2CD2T47G2-L', 'DS-2CD3346FWDA3-I'],
    ptzModel: 'DS-2DE4423IW-D',
    firmware: 'V5.7.21 build 240814',
    serial: (hex, model) => `${model}20240814AAWR${decimals(hex, 9)}`,
    tokens: { main: 'Profile_1', sub: 'Profile_2' },
    paths: {
      main: '/Streaming/Channels/101?transportmode=unicast&profile=Profile_1',
      sub: '/Streaming/Channels/102?transportmode=unicast&profile=Profile_2',
    },
  },
  {
    manufacturer: 'Dahua',
    models: ['DH-IPC-HFW4443M-I1', 'DH-IPC-HFW2433F-ZAS', 'DH-IPC-HDW4433C-A'],
    ptzModel: 'DH-SD-49225XA-HNR',
    firmware: '2.840.0000000.28.R, Build Date: 2024-03-12',
    serial: (hex) => `8K0${hex.slice(0, 12).toUpperCase()}`,
    tokens: { main: 'MediaProfile000', sub: 'MediaProfile001' },
    paths: {
      main: '/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif',
      sub: '/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif',
    },
  },
  {
    manufacturer: 'Uniview',
    models: ['IPC-B2A5-IR', 'IPC324LB-SF40', 'IPC-S332-IR'],
    ptzModel: 'IPC6322LR-X22',
    firmware: 'IPC_G6107-B0035P20D1903',
    serial: (hex) => `210235C${decimals(hex, 13)}`,
    tokens: { main: 'profile_00', sub: 'profile_01' },
    paths: { main: '/media/video1', sub: '/media/video2' },
  },
  {
    manufacturer: 'Tiandy',
    models: ['TC-C34WS', 'TC-C32XN'],
    ptzModel: 'TC-H334S',
    firmware: 'V5.7.5.20231108',
    serial: (hex) => `TD${decimals(hex, 14)}`,
    tokens: { main: 'MainProfile', sub: 'SubProfile' },
    paths: { main: '/main', sub: '/sub' },
  },
  {
    manufacturer: 'Kedacom',
    models: ['IPC2431-HN-SIR40', 'IPC2233-FN'],
    ptzModel: 'IPC425-F123',
    firmware: 'V7R8B2SP3',
    serial: (hex) => `KD-${hex.slice(0, 10).toUpperCase()}`,
    tokens: { main: 'profile0', sub: 'profile1' },
    paths: { main: '/id=0', sub: '/id=1' },
  },
]

/**
 * One camera of the fleet. Pure. Of 185 cameras 12 have an H.265 main stream (6 of them an H.265 sub stream too), 3 an
 * MJPEG sub stream, 4 have G.711 audio, a third speaks Media2 (all H.265 ones do) and a fifth has PTZ.
 * @param index 1-based
 */
export function cameraIdentity(seed: string, index: number, options: { name?: string; password?: string } = {}): CameraIdentity {
  if (!Number.isInteger(index) || index < 1 || index > 60_000) throw new RangeError('cameras are numbered from 1')
  const hex = createHmac('sha256', seed).update(`camera ${index}`).digest('hex')
  const vendor = VENDORS[Number.parseInt(hex.slice(0, 4), 16) % VENDORS.length] ?? VENDORS[0]
  const hasPtz = index % 5 === 1
  const model = hasPtz ? vendor.ptzModel : (vendor.models[Number.parseInt(hex.slice(4, 6), 16) % vendor.models.length] ?? vendor.models[0])
  const main: VideoCodec = index % 15 === 8 ? 'h265' : 'h264'
  const sub: VideoCodec = index % 30 === 8 ? 'h265' : index % 61 === 5 ? 'mjpeg' : 'h264'
  const number = index.toString(16).padStart(4, '0')
  const tail = `${hex.slice(6, 12)}${number}`
  return {
    index,
    name: options.name ?? `camera ${String(index).padStart(3, '0')}`,
    manufacturer: vendor.manufacturer,
    model,
    firmware: vendor.firmware,
    serial: vendor.serial(`${number}${hex.slice(12)}`, model),
    mac: `02:${(tail.match(/../g) ?? []).join(':')}`,
    hardwareId: `${vendor.manufacturer.slice(0, 3).toUpperCase()}-${hex.slice(30, 34).toUpperCase()}`,
    username: 'admin',
    password: options.password ?? `Cam-${createHmac('sha256', seed).update(`password ${index}`).digest('base64url').slice(0, 14)}`,
    hasPtz,
    hasMedia2: index % 3 === 2,
    hasAudio: index % 50 === 3,
    codec: { main, sub },
    soapLogin: index % 10 === 3 ? 'digest-only' : index % 10 === 7 ? 'wsse-only' : 'wsse-or-digest',
    scene: Number.parseInt(hex.slice(34, 38), 16),
    profileTokens: vendor.tokens,
    rtspPaths: vendor.paths,
  }
}

/** Unique per camera: the hex starts with the camera's number. */
function decimals(hex: string, length: number): string {
  return BigInt(`0x${hex.slice(0, 4)}`).toString().padStart(5, '0') + BigInt(`0x${hex.slice(4, 16)}`).toString().padStart(15, '0').slice(0, length - 5)
}
