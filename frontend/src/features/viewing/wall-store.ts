// Owns the wall while the console is open: grid, who is in which tile, which is selected or maximised; remembered per user.
// Refuses: playing; tiles own their players. The pool and the gates live here because they outlast a page.
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowReactive, shallowRef, watch } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { GridSize, Wall } from '#contract/layouts.ts'
import type { Decodes } from '#contract/live.ts'
import { asProblem, type ApiProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { askDecodes, pageDecoders } from '../../player/decodes.ts'
import { HttpLine, isMultiplexed } from '../../player/http/http-line.ts'
import { PushSocket } from '../../player/push/push-socket.ts'
import { openPushWire } from '../../player/push/push-wire.ts'
import { StartGate } from '../../player/start-gate.ts'
import type { StreamLinkDeps } from '../../player/stream-link.ts'
import { VideoPool } from '../../player/video-pool.ts'
import { useSessionStore } from '../access/session-store.ts'
import { neighbourOf, type Direction } from './grid-layout.ts'
import type { Relief } from './relief.ts'
import { keepPreferences, preferencesOf, type WallPreferences } from './wall-preferences.ts'
import { emptied, filled, nextPlace, placed, slotsOf, swapped, type Slot } from './wall-slots.ts'

const SAVE_AFTER_MS = 800
// The gates keep a full wall from asking all at once; how media shares the connections is HttpLine's.
const OPENING_AT_ONCE = 8
const STARTING_AT_ONCE = 8
/** How long to wait for the news that a pull runs before asking for its playlist anyway. */
const WAIT_FOR_RUNNING_MS = 2_500

export const useWallStore = defineStore('wall', () => {
  const { client, clock } = useConsole()
  const session = useSessionStore()
  const grid = ref<GridSize>(9)
  const slots = shallowRef<Slot[]>(slotsOf({ cameraIds: [] }))
  const selected = ref(0)
  const maximisedKey = ref<number>()
  const problem = shallowRef<ApiProblem>()
  const ready = ref(false)
  /** Slots of a tour's page while one runs: shown instead of the wall, and never saved. */
  const touring = shallowRef<Slot[]>()
  const preferences = ref<WallPreferences>(preferencesOf(session.user?.id ?? ''))
  const infoShown = ref(false)
  /** Keys of the tiles that show the past. */
  const replaying = shallowReactive(new Set<number>())
  /** What was given up, by key of the tile, because this machine cannot decode it all; never kept longer than the arrangement. */
  const relief = shallowReactive(new Map<number, Relief>())
  let loading: Promise<void> | undefined
  let saving: ReturnType<typeof setTimeout> | undefined

  const visible = computed(() => (touring.value ?? slots.value).slice(0, grid.value))
  const selectedSlot = computed(() => visible.value[selected.value])
  const shownIds = computed(() => new Set(visible.value.flatMap((slot) => slot.cameraId ?? [])))

  let asked: Promise<Decodes> | undefined
  const decodes = (): Promise<Decodes> => (asked ??= askDecodes(pageDecoders()))
  const linkDeps = markRaw<StreamLinkDeps>({
    open: async (cameraId, stream, signal) => {
      const sentMs = Date.now()
      const opened = await client.call(api.openLive, { body: { cameraId, stream, decodes: await decodes() } }, { signal })
      clock.sample(sentMs, Date.now(), opened.serverAt)
      const { playlistUrl, segmentsUrl, form, state, queue } = opened
      return { playlistUrl, segmentsUrl, expiresAtServerMs: Date.parse(opened.expiresAt), form, state, queue }
    },
    pool: new VideoPool(),
    line: new HttpLine(isMultiplexed(performance.getEntriesByType('navigation').map((entry) => (entry instanceof PerformanceResourceTiming ? entry.nextHopProtocol : '')))),
    openGate: new StartGate(OPENING_AT_ONCE),
    playGate: new StartGate(STARTING_AT_ONCE),
    waitForRunningMs: WAIT_FOR_RUNNING_MS,
    push: new PushSocket({
      open: openPushWire,
      monotonicMs: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    }),
    monotonicMs: () => performance.now(),
    serverNowMs: () => clock.now(),
    decodes,
    random: () => Math.random(),
  })

  watch(grid, () => relief.clear())
  watch(preferences, (next) => keepPreferences(session.user?.id ?? '', next), { deep: true })

  async function load(): Promise<void> {
    preferences.value = preferencesOf(session.user?.id ?? '')
    try {
      const wall = await client.call(api.getWall, {})
      grid.value = wall.tiles
      slots.value = slotsOf(wall)
    } catch (thrown) {
      problem.value = asProblem(thrown)
    }
    ready.value = true
  }
  const loadOnce = (): Promise<void> => (loading ??= load())

  function change(next: Slot[]): void {
    // Whoever arranges by hand wants the wall, not the tour.
    touring.value = undefined
    slots.value = next
    clearTimeout(saving)
    saving = setTimeout(() => {
      const body = { tiles: grid.value, cameraIds: slots.value.map((slot) => slot.cameraId) }
      client.call(api.putWall, { body }).then(
        () => (problem.value = undefined),
        (thrown: unknown) => (problem.value = asProblem(thrown)),
      )
    }, SAVE_AFTER_MS)
  }
  /** Shows a named layout; it becomes the wall. */
  function apply(layout: Pick<Wall, 'tiles' | 'cameraIds'>): void {
    grid.value = layout.tiles
    selected.value = 0
    maximisedKey.value = undefined
    change(slotsOf(layout))
  }
  function setGrid(size: GridSize): void {
    grid.value = size
    selected.value = Math.min(selected.value, size - 1)
    maximisedKey.value = undefined
    // A tour goes on with pages of the new size.
    if (touring.value === undefined) change(slots.value)
  }
  /** The grid as it was before a tour had its own; nothing of the wall has changed, so nothing is saved. */
  function restoreGrid(size: GridSize): void {
    grid.value = size
    selected.value = Math.min(selected.value, size - 1)
    maximisedKey.value = undefined
  }
  /** Into the selected tile; the selection then goes on to the next free one. */
  function show(cameraId: CameraId): void {
    change(placed(slots.value, grid.value, selected.value, cameraId))
    if (maximisedKey.value === undefined) selected.value = nextPlace(slots.value, grid.value, selected.value)
  }
  const showAt = (position: number, cameraId: CameraId): void => {
    change(placed(slots.value, grid.value, position, cameraId))
    selected.value = position
  }
  const showMany = (from: number, ids: readonly CameraId[]): void => change(filled(slots.value, grid.value, from, ids))
  const swap = (a: number, b: number): void => {
    change(swapped(slots.value, a, b))
    selected.value = b
  }
  const empty = (position: number): void => {
    if (slots.value[position]?.key === maximisedKey.value) maximisedKey.value = undefined
    change(emptied(slots.value, position))
  }
  const emptyAll = (): void => {
    maximisedKey.value = undefined
    change(slots.value.map((slot) => ({ ...slot, cameraId: null })))
  }
  const step = (direction: Direction): void => void (selected.value = neighbourOf(grid.value, selected.value, direction))
  const toggleMaximised = (key: number): void => void (maximisedKey.value = maximisedKey.value === key ? undefined : key)

  session.onEnded(() => {
    clearTimeout(saving)
    loading = undefined
    ready.value = false
    maximisedKey.value = undefined
    touring.value = undefined
    slots.value = slotsOf({ cameraIds: [] })
    relief.clear()
  })
  return { grid, slots, touring, preferences, infoShown, replaying, relief, visible, selected, selectedSlot, shownIds, maximisedKey, problem, ready, linkDeps, loadOnce, apply, setGrid, restoreGrid, show, showAt, showMany, swap, empty, emptyAll, step, toggleMaximised }
})
