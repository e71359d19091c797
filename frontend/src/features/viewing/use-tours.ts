// Owns the saved tours that the user sees: loading, saving, deleting one's own, and turning one into what the wall can run.
// They are kept as layouts. Refuses: running them.
import { computed } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId, LayoutId, UnitId } from '#contract/ids.ts'
import type { Layout, LayoutBody } from '#contract/layouts.ts'
import { useConsole } from '../../api/console-context.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import type { TourPlan } from './use-tour.ts'

export type Tour = Layout & { tour: NonNullable<Layout['tour']> }
const isTour = (layout: Layout): layout is Tour => layout.tour !== null

/** @param camerasUnder the cameras of a unit and below it, in the tree's order */
export function useTours(camerasUnder: (unitId: UnitId) => readonly CameraId[]) {
  const { client } = useConsole()
  const found = useLoaded((signal) => client.call(api.listLayouts, {}, { signal }))
  const tours = computed(() => (found.data.value?.items ?? []).filter(isTour))
  /** Still arrangements, whose cameras a tour can be filled with. */
  const layouts = computed(() => (found.data.value?.items ?? []).filter((one) => !isTour(one)))

  async function save(id: LayoutId | undefined, body: LayoutBody): Promise<void> {
    if (id === undefined) await client.call(api.createLayout, { body })
    else await client.call(api.updateLayout, { params: { layoutId: id }, body })
    await found.load()
  }
  async function remove(id: LayoutId): Promise<void> {
    await client.call(api.deleteLayout, { params: { layoutId: id } })
    await found.load()
  }
  const camerasOf = ({ tour, cameraIds }: Tour): readonly CameraId[] => (tour.unitId === null ? cameraIds.filter((id) => id !== null) : camerasUnder(tour.unitId))
  const planOf = (tour: Tour): TourPlan => ({ name: tour.name, cameraIds: camerasOf(tour), dwellSeconds: tour.tour.dwellSeconds, tiles: tour.tiles })
  return { found, tours, layouts, save, remove, camerasOf, planOf }
}
