// Owns a found device on its way to becoming a camera, and the pure rules of that way.
// Refuses: I/O.
import type { Archive } from '#contract/archive.ts'
import { vendors } from '#contract/archive.ts'
import type { Codec, Profile } from '#contract/cameras.ts'
import type { FindingState } from '#contract/discovery.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { CameraId, CredentialSetId, FindingId, UnitId } from '#contract/ids.ts'
import type { Device, StreamPath } from '../registry/index.ts'
import type { DeviceIdentity } from './device.ts'
import type { FoundDevice } from './discovery.ts'

export interface FoundRecord {
  id: FindingId
  state: FindingState
  address: string
  onvifPort: number
  foundBy: 'multicast' | 'unicast' | 'manual'
  manufacturer: string
  model: string
  firmware: string
  serial: string
  mac: string
  hasPtz: boolean
  clockOffsetMs: number | null
  profiles: Profile[]
  streamPaths: StreamPath[]
  fault: FaultCode | null
  credentialSetId: CredentialSetId | null
  unitId: UnitId | null
  name: string
  knownCameraId: CameraId | null
  foundAtMs: number
  lastSeenMs: number
}

/** The record of a device that nobody has seen before. */
export function firstRecord(id: FindingId, device: FoundDevice, nowMs: number): FoundRecord {
  return {
    id,
    state: 'found',
    address: device.target.host,
    onvifPort: device.target.port,
    foundBy: device.foundBy,
    manufacturer: '',
    model: device.hardware,
    firmware: '',
    serial: '',
    mac: '',
    hasPtz: false,
    clockOffsetMs: null,
    profiles: [],
    streamPaths: [],
    fault: null,
    credentialSetId: null,
    unitId: null,
    name: device.name.slice(0, 50),
    knownCameraId: null,
    foundAtMs: nowMs,
    lastSeenMs: nowMs,
  }
}

/**
 * What identification told, laid over the record; a found device becomes identified, later states stay. Another device
 * than before at the same address (a replacement, most often) starts anew: nothing of the old one is its.
 */
export function identified(record: FoundRecord, device: DeviceIdentity): FoundRecord {
  const told = { ...record, ...deviceFacts(device), fault: null }
  if (isAnother(record, device)) return { ...told, state: 'identified', unitId: null, name: '', credentialSetId: null, knownCameraId: null }
  return { ...told, state: record.state === 'found' ? 'identified' : record.state }
}

/** Same serial or same MAC is the same device; where neither can be compared, the address speaks. */
function isAnother(record: FoundRecord, device: DeviceIdentity): boolean {
  const pairs = [[record.serial, device.serial], [record.mac, device.mac]].filter(([before, now]) => before !== '' && now !== '')
  return pairs.length > 0 && pairs.every(([before, now]) => before !== now)
}

/** One device in the inbox under two addresses: the row that was there stays, with what was decided, at the new address. */
export function movedTo(kept: FoundRecord, seen: FoundRecord): FoundRecord {
  const { id, state, unitId, name, knownCameraId, foundAtMs } = kept
  return { ...seen, id, state, unitId, name, knownCameraId, foundAtMs, credentialSetId: seen.credentialSetId ?? kept.credentialSetId }
}

export function deviceFacts(device: DeviceIdentity): Omit<Device, 'address' | 'onvifPort'> {
  const { main, sub } = device.streamPaths
  return {
    manufacturer: device.manufacturer,
    model: device.model,
    firmware: device.firmware,
    serial: device.serial,
    mac: device.mac,
    hasPtz: device.hasPtz,
    clockOffsetMs: device.clockOffsetMs,
    profiles: device.profiles,
    streamPaths: [...(main ? [{ stream: 'main' as const, ...main }] : []), ...(sub ? [{ stream: 'sub' as const, ...sub }] : [])],
  }
}

export function deviceOf(record: FoundRecord): Device {
  const { address, onvifPort, manufacturer, model, firmware, serial, mac, hasPtz, clockOffsetMs, profiles, streamPaths } = record
  return { address, onvifPort, manufacturer, model, firmware, serial, mac, hasPtz, clockOffsetMs, profiles, streamPaths }
}

/** Fills `{model}`, `{serial}`, `{address}`, `{n}` (1-based place in the selection) in; at most 50 characters. */
export function nameFrom(template: string, record: FoundRecord, n: number): string {
  const values: Record<string, string> = { model: record.model, serial: record.serial, address: record.address, n: String(n) }
  return template.replace(/\{(model|serial|address|n)\}/g, (_all, key: string) => values[key] ?? '').trim().slice(0, 50) || record.address
}

const vendorWords: [RegExp, string][] = [
  [/hik|海康/i, '海康威视'], [/dahua|大华/i, '大华'], [/tiandy|天地伟业/i, '天地伟业'], [/kedacom|科达/i, '科达'], [/axis|安讯士/i, '安讯士'],
  [/bosch|博世/i, '博世'], [/infinova|英飞拓/i, '英飞拓'], [/uniview|宇视/i, '宇视'], [/huawei|华为/i, '华为'], [/zte|中兴/i, '中兴'],
]
const codecWords: Record<Codec, Archive['codec']> = { h264: 'H.264', h265: 'H.265', mjpeg: 'MJPEG', other: '' }

/** 厂商 code of the archive for what the device calls its maker; 99 其他 when it is not one of the listed. */
export function vendorCode(manufacturer: string): number {
  const name = vendorWords.find(([word]) => word.test(manufacturer))?.[1]
  return Number(Object.entries(vendors).find(([, label]) => label === name)?.[0] ?? 99)
}

/** The archive as far as the device and the unit tell it; what stays empty is shown as missing until somebody fills it in. */
export function firstArchive(record: FoundRecord, unit: { code: string; gbCode: string; managementUnit: string; policeCode: string }): Archive {
  return {
    gbCode: unit.gbCode,
    name: record.name || record.address,
    vendor: vendorCode(record.manufacturer),
    civilCode: unit.code.slice(0, 6),
    pointType: 1,
    model: record.model.slice(0, 64),
    alias: '',
    ipv4: record.address.includes(':') ? '' : record.address,
    ipv6: record.address.includes(':') ? record.address : '',
    mac: record.mac,
    cameraType: record.hasPtz ? 1 : 3,
    functionTypes: [5],
    supplementLight: null,
    codec: codecWords[record.profiles.find((profile) => profile.stream === 'main')?.codec ?? 'other'],
    address: '',
    longitude: null,
    latitude: null,
    positionTypes: [],
    direction: null,
    networked: true,
    policeCode: unit.policeCode,
    installedOn: '',
    managementUnit: unit.managementUnit,
    managementContact: '',
    recordDays: 30,
    deviceStatus: 1,
    departments: [1],
  }
}
