// Owns the page of a running tour: it lies over the wall, with a grid of its own, and is arranged by hand like a wall. Pure.
// It never becomes the wall. What is put on it, moved or closed changes this page alone, and the wall comes back untouched
// when the tour ends: what a hand cannot see it cannot mean. A camera that is put on a page holds it, so that it is not
// turned away under the operator's eyes; one of the tour's own that is closed is out of this round.
import type { CameraId } from '#contract/ids.ts'
import type { GridSize } from '#contract/layouts.ts'
import { emptied, type Arrangement, type Slot } from './wall-slots.ts'

export interface TourPage extends Arrangement {
  /** It does not turn by itself. */
  held: boolean
  /** What the tour put here, as far as it was not closed. */
  ofTour: readonly CameraId[]
  /** Out of this round. */
  closed: ReadonlySet<CameraId>
}

/** The wall's own tiles, still with their pictures until the first page comes. */
export const firstPage = (slots: readonly Slot[], grid: GridSize): TourPage => ({ grid, slots, held: false, ofTour: [], closed: new Set() })

/** The same key at the same position: a tile changes its camera, it is not made anew. */
export const turned = (page: TourPage, cameraIds: readonly (CameraId | null)[]): TourPage => ({ ...page, ofTour: cameraIds.filter((id) => id !== null), slots: page.slots.map((slot, at) => ({ ...slot, cameraId: cameraIds[at] ?? null })) })

/** What a hand put on it, by position. */
export const putByHand = ({ slots, ofTour }: TourPage): ReadonlyMap<number, CameraId> => new Map(slots.flatMap(({ cameraId }, at) => (cameraId === null || ofTour.includes(cameraId) ? [] : [[at, cameraId] as const])))

/** In another grid: what a hand put there stays, at its place while the grid has that, and the tour's own go round it. */
export function regrouped(page: TourPage, cameraIds: readonly CameraId[]): TourPage {
  const put = putByHand(page)
  const places = Array.from({ length: page.grid }, (_, at) => put.get(at) ?? null)
  const homeless = [...put].filter(([at]) => at >= page.grid).map(([, id]) => id)
  for (let at = page.grid - 1; at >= 0 && homeless.length > 0; at--) places[at] ??= homeless.pop() ?? null
  const own = [...cameraIds]
  return { ...page, ofTour: cameraIds, slots: page.slots.map((slot, at) => ({ ...slot, cameraId: at < page.grid ? (places[at] ?? own.shift() ?? null) : null })) }
}

/** By hand: cameras were put on it, which hold it, or have only changed places. */
export const arranged = (page: TourPage, slots: readonly Slot[], how: 'put' | 'moved'): TourPage => ({ ...page, slots, held: page.held || how === 'put' })

export function closedAt(page: TourPage, position: number): TourPage {
  const id = page.slots[position]?.cameraId ?? null
  const slots = emptied(page.slots, position)
  if (id === null || !page.ofTour.includes(id)) return { ...page, slots }
  return { ...page, slots, ofTour: page.ofTour.filter((one) => one !== id), closed: new Set([...page.closed, id]) }
}
