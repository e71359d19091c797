// Owns running a tour on the wall: pages of cameras that can be seen, the next one ready before it shows.
// Refuses: remembering; a tour ends with the page, with its stop button, or when somebody rearranges the wall.
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { GridSize } from '#contract/layouts.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { pageBefore, TourClock, tourPage } from './tour.ts'
import { useWallStore } from './wall-store.ts'

const TICK_MS = 500
const WARM_MS = 4_000
const GRACE_MS = 6_000

export interface TourPlan {
  name: string
  cameraIds: readonly CameraId[]
  dwellSeconds: number
  /** Undefined: as many as the wall has. */
  tiles?: GridSize
}
/** For the line below the wall. */
export interface TourProgress {
  name: string
  /** Positions of the shown cameras among those that can be seen, from 1. */
  first: number
  last: number
  count: number
  leftSeconds: number
  held: boolean
  /** It stands by itself: somebody looks closely, or everything is on one page. */
  waiting: 'no' | 'looked-at' | 'single'
}

/** @param nextReady whether every tile of the next page has its picture. */
export function useTour(nextReady: () => boolean) {
  const wall = useWallStore()
  const cameras = useCameraStore()
  const plan = shallowRef<TourPlan>()
  const nextIds = shallowRef<readonly CameraId[]>([])
  const progress = shallowRef<TourProgress>()
  /** The pointer is over the pictures. */
  const paused = ref(false)
  const held = ref(false)
  const running = computed(() => wall.touring !== undefined)
  let clock: TourClock | undefined
  let shownFrom = 0
  let cursor = 0
  let usualGrid: GridSize | undefined

  /** A camera that is known to give no picture is passed over; one that is not known yet gets its chance. */
  const canShow = (id: CameraId): boolean => ['online', 'abnormal', 'unknown'].includes(cameras.byId.get(id)?.status ?? '')
  const idsOf = (): readonly CameraId[] => plan.value?.cameraIds ?? []
  const page = () => tourPage(idsOf(), cursor, wall.grid, canShow)
  /** Everything fits on one page: there is nothing to change to. */
  const single = (): boolean => idsOf().filter(canShow).length <= wall.grid

  const waiting = (): TourProgress['waiting'] => (single() ? 'single' : paused.value || wall.maximisedKey !== undefined || wall.replaying.size > 0 ? 'looked-at' : 'no')

  function show(): void {
    const { cameraIds, next } = page()
    shownFrom = cursor
    cursor = next
    nextIds.value = []
    // The same key at the same position: a tile changes its camera, it is not made anew.
    wall.touring = wall.slots.map((slot, at) => ({ key: slot.key, cameraId: cameraIds[at] ?? null }))
    look()
  }
  function start(wanted: TourPlan): void {
    if (wanted.cameraIds.length === 0) return
    stop()
    plan.value = wanted
    held.value = false
    cursor = 0
    usualGrid = wall.grid
    clock = new TourClock({ dwellMs: wanted.dwellSeconds * 1000, warmMs: WARM_MS, graceMs: GRACE_MS }, performance.now())
    // First the pages, then their size: a grid that changes while a tour runs is the tour's and is not saved.
    wall.touring = wall.slots
    if (wanted.tiles !== undefined) wall.setGrid(wanted.tiles)
    show()
  }
  function stop(): void {
    wall.touring = undefined
  }
  function next(): void {
    clock?.hurry()
    tick()
  }
  function previous(): void {
    cursor = pageBefore(idsOf(), shownFrom, wall.grid, canShow)
    nextIds.value = []
    next()
  }
  function tick(): void {
    if (clock === undefined || document.hidden) return
    const step = clock.next(performance.now(), { paused: held.value || waiting() !== 'no', nextReady: nextIds.value.length > 0 && nextReady() })
    if (step === 'change') show()
    else if (step === 'warm' && nextIds.value.length === 0 && !single()) nextIds.value = page().cameraIds
    look()
  }
  function look(): void {
    if (clock === undefined || plan.value === undefined) return
    const seen = idsOf().filter(canShow)
    const shown = (wall.touring ?? []).slice(0, wall.grid).flatMap(({ cameraId }) => (cameraId === null ? [] : [seen.indexOf(cameraId) + 1]))
    progress.value = { name: plan.value.name, first: shown[0] ?? 0, last: shown.at(-1) ?? 0, count: seen.length, leftSeconds: Math.ceil(clock.leftMs / 1000), held: held.value, waiting: waiting() }
  }

  watch(running, (runs) => {
    if (runs) return
    clock = undefined
    plan.value = undefined
    progress.value = undefined
    nextIds.value = []
    if (usualGrid !== undefined && wall.grid !== usualGrid) wall.restoreGrid(usualGrid)
    usualGrid = undefined
  }, { flush: 'sync' })
  watch(() => wall.grid, () => {
    if (!running.value) return
    cursor = 0
    show()
  })
  const ticking = setInterval(tick, TICK_MS)
  onScopeDispose(() => {
    clearInterval(ticking)
    stop()
  })
  return { running, paused, held, progress, nextIds, start, stop, next, previous }
}
