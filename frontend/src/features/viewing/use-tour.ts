// Owns running a tour on the wall: pages of cameras that can be seen, the next one ready before it shows.
// Refuses: remembering, and what a hand does to a page (tour-page.ts); a tour ends with the page that runs it, with its stop
// button, when all of its cameras were closed, or when a layout becomes the wall.
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { GridSize } from '#contract/layouts.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { usePtzStore } from './ptz/ptz-store.ts'
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
  const ptz = usePtzStore()
  const plan = shallowRef<TourPlan>()
  const nextIds = shallowRef<readonly CameraId[]>([])
  const progress = shallowRef<TourProgress>()
  /** The pointer is over the pictures. */
  const paused = ref(false)
  const held = computed({ get: () => wall.touring?.held ?? false, set: wall.holdTour })
  const running = computed(() => wall.touring !== undefined)
  let clock: TourClock | undefined
  let shownFrom = 0
  let cursor = 0

  /** A camera that is known to give no picture is passed over; one that is not known yet gets its chance. */
  const canShow = (id: CameraId): boolean => ['online', 'abnormal', 'unknown'].includes(cameras.byId.get(id)?.status ?? '')
  const isOpen = (id: CameraId): boolean => wall.touring?.closed.has(id) !== true
  const idsOf = (): readonly CameraId[] => plan.value?.cameraIds ?? []
  const takesPart = (id: CameraId): boolean => isOpen(id) && canShow(id)
  const page = () => tourPage(idsOf(), cursor, wall.grid, takesPart)
  /** Everything is on this page: there is nothing to change to. */
  const single = (): boolean => idsOf().filter(takesPart).every((id) => wall.shownIds.has(id))

  const waiting = (): TourProgress['waiting'] => (single() ? 'single' : paused.value || wall.maximisedKey !== undefined || wall.replaying.size > 0 || ptz.turningId !== undefined ? 'looked-at' : 'no')

  function show(): void {
    const { cameraIds, next } = page()
    shownFrom = cursor
    cursor = next
    nextIds.value = []
    wall.turnTour(cameraIds)
    look()
  }
  function start(wanted: TourPlan): void {
    if (wanted.cameraIds.length === 0) return
    stop()
    plan.value = wanted
    cursor = 0
    clock = new TourClock({ dwellMs: wanted.dwellSeconds * 1000, warmMs: WARM_MS, graceMs: GRACE_MS }, performance.now())
    wall.beginTour(wanted.tiles ?? wall.grid)
    show()
  }
  const stop = (): void => wall.endTour()
  function next(): void {
    clock?.hurry()
    tick()
  }
  function previous(): void {
    cursor = pageBefore(idsOf(), shownFrom, wall.grid, takesPart)
    nextIds.value = []
    next()
  }
  function tick(): void {
    if (clock === undefined || document.hidden) return
    if (!idsOf().some(isOpen)) return stop()
    // All of this page were closed.
    if (wall.shownIds.size === 0 && !held.value && !single()) clock.hurry()
    const step = clock.next(performance.now(), { paused: held.value || waiting() !== 'no', nextReady: nextIds.value.length > 0 && nextReady() })
    if (step === 'change') show()
    else if (step === 'warm' && nextIds.value.length === 0 && !single()) nextIds.value = page().cameraIds
    look()
  }
  function look(): void {
    if (clock === undefined || plan.value === undefined) return
    const seen = idsOf().filter(takesPart)
    const shown = (wall.touring?.ofTour ?? []).map((id) => seen.indexOf(id) + 1).filter((position) => position > 0)
    progress.value = { name: plan.value.name, first: shown[0] ?? 0, last: shown.at(-1) ?? 0, count: seen.length, leftSeconds: Math.ceil(clock.leftMs / 1000), held: held.value, waiting: waiting() }
  }

  watch(running, (runs) => {
    if (runs) return
    clock = undefined
    plan.value = undefined
    progress.value = undefined
    nextIds.value = []
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
