// Owns what a save leaves alone: cameras that were kept where the caller cannot see them now, because a grant lapsed or they
// moved to another unit. The caller is shown an empty place and sends an empty place back; that is no wish to lose them.
// Pure, and blind to whether a camera exists: an id that is out of scope and one that never was are the same to it.
import type { CameraId } from '#contract/ids.ts'

type Places = readonly (CameraId | null)[]

/**
 * Places of a wall, one by one: a place that was filled is the caller's; an empty one keeps the camera that is hidden in it.
 * A wall of which the caller saw something and that comes back with nothing on it was cleared: then all of it is.
 * @param kept as stored @param wanted as sent @param seen of the kept cameras those that the caller may see
 */
export function withHiddenPlaces(kept: Places, wanted: Places, seen: ReadonlySet<CameraId>): (CameraId | null)[] {
  const cleared = wanted.every((id) => id === null) && kept.some((id) => id !== null && seen.has(id))
  const hidden = kept.map((id) => (id === null || cleared || seen.has(id) || wanted.includes(id) ? null : id))
  const length = Math.max(wanted.length, 1 + hidden.findLastIndex((id) => id !== null))
  return Array.from({ length }, (_, at) => wanted[at] ?? hidden[at] ?? null)
}

/**
 * Cameras of a tour, an order without gaps: hidden ones stay behind the camera that they stood behind, or behind the nearest
 * one before it that is still there. @param most that a tour may have; hidden ones beyond it are given up
 */
export function withHiddenInOrder(kept: Places, wanted: Places, seen: ReadonlySet<CameraId>, most: number): CameraId[] {
  const next = wanted.filter((id) => id !== null)
  let before = -1
  for (const id of kept) {
    if (id === null) continue
    if (!next.includes(id) && !seen.has(id) && next.length < most) next.splice(before + 1, 0, id)
    before = next.includes(id) ? next.indexOf(id) : before
  }
  return next
}
