// Owns whole, valid cameras and callers for tests; each says only what matters to it.
import { newId } from '#base/ids.ts'
import type { Archive } from '#contract/archive.ts'
import type { CameraId, SessionId, UnitId, UserId } from '#contract/ids.ts'
import { rolePermissions, type Role } from '#contract/permissions.ts'
import type { Principal } from '../../../backend/http/index.ts'
import type { Camera } from '../../../backend/registry/index.ts'

export function sampleArchive(number: number, changes: Partial<Archive> = {}): Archive {
  return {
    gbCode: `1499035100132${String(number).padStart(7, '0')}`,
    name: `平潭街经一路${number}号杆`,
    vendor: 1,
    civilCode: '149903',
    pointType: 1,
    model: 'M-1',
    alias: '',
    ipv4: '10.12.0.1',
    ipv6: '',
    mac: '02-00-00-00-00-01',
    cameraType: 3,
    functionTypes: [5],
    supplementLight: 2,
    codec: 'H.264',
    address: 'XX市矿区平潭街',
    longitude: 100.000001,
    latitude: 41,
    positionTypes: [9],
    direction: 1,
    networked: true,
    policeCode: '149903510000',
    installedOn: '2024-03-05',
    managementUnit: '科信大队',
    managementContact: '值班室内线',
    recordDays: 30,
    deviceStatus: 1,
    departments: [1],
    ...changes,
  }
}

export function sampleCamera(unitId: UnitId, number: number, changes: Partial<Camera> = {}): Camera {
  return {
    id: newId<CameraId>(1_000 + number),
    unitId,
    archive: sampleArchive(number),
    archiveUnread: [],
    health: { status: 'online', cause: null, sinceMs: 1_000, pictureProvenMs: null },
    posture: 'unknown',
    address: '10.12.0.1',
    onvifPort: 80,
    manufacturer: 'Maker',
    model: 'M-1',
    firmware: '1',
    serial: `S-${number}`,
    mac: '02-00-00-00-00-01',
    hasPtz: false,
    clockOffsetMs: null,
    profiles: [],
    streamPaths: [],
    credentialSetId: null,
    ownCredential: null,
    version: 1,
    createdAtMs: 1_000,
    ...changes,
  }
}

export function samplePrincipal(unitIds: readonly UnitId[], role: Role = 'bureau_supervisor'): Principal {
  return {
    userId: newId<UserId>(1),
    sessionId: newId<SessionId>(1),
    username: role,
    displayName: '值班员甲',
    policeNumber: 'T1',
    unitId: unitIds[0] ?? newId<UnitId>(1),
    unitName: '',
    roles: [role],
    permissions: new Set(rolePermissions[role]),
    scope: { unitIds: new Set(unitIds) },
    csrfToken: '',
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    ticket: null,
  }
}
