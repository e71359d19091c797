// Owns running a tour on the wall: pages of cameras that can be seen, the next one ready before it shows.
// Refuses: remembering, and what a hand does to a page (tour-page.ts); a tour ends with the page that runs it, with its stop
// button, when all of its cameras were closed, or when a layout becomes the wall.
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { CameraStatus } from '#contract/cameras.ts'
import type { CameraId } from '#contract/ids.ts'
import type { GridSize } from '#contract/layouts.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { usePtzStore } from './ptz/ptz-store.ts'
import { mendedPage, pageBefore, TourClock, tourPage, type ComingPage } from './tour.ts'
import { useWallStore } from './wall-store.ts'

const TICK_MS = 500
const WARM_MS = 4_000
const GRACE_MS = 6_000
const REST_MS = 10_000

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
  /** It stands by itself: somebody looks closely, everything is on one page, or none of it has a picture. */
  waiting: 'no' | 'looked-at' | 'single' | 'nothing'
}

/** Whether a camera has a picture to show, for all that is known: one that is not known yet gets its chance. */
export const mayShow = (status: CameraStatus | undefined): boolean => status === 'online' || status === 'abnormal' || status === 'unknown'

/** @param nextReady whether every tile that is to change has its next picture. */
export function useTour(nextReady: () => boolean) {
  const wall = useWallStore()
  const cameras = useCameraStore()
  const ptz = usePtzStore()
  const plan = shallowRef<TourPlan>()
  /** It gets ready unseen. */
  const coming = shallowRef<ComingPage>()
  const nextIds = computed(() => coming.value?.cameraIds ?? [])
  const progress = shallowRef<TourProgress>()
  /** The pointer is over the pictures. */
  const paused = ref(false)
  const held = computed({ get: () => wall.touring?.held ?? false, set: wall.holdTour })
  const running = computed(() => wall.touring !== undefined)
  let clock: TourClock | undefined
  let shownFrom = 0
  let cursor = 0

  /** A camera that is known to give no picture is passed over. */
  const canShow = (id: CameraId): boolean => mayShow(cameras.byId.get(id)?.status)
  const isOpen = (id: CameraId): boolean => wall.touring?.closed.has(id) !== true
  const idsOf = (): readonly CameraId[] => plan.value?.cameraIds ?? []
  const takesPart = (id: CameraId): boolean => isOpen(id) && canShow(id)
  /** Everything is on this page: there is nothing to change to. */
  const single = (): boolean => idsOf().filter(takesPart).every((id) => wall.shownIds.has(id))

  const waiting = (): TourProgress['waiting'] => {
    if (!idsOf().some(takesPart)) return 'nothing'
    if (single()) return 'single'
    return paused.value || wall.maximisedKey !== undefined || wall.replaying.size > 0 || ptz.turningId !== undefined ? 'looked-at' : 'no'
  }

  const page = (): ComingPage => tourPage(idsOf(), cursor, wall.grid, takesPart)
  /** What got ready, if something did: chosen anew it would be shifted by each status that changed since. */
  function show(): void {
    const { cameraIds, next } = coming.value ?? page()
    shownFrom = cursor
    cursor = next
    coming.value = undefined
    wall.turnTour(cameraIds)
    look()
  }
  function regroup(): void {
    coming.value = undefined
    wall.regroupTour((put) => {
      const { cameraIds, next } = tourPage(idsOf(), shownFrom, Math.max(0, wall.grid - put.size), (id) => takesPart(id) && !put.has(id))
      cursor = next
      return cameraIds
    })
    look()
  }
  function start(wanted: TourPlan): void {
    if (wanted.cameraIds.length === 0) return
    stop()
    plan.value = wanted
    cursor = 0
    clock = new TourClock({ dwellMs: wanted.dwellSeconds * 1000, warmMs: WARM_MS, graceMs: GRACE_MS, restMs: REST_MS }, performance.now())
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
    coming.value = undefined
    next()
  }
  function tick(): void {
    if (clock === undefined || document.hidden) return
    if (coming.value !== undefined) coming.value = mendedPage(coming.value, idsOf(), takesPart)
    if (!idsOf().some(isOpen)) return stop()
    // All of this page were closed.
    if (wall.shownIds.size === 0 && !held.value && !single()) clock.hurry()
    const step = clock.next(performance.now(), { paused: held.value || waiting() !== 'no', nextReady: coming.value !== undefined && nextReady() })
    if (step === 'change') show()
    else if (step === 'stay') coming.value = undefined
    else if (coming.value === undefined && !single()) coming.value = page()
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
    coming.value = undefined
  }, { flush: 'sync' })
  watch(() => wall.grid, () => {
    if (running.value) regroup()
  })
  // A hidden page is told the time seldom or not at all; what passed there was no dwell of anything that was seen.
  const shownAgain = (): void => clock?.unseen(performance.now())
  document.addEventListener('visibilitychange', shownAgain)
  const ticking = setInterval(tick, TICK_MS)
  onScopeDispose(() => {
    clearInterval(ticking)
    document.removeEventListener('visibilitychange', shownAgain)
    stop()
  })
  return { running, paused, held, progress, nextIds, start, stop, next, previous }
}
