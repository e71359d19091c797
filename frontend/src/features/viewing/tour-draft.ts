// Owns the list of cameras of a tour while it is edited: adding without doubles, moving, taking out. Pure.
import type { CameraId } from '#contract/ids.ts'
import { tourCamerasMax } from '#contract/layouts.ts'

/** With `more` put in before position `at` (the end, when left out); a camera that is in already moves there. No more than a tour may have. */
export function withCameras(ids: readonly CameraId[], more: readonly CameraId[], at = ids.length): CameraId[] {
  const added = [...new Set(more)]
  const before = ids.slice(0, at).filter((id) => !added.includes(id))
  const after = ids.slice(at).filter((id) => !added.includes(id))
  return [...before, ...added, ...after].slice(0, tourCamerasMax)
}

/** Appended, without moving those that are in already. */
export function withNew(ids: readonly CameraId[], more: readonly CameraId[]): CameraId[] {
  return withCameras(ids, more.filter((id) => !ids.includes(id)))
}

export const without = (ids: readonly CameraId[], id: CameraId): CameraId[] => ids.filter((one) => one !== id)
