// Owns the wall while the console is open: grid, who is in which tile, which is selected or maximised; remembered per user.
// While a tour runs its page lies over the wall: what is done by hand is done to that page (tour-page.ts says what it means).
// Refuses: playing; tiles own their players. The pool and the gates live here because they outlast a page.
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowReactive, shallowRef, watch } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { GridSize, Wall } from '#contract/layouts.ts'
import type { Decodes, StreamKind } from '#contract/live.ts'
import { useConsole } from '../../api/console-context.ts'
import { afterTimeout } from '../../api/try-again.ts'
import { askDecodes, decodesFor, pageDecoders } from '../../player/decodes.ts'
import { HttpLine, isMultiplexed } from '../../player/http/http-line.ts'
import { PushSocket } from '../../player/push/push-socket.ts'
import { openPushWire } from '../../player/push/push-wire.ts'
import { StartGate } from '../../player/start-gate.ts'
import type { StreamLinkDeps } from '../../player/stream-link.ts'
import { VideoPool } from '../../player/video-pool.ts'
import { useSessionStore } from '../access/session-store.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { neighbourOf, type Direction } from './grid-layout.ts'
import type { Relief } from './relief.ts'
import { arranged, closedAt, firstPage, putByHand, regrouped, turned, type TourPage } from './tour-page.ts'
import { troubleOf, WallMemory, type MemoryState } from './wall-memory.ts'
import { keepPreferences, preferencesOf, type WallPreferences } from './wall-preferences.ts'
import { emptied, filled, joined, nextPlace, placed, refilled, slotsOf, swapped, wallOf, type Arrangement, type Slot } from './wall-slots.ts'

// The gates keep a full wall from asking all at once; how media shares the connections is HttpLine's.
const OPENING_AT_ONCE = 8
const STARTING_AT_ONCE = 8
/** How long to wait for the news that a pull runs before asking for its playlist anyway. */
const WAIT_FOR_RUNNING_MS = 2_500

const bareWall = (): Arrangement => ({ grid: 9, slots: slotsOf({ cameraIds: [] }) })

export const useWallStore = defineStore('wall', () => {
  const { client, clock, socket } = useConsole()
  const session = useSessionStore()
  const cameras = useCameraStore()
  /** The user's own, as it is remembered. */
  const own = shallowRef<Arrangement>(bareWall())
  /** Shown instead of the own wall while a tour runs, and never saved. */
  const touring = shallowRef<TourPage>()
  const shown = computed<Arrangement>(() => touring.value ?? own.value)
  const grid = computed(() => shown.value.grid)
  const visible = computed(() => shown.value.slots.slice(0, grid.value))
  const chosen = ref(0)
  /** Always one of the tiles, whatever the grid has become since it was chosen. */
  const selected = computed({ get: () => Math.min(chosen.value, grid.value - 1), set: (position: number) => void (chosen.value = position) })
  const maximisedKey = ref<number>()
  const memoryState = shallowRef<MemoryState>({ kind: 'unread' })
  const trouble = computed(() => troubleOf(memoryState.value))
  /** The kept wall is not there yet; what is arranged is joined with it when it comes. */
  const unread = computed(() => ['unread', 'reading', 'unreadable'].includes(memoryState.value.kind))
  const busy = computed(() => ['reading', 'saving'].includes(memoryState.value.kind))
  const preferences = ref<WallPreferences>(preferencesOf(session.user?.id ?? ''))
  const infoShown = ref(false)
  /** Keys of the tiles that show the past. */
  const replaying = shallowReactive(new Set<number>())
  /** What was given up, by key of the tile, because this machine cannot decode it all; never kept longer than the arrangement. */
  const relief = shallowReactive(new Map<number, Relief>())
  const selectedSlot = computed(() => visible.value[selected.value])
  const shownIds = computed(() => new Set(visible.value.flatMap((slot) => slot.cameraId ?? [])))

  let asked: Promise<Decodes> | undefined
  const decodes = async (stream: StreamKind): Promise<Decodes> => decodesFor(stream, await (asked ??= askDecodes(pageDecoders())))
  const linkDeps = markRaw<StreamLinkDeps>({
    open: async (cameraId, stream, signal) => {
      const sentMs = Date.now()
      const opened = await client.call(api.openLive, { body: { cameraId, stream, decodes: await decodes(stream) } }, { signal })
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
      after: afterTimeout,
    }),
    monotonicMs: () => performance.now(),
    serverNowMs: () => clock.now(),
    decodes,
    random: () => Math.random(),
  })

  watch(grid, () => relief.clear())
  watch(preferences, (next) => keepPreferences(session.user?.id ?? '', next), { deep: true })

  /** What was decided by hand before the wall was read, and stands when it is. */
  let decided: 'nothing' | 'grid' | 'whole' = 'nothing'
  const memory = new WallMemory({
    read: (signal) => client.call(api.getWall, {}, { signal }),
    save: (wall, signal) => client.call(api.putWall, { body: wall }, { signal, keepalive: true }),
    present: () => wallOf(own.value),
    onRead(kept) {
      const read: Arrangement = { grid: kept.tiles, slots: slotsOf(kept) }
      if (decided !== 'whole') own.value = joined(read, own.value.slots, decided === 'grid' ? own.value.grid : read.grid)
      decided = 'nothing'
      return own.value.grid !== read.grid || own.value.slots.some(({ cameraId }, at) => cameraId !== read.slots[at]?.cameraId)
    },
    onReadAgain: (kept) => void (own.value = { ...own.value, slots: refilled(own.value.slots, kept) }),
    onState: (state) => void (memoryState.value = state),
    after: afterTimeout,
  })
  function loadOnce(): void {
    if (memoryState.value.kind === 'unread') preferences.value = preferencesOf(session.user?.id ?? '')
    memory.start()
  }
  const tryAgain = (): void => memory.tryNow()
  socket.onReconnected(() => {
    tryAgain()
    linkDeps.push?.serverIsBack()
  })
  // Empty places whose cameras are back in scope have them again before somebody saves them as empty.
  watch(() => cameras.structure, (_, before) => before > 0 && void memory.readAgain())

  function change(next: Arrangement): void {
    own.value = next
    memory.changed()
  }
  function arrange(slots: readonly Slot[], how: 'put' | 'moved' = 'put'): void {
    if (touring.value === undefined) change({ ...own.value, slots })
    else touring.value = arranged(touring.value, slots, how)
  }
  /** Shows a named layout; it becomes the wall. */
  function apply(layout: Pick<Wall, 'tiles' | 'cameraIds'>): void {
    endTour()
    selected.value = 0
    maximisedKey.value = undefined
    decided = 'whole'
    change({ grid: layout.tiles, slots: slotsOf(layout) })
  }
  function setGrid(size: GridSize): void {
    maximisedKey.value = undefined
    // A tour goes on with pages of the new size.
    if (touring.value !== undefined) return void (touring.value = { ...touring.value, grid: size })
    if (decided === 'nothing') decided = 'grid'
    change({ ...own.value, grid: size })
  }
  function beginTour(size: GridSize): void {
    maximisedKey.value = undefined
    touring.value = firstPage(own.value.slots, size)
  }
  const turnTour = (cameraIds: readonly (CameraId | null)[]): void => void (touring.value = touring.value && turned(touring.value, cameraIds))
  /** The page has another grid. @param choose its cameras of the tour, round those that a hand put there */
  function regroupTour(choose: (put: ReadonlySet<CameraId>) => readonly CameraId[]): void {
    if (touring.value !== undefined) touring.value = regrouped(touring.value, choose(new Set(putByHand(touring.value).values())))
  }
  const holdTour = (held: boolean): void => void (touring.value = touring.value && { ...touring.value, held })
  /** The own wall is there again as it was. */
  function endTour(): void {
    if (touring.value === undefined) return
    maximisedKey.value = undefined
    touring.value = undefined
  }
  /** Into the selected tile; the selection then goes on to the next free one. */
  function show(cameraId: CameraId): void {
    arrange(placed(shown.value.slots, grid.value, selected.value, cameraId))
    if (maximisedKey.value === undefined) selected.value = nextPlace(shown.value.slots, grid.value, selected.value)
  }
  const showAt = (position: number, cameraId: CameraId): void => {
    arrange(placed(shown.value.slots, grid.value, position, cameraId))
    selected.value = position
  }
  const showMany = (from: number, ids: readonly CameraId[]): void => arrange(filled(shown.value.slots, grid.value, from, ids))
  const swap = (a: number, b: number): void => {
    arrange(swapped(shown.value.slots, a, b), 'moved')
    selected.value = b
  }
  const empty = (position: number): void => {
    if (shown.value.slots[position]?.key === maximisedKey.value) maximisedKey.value = undefined
    if (touring.value !== undefined) touring.value = closedAt(touring.value, position)
    else change({ ...own.value, slots: emptied(own.value.slots, position) })
  }
  /** Closes all that is shown: of a tour, that is the tour. */
  const emptyAll = (): void => {
    maximisedKey.value = undefined
    if (touring.value !== undefined) endTour()
    else change({ ...own.value, slots: own.value.slots.map((slot) => ({ ...slot, cameraId: null })) })
  }
  const step = (direction: Direction): void => void (selected.value = neighbourOf(grid.value, selected.value, direction))
  const toggleMaximised = (key: number): void => void (maximisedKey.value = maximisedKey.value === key ? undefined : key)

  // What was arranged in the last moment is not lost with the page or the session.
  session.onLeaving(() => memory.saveNow())
  document.addEventListener('visibilitychange', () => document.hidden && void memory.saveNow())
  session.onEnded(() => {
    memory.forget()
    decided = 'nothing'
    endTour()
    maximisedKey.value = undefined
    own.value = bareWall()
    chosen.value = 0
    relief.clear()
  })
  return { grid, touring, preferences, infoShown, replaying, relief, visible, selected, selectedSlot, shownIds, maximisedKey, trouble, unread, busy, linkDeps, loadOnce, tryAgain, apply, setGrid, beginTour, turnTour, regroupTour, holdTour, endTour, show, showAt, showMany, swap, empty, emptyAll, step, toggleMaximised }
})
