// Owns the players of one tile for as long as its component lives: starts and ends with the camera, gets the next camera
// of a tour ready unseen, sleeps while nobody can see the tile, and does not start there.
import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { TranscodeQueue } from '#contract/live.ts'
import type { PushPriority } from '#contract/media-push.ts'
import { useConsole } from '../../api/console-context.ts'
import { TilePlayer, type TileStats, type TileWish } from '../../player/tile-player.ts'
import type { TileView } from '../../player/tile-state.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { useSight } from './use-sight.ts'
import { useWallStore } from './wall-store.ts'

const TICK_MS = 500

export interface TileOptions {
  cameraId: () => CameraId | null
  /** Camera that comes next in a tour and gets ready now. */
  nextCameraId: () => CameraId | null
  wish: () => TileWish
  priority: () => PushPriority
}
export interface Tile {
  view: ShallowRef<TileView | undefined>
  /** Which stream is on screen or coming. */
  wish: ShallowRef<TileWish>
  /** Code of a refused stream switch, until the next one. */
  refusal: ShallowRef<string | undefined>
  /** Where the stream that was switched to waits to be transcoded, while the present one goes on. */
  comingQueue: ShallowRef<TranscodeQueue | null>
  stats: () => TileStats | undefined
  /** Whether the next camera of the tour could be shown without a gap, also when there is none. */
  nextReady: () => boolean
  retry: () => void
  seekToEdge: () => void
}

export function useTile(host: Readonly<Ref<HTMLElement | null>>, options: TileOptions): Tile {
  const { socket } = useConsole()
  const wall = useWallStore()
  const cameras = useCameraStore()
  const view = shallowRef<TileView>()
  const wish = shallowRef<TileWish>(options.wish())
  const refusal = shallowRef<string>()
  const comingQueue = shallowRef<TranscodeQueue | null>(null)
  let player: TilePlayer | undefined
  let next: TilePlayer | undefined

  function stop(): void {
    player?.close()
    next?.close()
    player = next = undefined
    view.value = undefined
  }
  function start(): void {
    refusal.value = undefined
    const id = options.cameraId()
    player?.close()
    player = undefined
    if (host.value === null || id === null || !seen()) {
      view.value = undefined
      // A tile that was closed has its next camera all the same.
      return prepare()
    }
    const ready = next?.cameraId === id ? next : undefined
    if (ready !== undefined) next = undefined
    player = ready ?? new TilePlayer(wall.linkDeps, host.value, id, options.wish())
    ready?.reveal()
    player.setPriority(options.priority())
    player.switchTo(options.wish())
    prepare()
    tick()
  }
  function prepare(): void {
    const id = options.nextCameraId()
    if (id === next?.cameraId && seen()) return
    next?.close()
    next = host.value === null || id === null || !seen() ? undefined : new TilePlayer(wall.linkDeps, host.value, id, { stream: 'sub', focus: false }, false)
    next?.setPriority('background')
  }
  function tick(): void {
    next?.tick()
    if (player === undefined || document.hidden) return
    const camera = cameras.byId.get(player.cameraId)
    if (camera !== undefined) player.heardCamera(camera)
    view.value = player.tick()
    wish.value = player.wish
    refusal.value = player.takeSwitchRefusal() ?? refusal.value
    comingQueue.value = player.nextQueue
  }
  function wake(): void {
    if (player !== undefined) return tick()
    start()
  }
  const seen = useSight(host, { lost: stop, seen: wake })

  watch([host, options.cameraId], start, { flush: 'post' })
  watch(options.nextCameraId, prepare, { flush: 'post' })
  watch(options.wish, (wanted) => {
    refusal.value = undefined
    player?.switchTo(wanted)
  })
  // Whoever lost or got the right to a camera is asked again at once: the tile need not wait until its stream runs dry.
  watch(() => cameras.structure, () => {
    if (player !== undefined && cameras.loaded && cameras.byId.has(player.cameraId) === (view.value?.kind === 'no-right')) player.retry()
  })
  watch(options.priority, (priority) => player?.setPriority(priority))
  const ticking = setInterval(tick, TICK_MS)
  const offStream = socket.on('stream:state', (status) => {
    player?.heardStream(status)
    next?.heardStream(status)
  })
  onScopeDispose(() => {
    clearInterval(ticking)
    offStream()
    stop()
  })
  return { view, wish, refusal, comingQueue, stats: () => player?.stats(), nextReady: () => options.nextCameraId() === null || next?.hasPicture === true, retry: () => player?.retry(), seekToEdge: () => player?.seekToEdge() }
}
