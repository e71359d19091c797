// Owns what the status page of a unit shows: figures over a window, and the unit's cameras that are not online; kept current.
import { computed, onMounted, onScopeDispose, ref, watch } from 'vue'
import { useRoute } from 'vue-router'
import { api } from '#contract/api.ts'
import { unitIdSchema } from '#contract/ids.ts'
import { ApiProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { useUnitStore } from '../registry/unit-store.ts'
import { lineageOf } from '../registry/unit-tree.ts'
import { windowEnds, type TimeWindow } from './time-window.ts'

const RELOAD_PAUSE_MS = 1500
const REFRESH_MS = 60_000

export function useUnitHealth() {
  const { client, clock, socket } = useConsole()
  const route = useRoute()
  const units = useUnitStore()
  const cameras = useCameraStore()
  const shown = ref<TimeWindow>('day')
  const unitId = computed(() => {
    const asked = route.params['unitId']
    return asked === undefined ? units.root?.id : unitIdSchema.safeParse(asked).data
  })
  const loaded = useLoaded(async (signal) => {
    await Promise.all([units.loadOnce(), cameras.loadOnce()])
    if (unitId.value === undefined) throw units.problem ?? new ApiProblem({ status: 404, code: 'not_found' })
    return client.call(api.unitHealth, { params: { unitId: unitId.value }, query: windowEnds(shown.value, clock.now()) }, { signal })
  })
  /** Longest without a picture first. */
  const notOnline = computed(() =>
    cameras.cameras
      .filter((camera) => camera.status !== 'online' && lineageOf(camera.unitId, units.byId).some((unit) => unit.id === unitId.value))
      .toSorted((a, b) => Date.parse(a.statusSince) - Date.parse(b.statusSince)),
  )

  let pause: ReturnType<typeof setTimeout> | undefined
  function reloadSoon(): void {
    clearTimeout(pause)
    pause = setTimeout(() => void loaded.load(), RELOAD_PAUSE_MS)
  }
  const off = [socket.on('camera:status', reloadSoon), socket.on('camera:changed', reloadSoon), socket.onReconnected(reloadSoon)]
  const refreshing = setInterval(() => void loaded.load(), REFRESH_MS)
  onScopeDispose(() => {
    clearTimeout(pause)
    clearInterval(refreshing)
    for (const stop of off) stop()
  })
  onMounted(loaded.load)
  watch([shown, () => route.params['unitId']], () => void loaded.load())
  return { ...loaded, shown, unitId, notOnline }
}
