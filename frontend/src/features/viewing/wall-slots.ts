// Owns the arrangement of a wall: 36 slots in order of position, each with a key that moves with its picture. Pure.
import type { CameraId } from '#contract/ids.ts'
import type { GridSize, Wall } from '#contract/layouts.ts'

export interface Slot {
  /** Stays with the tile's element when positions change, so that a swap moves the picture and does not open it anew. */
  key: number
  cameraId: CameraId | null
}

export const SLOT_COUNT = 36

/** A wall as remembered, with every place up to the 36th. */
export function slotsOf(wall: Pick<Wall, 'cameraIds'>): Slot[] {
  return Array.from({ length: SLOT_COUNT }, (_, i) => ({ key: i, cameraId: wall.cameraIds[i] ?? null }))
}

export function swapped(slots: readonly Slot[], a: number, b: number): Slot[] {
  const next = [...slots]
  const [one, other] = [slots[a], slots[b]]
  if (one === undefined || other === undefined) return next
  next[a] = other
  next[b] = one
  return next
}

/** Puts a camera at a position; one that is already on the visible wall moves there instead of being shown twice. */
export function placed(slots: readonly Slot[], grid: GridSize, position: number, cameraId: CameraId): Slot[] {
  const shownAt = slots.findIndex((slot, i) => i < grid && slot.cameraId === cameraId)
  if (shownAt >= 0) return swapped(slots, shownAt, position)
  return slots.map((slot, i) => (i === position ? { ...slot, cameraId } : slot))
}

/** Puts cameras one after another from a position on, over whatever is there, up to the end of the grid. */
export function filled(slots: readonly Slot[], grid: GridSize, from: number, cameraIds: readonly CameraId[]): Slot[] {
  const before = new Set(slots.slice(0, from).map((slot) => slot.cameraId))
  const wanted = cameraIds.filter((id) => !before.has(id))
  return slots.map((slot, i) => (i >= from && i < grid && wanted[i - from] !== undefined ? { ...slot, cameraId: wanted[i - from] ?? null } : slot))
}

export function emptied(slots: readonly Slot[], position: number): Slot[] {
  return slots.map((slot, i) => (i === position ? { ...slot, cameraId: null } : slot))
}

/** The next place for a picture: the first empty one after `position`, going round; else the next one. */
export function nextPlace(slots: readonly Slot[], grid: GridSize, position: number): number {
  for (let step = 1; step <= grid; step++) {
    const at = (position + step) % grid
    if (slots[at]?.cameraId === null) return at
  }
  return (position + 1) % grid
}
