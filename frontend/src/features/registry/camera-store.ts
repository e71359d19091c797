// Owns every camera of the caller's scope as the lists show it, and keeps their status current from the socket.
// Refuses: archives and profiles; a detail page loads those itself.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraSummary } from '#contract/cameras.ts'
import type { ServerEventPayload } from '#contract/events.ts'
import type { CameraId } from '#contract/ids.ts'
import type { ApiProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { StandingList } from '../../api/standing-list.ts'
import { afterTimeout } from '../../api/try-again.ts'
import { useSessionStore } from '../access/session-store.ts'
import { useUnitStore } from './unit-store.ts'
import { countsByUnit } from './camera-counts.ts'

const PAGE_SIZE = 1000
const RELOAD_AFTER_CHANGE_MS = 500

type StatusChange = ServerEventPayload<'camera:status'>

/** @returns whether the camera is one of them */
function keep(cameras: Map<CameraId, CameraSummary>, { cameraId, status, cause, statusSince, pictureProvenAt }: StatusChange): boolean {
  const camera = cameras.get(cameraId)
  if (camera !== undefined) cameras.set(cameraId, { ...camera, status, cause, statusSince, pictureProvenAt })
  return camera !== undefined
}

export const useCameraStore = defineStore('cameras', () => {
  const { client, socket } = useConsole()
  const session = useSessionStore()
  const unitStore = useUnitStore()
  const byId = shallowRef(new Map<CameraId, CameraSummary>())
  /** Rises when cameras are added, moved or renamed, not when a status changes: the tree's structure hangs on it. */
  const structure = ref(0)
  /** Cameras that were in scope and are not any more: a tile that shows one still says which, and asks for it again. */
  const former = shallowRef(new Map<CameraId, Pick<CameraSummary, 'name' | 'gbCode'>>())
  const loaded = ref(false)
  const problem = shallowRef<ApiProblem>()
  let reload: ReturnType<typeof setTimeout> | undefined

  const cameras = computed(() => [...byId.value.values()])
  /** Counts per unit and everything below it, from the same cameras that the lists show. */
  const counts = computed(() => countsByUnit(cameras.value, unitStore.byId))

  /** What was heard while the list was on its way: it is newer than the list. */
  let since: StatusChange[] | undefined
  const list = new StandingList<Map<CameraId, CameraSummary>>({
    async ask(signal) {
      since = []
      const next = new Map<CameraId, CameraSummary>()
      for (let page = 1; ; page++) {
        const { items, total } = await client.call(api.listCameras, { query: { page, pageSize: PAGE_SIZE } }, { signal })
        for (const camera of items) next.set(camera.id, camera)
        if (items.length === 0 || page * PAGE_SIZE >= total) return next
      }
    },
    onGiven(next) {
      for (const change of since ?? []) keep(next, change)
      former.value = new Map([...former.value, ...byId.value].filter(([id]) => !next.has(id)))
      byId.value = next
      structure.value++
      loaded.value = true
    },
    onProblem(found) {
      since = undefined
      problem.value = found
    },
    after: afterTimeout,
  })
  const load = async (): Promise<void> => (session.can('camera:view') ? list.load() : undefined)
  const loadOnce = async (): Promise<void> => (session.can('camera:view') ? list.loadOnce() : undefined)

  function loadSoon(): void {
    clearTimeout(reload)
    reload = setTimeout(() => void Promise.all([load(), unitStore.load()]), RELOAD_AFTER_CHANGE_MS)
  }

  socket.on('camera:status', (change) => {
    since?.push(change)
    if (keep(byId.value, change)) triggerRef(byId)
  })
  socket.on('camera:changed', () => loaded.value && loadSoon())
  socket.on('grant:changed', () => loaded.value && loadSoon())
  socket.onReconnected(() => (loaded.value || problem.value !== undefined) && loadSoon())
  session.onEnded(() => {
    clearTimeout(reload)
    byId.value = new Map()
    former.value = new Map()
    loaded.value = false
    problem.value = undefined
    list.forget()
  })
  /** Name and code of a camera that is in scope or was in this session. */
  const plateOf = (id: CameraId): Pick<CameraSummary, 'name' | 'gbCode'> | undefined => byId.value.get(id) ?? former.value.get(id)
  return { byId, plateOf, cameras, counts, structure, loaded, problem, load, loadOnce }
})
