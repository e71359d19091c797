// Owns a found device on its way to becoming a camera, and the pure rules of that way.
// Refuses: I/O.
import { archiveOfDevice, type Archive } from '#contract/archive.ts'
import type { FindingState } from '#contract/discovery.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { CameraId, CredentialSetId, FindingId, UnitId } from '#contract/ids.ts'
import type { Device } from '../registry/index.ts'
import type { DeviceIdentity } from './device.ts'
import type { FoundDevice } from './discovery.ts'

export interface FoundRecord extends Device {
  id: FindingId
  state: FindingState
  onvifPort: number
  foundBy: 'multicast' | 'unicast' | 'manual'
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

/** The record with what the device said of itself. */
export function identified(record: FoundRecord, device: DeviceIdentity): FoundRecord {
  return { ...record, ...deviceFacts(device), fault: null, state: 'identified' }
}

/**
 * What a run saw, laid over the row of that place or device. Decisions (state, unit, name) stay with the device; another
 * device than before at the same address (a replacement, most often) starts anew: nothing of the old one is its.
 */
export function merged(kept: FoundRecord, seen: FoundRecord): FoundRecord {
  if (seen.state === 'found') return { ...kept, fault: seen.fault, clockOffsetMs: seen.clockOffsetMs ?? kept.clockOffsetMs, lastSeenMs: seen.lastSeenMs }
  if (isAnother(kept, seen)) return { ...seen, id: kept.id }
  const { id, unitId, knownCameraId, foundAtMs, foundBy } = kept
  return {
    ...seen,
    id,
    state: kept.state === 'found' ? seen.state : kept.state,
    unitId,
    name: kept.name || seen.name,
    knownCameraId,
    foundAtMs,
    foundBy,
    credentialSetId: seen.credentialSetId ?? kept.credentialSetId,
  }
}

/** Same serial or same MAC is the same device; where neither can be compared, the address speaks. */
function isAnother(kept: FoundRecord, seen: FoundRecord): boolean {
  const pairs = [[kept.serial, seen.serial], [kept.mac, seen.mac]].filter(([before, now]) => before !== '' && now !== '')
  return pairs.length > 0 && pairs.every(([before, now]) => before !== now)
}

/** A finding that is no camera any more (its place was given to another device) is an identified device again. */
export function released(record: FoundRecord): FoundRecord {
  return { ...record, state: record.serial === '' && record.mac === '' ? 'found' : 'identified', knownCameraId: null }
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

/** The archive as far as the device and the unit tell it; what stays empty is shown as missing until somebody fills it in. */
export function firstArchive(record: FoundRecord, unit: { code: string; gbCode: string; managementUnit: string; policeCode: string }): Archive {
  return {
    ...archiveOfDevice({ ...record, mainCodec: record.profiles.find(({ stream }) => stream === 'main')?.codec ?? null }),
    gbCode: unit.gbCode,
    name: record.name || record.address,
    civilCode: unit.code.slice(0, 6),
    pointType: 1,
    alias: '',
    cameraType: record.hasPtz ? 1 : 3,
    functionTypes: [5],
    supplementLight: null,
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
