// Owns what of a camera goes over the wire; a password never does.
import type { CameraDetail, CameraSummary } from '#contract/cameras.ts'
import type { CameraCounts, UnitView } from '#contract/units.ts'
import type { UnitId } from '#contract/ids.ts'
import { may, type UnitTree } from '../access/index.ts'
import type { Principal } from '../http/index.ts'
import { toInstant, toInstantOrNull } from '../storage/index.ts'
import { archiveGapsOf, initialsOf, shownCodec, type Camera } from './camera.ts'
import { noCameras } from './camera-store.ts'

export function presentSummary(principal: Principal, camera: Camera, tree: UnitTree): CameraSummary {
  const { archive, health } = camera
  return {
    id: camera.id,
    gbCode: archive.gbCode,
    name: archive.name,
    initials: initialsOf(archive.name),
    unitId: camera.unitId,
    unitName: tree.get(camera.unitId)?.name ?? '',
    status: health.status,
    cause: health.cause,
    statusSince: toInstant(health.sinceMs),
    pictureProvenAt: toInstantOrNull(health.pictureProvenMs),
    cameraType: archive.cameraType,
    hasPtz: camera.hasPtz,
    codec: shownCodec(camera.profiles),
    ipv4: camera.address,
    manufacturer: camera.manufacturer,
    model: camera.model,
    deviceStatus: archive.deviceStatus,
    longitude: archive.longitude,
    latitude: archive.latitude,
    posture: may(principal, 'posture:view', camera.unitId) ? camera.posture : null,
  }
}

export function presentDetail(principal: Principal, camera: Camera, tree: UnitTree): CameraDetail {
  return {
    ...presentSummary(principal, camera, tree),
    archive: camera.archive,
    archiveMissing: archiveGapsOf(camera),
    device: {
      address: camera.address,
      onvifPort: camera.onvifPort ?? 0,
      manufacturer: camera.manufacturer,
      model: camera.model,
      firmware: camera.firmware,
      serial: camera.serial,
      mac: camera.mac,
      clockOffsetMs: camera.clockOffsetMs,
      hasPassword: camera.ownCredential !== null || camera.credentialSetId !== null,
      credentialSetId: camera.credentialSetId,
    },
    profiles: camera.profiles,
    version: camera.version,
  }
}

/** Units of a scope, and those of single granted cameras, with counts summed up the tree: the same rows that the list shows. */
export function presentUnits(tree: UnitTree, scope: ReadonlySet<UnitId>, own: ReadonlyMap<UnitId, CameraCounts>): UnitView[] {
  return tree
    .all()
    .filter((unit) => scope.has(unit.id) || own.has(unit.id))
    .map((unit) => ({
      id: unit.id,
      parentId: unit.parentId !== null && scope.has(unit.parentId) ? unit.parentId : null,
      tier: unit.tier,
      code: unit.code,
      name: unit.name,
      cameras: sumCounts(tree.subtree(unit.id).map((id) => own.get(id) ?? noCameras())),
    }))
}

export function sumCounts(all: readonly CameraCounts[]): CameraCounts {
  const sum = noCameras()
  for (const counts of all) {
    sum.total += counts.total
    sum.online += counts.online
    sum.offline += counts.offline
    sum.abnormal += counts.abnormal
    sum.unauthorized += counts.unauthorized
    sum.suspended += counts.suspended
    sum.unknown += counts.unknown
  }
  return sum
}
