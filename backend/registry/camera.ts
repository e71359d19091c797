// Owns the camera as the registry knows it, and pure rules about it.
// Refuses: measuring; status comes from the health room.
import { pinyin } from 'pinyin-pro'
import { requiredArchiveKeys, type Archive } from '#contract/archive.ts'
import type { CameraStatus, Codec, Profile } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { Posture } from '#contract/posture.ts'
import type { CameraId, CredentialSetId, UnitId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'

/** Where a stream is on its device; the host is the device's. */
export interface StreamPath {
  stream: StreamKind
  tls: boolean
  port: number
  /** Path and query, starting with `/`. */
  path: string
}

/** The network endpoint that stands behind a camera; replaced without touching the camera's id. */
export interface Device {
  address: string
  /** null = no ONVIF; only RTSP. */
  onvifPort: number | null
  manufacturer: string
  model: string
  firmware: string
  serial: string
  mac: string
  hasPtz: boolean
  clockOffsetMs: number | null
  profiles: Profile[]
  streamPaths: StreamPath[]
}

export interface CameraHealth {
  status: CameraStatus
  cause: FaultCode | null
  sinceMs: number
  pictureProvenMs: number | null
}

export interface Camera extends Device {
  id: CameraId
  unitId: UnitId
  archive: Archive
  /** Fields of the archive whose stored value was refused: `archive` has what could be saved of it. Empty once it is written. */
  archiveUnread: readonly (keyof Archive)[]
  health: CameraHealth
  /** Whether its device answers strangers; written by the health room only. */
  posture: Posture
  credentialSetId: CredentialSetId | null
  /** Sealed for this camera's id; null when the credential set's is used, or none. */
  ownCredential: { username: string; sealed: string } | null
  version: number
  createdAtMs: number
}

/** Lower-case pinyin initials of a Chinese name: 平潭街路口 → ptjlk. */
export function initialsOf(name: string): string {
  return pinyin(name, { pattern: 'first', toneType: 'none', type: 'array', nonZh: 'consecutive' }).join('').toLowerCase().replace(/\s+/g, '')
}

/** Required archive fields that are not filled in. */
export function missingArchiveKeys(archive: Archive): (keyof Archive)[] {
  return requiredArchiveKeys.filter((key) => {
    const value = archive[key]
    return value === '' || value === null || (Array.isArray(value) && value.length === 0)
  })
}

/** What keeps a camera's archive from being complete: required fields not filled in, and any whose stored value could not be read. */
export function archiveGapsOf({ archive, archiveUnread }: Camera): (keyof Archive)[] {
  return [...new Set([...missingArchiveKeys(archive), ...archiveUnread])]
}

/** The codec that the list shows: the sub stream's, which walls play. */
export function shownCodec(profiles: readonly Profile[]): Codec | null {
  return (profiles.find((profile) => profile.stream === 'sub') ?? profiles[0])?.codec ?? null
}

/** What the search box looks into. */
export function searchTextOf(camera: Pick<Camera, 'archive' | 'address' | 'serial'>): string {
  const { gbCode, name, alias, address } = camera.archive
  return [name, alias, gbCode, address, camera.address, camera.serial, initialsOf(name)].join(' ').toLowerCase()
}
