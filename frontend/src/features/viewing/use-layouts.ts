// Owns the named layouts that the user sees: loading, saving the wall as one, showing one, deleting one's own.
import { computed, shallowRef } from 'vue'
import { api } from '#contract/api.ts'
import type { Layout } from '#contract/layouts.ts'
import { useConsole } from '../../api/console-context.ts'
import { useAction } from '../../api/use-action.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { useWallStore } from './wall-store.ts'

export function useLayouts() {
  const { client } = useConsole()
  const wall = useWallStore()
  const found = useLoaded((signal) => client.call(api.listLayouts, {}, { signal }))
  const layouts = computed(() => (found.data.value?.items ?? []).filter(({ tour }) => tour === null))
  const wanted = shallowRef<{ name: string; shared: boolean }>({ name: '', shared: false })

  /** Under a name of one's own that is there already, that one is replaced. */
  const save = useAction(async () => {
    const { name, shared } = wanted.value
    const body = { name: name.trim(), shared, tiles: wall.grid, cameraIds: wall.visible.map((slot) => slot.cameraId), tour: null }
    const known = layouts.value.find((one) => one.mine && one.name === body.name)
    if (known === undefined) await client.call(api.createLayout, { body })
    else await client.call(api.updateLayout, { params: { layoutId: known.id }, body })
    wanted.value = { name: '', shared: false }
    await found.load()
  })
  async function remove(layout: Layout): Promise<void> {
    await client.call(api.deleteLayout, { params: { layoutId: layout.id } })
    await found.load()
  }
  return { found, layouts, wanted, save, remove, show: (layout: Layout) => wall.apply(layout) }
}
