// Owns the player of one tile for as long as its component lives: starts and ends with the camera, sleeps while the page is hidden.
import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import { useConsole } from '../../api/console-context.ts'
import { TilePlayer } from '../../player/tile-player.ts'
import type { TileView } from '../../player/tile-state.ts'
import { useCameraStore } from '../registry/camera-store.ts'
import { useWallStore } from './wall-store.ts'

const TICK_MS = 500
/** A hidden page gets no frames; after this long its streams are given back. */
const HIDDEN_MS = 5_000

export interface Tile {
  view: ShallowRef<TileView | undefined>
  /** Which stream is on screen or coming. */
  stream: ShallowRef<StreamKind>
  /** Code of a refused stream switch, until the next one. */
  refusal: ShallowRef<string | undefined>
  retry: () => void
}

export function useTile(host: Readonly<Ref<HTMLElement | null>>, cameraId: () => CameraId | null, wanted: () => StreamKind): Tile {
  const { socket } = useConsole()
  const wall = useWallStore()
  const cameras = useCameraStore()
  const view = shallowRef<TileView>()
  const stream = shallowRef<StreamKind>(wanted())
  const refusal = shallowRef<string>()
  let player: TilePlayer | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined

  const cameraById = (id: CameraId | null) => (id === null ? undefined : cameras.byId.get(id))

  function stop(): void {
    player?.close()
    player = undefined
    view.value = undefined
  }
  function start(): void {
    stop()
    refusal.value = undefined
    const id = cameraId()
    if (host.value === null || id === null) return
    player = new TilePlayer(wall.linkDeps, host.value, id, wanted())
    tick()
  }
  function tick(): void {
    if (player === undefined || document.hidden) return
    const camera = cameraById(cameraId())
    if (camera !== undefined) player.heardCamera(camera)
    view.value = player.tick()
    stream.value = player.stream
    refusal.value = player.takeSwitchRefusal() ?? refusal.value
  }
  function onVisibility(): void {
    clearTimeout(hiding)
    if (document.hidden) hiding = setTimeout(stop, HIDDEN_MS)
    else if (player === undefined) start()
    else tick()
  }

  watch([host, cameraId], start, { flush: 'post' })
  watch(wanted, (kind) => {
    refusal.value = undefined
    player?.switchTo(kind)
  })
  const ticking = setInterval(tick, TICK_MS)
  const offStream = socket.on('stream:state', (status) => player?.heardStream(status))
  document.addEventListener('visibilitychange', onVisibility)
  onScopeDispose(() => {
    clearInterval(ticking)
    clearTimeout(hiding)
    offStream()
    document.removeEventListener('visibilitychange', onVisibility)
    stop()
  })
  return { view, stream, refusal, retry: () => player?.retry() }
}
