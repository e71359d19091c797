// Owns running a tour on the wall: pages of cameras that can be seen, the next one ready before it shows.
// Refuses: remembering; a tour ends with the page, with its stop button, or when somebody rearranges the wall.
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { TourClock, tourPage } from './tour.ts'
import { useWallStore } from './wall-store.ts'

const TICK_MS = 500
const WARM_MS = 4_000
const GRACE_MS = 6_000

/** @param nextReady whether every tile of the next page has its picture. */
export function useTour(nextReady: () => boolean) {
  const wall = useWallStore()
  const cameras = useCameraStore()
  const tourIds = shallowRef<readonly CameraId[]>([])
  const nextIds = shallowRef<readonly CameraId[]>([])
  const paused = ref(false)
  const running = computed(() => wall.touring !== undefined)
  let clock: TourClock | undefined
  let cursor = 0

  /** A camera that is known to give no picture is passed over; one that is not known yet gets its chance. */
  const canShow = (id: CameraId): boolean => ['online', 'abnormal', 'unknown'].includes(cameras.byId.get(id)?.status ?? '')
  const page = () => tourPage(tourIds.value, cursor, wall.grid, canShow)

  function show(): void {
    const { cameraIds, next } = page()
    cursor = next
    nextIds.value = []
    // The same key at the same position: a tile changes its camera, it is not made anew.
    wall.touring = wall.slots.map((slot, at) => ({ key: slot.key, cameraId: cameraIds[at] ?? null }))
  }
  function start(ids: readonly CameraId[]): void {
    if (ids.length === 0) return
    tourIds.value = ids
    cursor = 0
    clock = new TourClock({ dwellMs: wall.preferences.dwellSeconds * 1000, warmMs: WARM_MS, graceMs: GRACE_MS }, performance.now())
    show()
  }
  function stop(): void {
    wall.touring = undefined
  }
  function tick(): void {
    if (clock === undefined || document.hidden) return
    // Everything fits on one page: there is nothing to change to.
    const single = tourIds.value.length <= wall.grid
    const step = clock.next(performance.now(), { paused: paused.value || wall.maximisedKey !== undefined || single, nextReady: nextReady() })
    if (step === 'change') show()
    else if (step === 'warm' && nextIds.value.length === 0 && !single) nextIds.value = page().cameraIds
  }

  watch(running, (runs) => {
    if (runs) return
    clock = undefined
    nextIds.value = []
  })
  watch(() => wall.grid, () => {
    if (!running.value) return
    cursor = 0
    show()
  })
  watch(() => wall.preferences.dwellSeconds, () => running.value && start(tourIds.value))
  const ticking = setInterval(tick, TICK_MS)
  onScopeDispose(() => {
    clearInterval(ticking)
    stop()
  })
  return { running, paused, nextIds, start, stop }
}
