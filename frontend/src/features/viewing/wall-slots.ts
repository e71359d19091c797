// Owns the arrangement of a wall: 36 slots in order of position, each with a key that moves with its picture. Pure.
import type { CameraId } from '#contract/ids.ts'
import { gridSizes, type GridSize, type Wall } from '#contract/layouts.ts'

export interface Slot {
  /** Stays with the tile's element when positions change, so that a swap moves the picture and does not open it anew. */
  key: number
  cameraId: CameraId | null
}
export interface Arrangement {
  grid: GridSize
  slots: readonly Slot[]
}

export const SLOT_COUNT = 36

/** A wall as remembered, with every place up to the 36th. */
export function slotsOf(wall: Pick<Wall, 'cameraIds'>): Slot[] {
  return Array.from({ length: SLOT_COUNT }, (_, i) => ({ key: i, cameraId: wall.cameraIds[i] ?? null }))
}

export const wallOf = ({ grid, slots }: Arrangement): Wall => ({ tiles: grid, cameraIds: slots.map((slot) => slot.cameraId) })

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

/**
 * The kept wall with what was put up while it could not be read: that goes to free places, its own if it can, and the grid
 * grows until there is one for each. No camera of the kept wall gives way: whoever put the others up did not see it.
 * @param least the grid has at least so many tiles
 * @returns without those that do not fit on the largest grid
 */
export function joined(kept: Arrangement, meanwhile: readonly Slot[], least: GridSize = kept.grid): Arrangement {
  const put = meanwhile.map((slot, home) => ({ slot, home })).filter(({ slot, home }) => slot.cameraId !== null && meanwhile.findIndex((one) => one.cameraId === slot.cameraId) === home)
  const missingOn = (size: GridSize) => put.filter(({ slot }) => !kept.slots.slice(0, size).some((one) => one.cameraId === slot.cameraId))
  const freeOn = (size: GridSize) => kept.slots.slice(0, size).filter((slot) => slot.cameraId === null).length
  const grid = gridSizes.find((size) => size >= least && missingOn(size).length <= freeOn(size)) ?? SLOT_COUNT
  let slots = kept.slots
  for (const { slot, home } of missingOn(grid)) {
    const isFree = (at: number) => at < grid && slots[at]?.cameraId === null
    const at = isFree(home) ? home : slots.findIndex((_, one) => isFree(one))
    const taken = slots[at]
    if (taken === undefined) break
    // With its key it brings its tile along, which goes on playing.
    slots = slots.map((one, i) => (i === at ? slot : one.key === slot.key ? { ...one, key: taken.key } : one))
  }
  return { grid, slots }
}

/** Empty places that have their cameras again: what the kept wall shows there and the present one has nowhere. */
export function refilled(slots: readonly Slot[], { cameraIds }: Pick<Wall, 'cameraIds'>): Slot[] {
  const there = new Set(slots.map((slot) => slot.cameraId))
  return slots.map((slot, i) => (slot.cameraId === null && !there.has(cameraIds[i] ?? null) ? { ...slot, cameraId: cameraIds[i] ?? null } : slot))
}
