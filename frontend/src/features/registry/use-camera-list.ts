// Owns the camera list: filter kept in the address bar, pages from the server, rows patched as their status changes.
import { onMounted, onScopeDispose } from 'vue'
import { useRoute } from 'vue-router'
import { api } from '#contract/api.ts'
import { cameraStatusSchema, type CameraStatus } from '#contract/cameras.ts'
import { postureSchema, type Posture } from '#contract/posture.ts'
import { unitIdSchema, type UnitId } from '#contract/ids.ts'
import { useConsole } from '../../api/console-context.ts'
import { useFilterAddress } from '../../api/use-filter-address.ts'
import { usePage } from '../../api/use-page.ts'
import { useSessionStore } from '../access/session-store.ts'

const RELOAD_PAUSE_MS = 800
export const cameraSorts = ['gbCode', 'name', 'status', 'statusSince'] as const

export interface CameraFilter {
  unitId: UnitId | undefined
  status: CameraStatus | undefined
  posture: Posture | undefined
  q: string
  sort: (typeof cameraSorts)[number]
}

export function useCameraList() {
  const { client, socket } = useConsole()
  const session = useSessionStore()
  const route = useRoute()
  const fromAddress = (): CameraFilter => ({
    unitId: unitIdSchema.safeParse(route.query['unitId']).data,
    status: cameraStatusSchema.safeParse(route.query['status']).data,
    posture: session.can('posture:view') ? postureSchema.safeParse(route.query['posture']).data : undefined,
    q: typeof route.query['q'] === 'string' ? route.query['q'] : '',
    sort: cameraSorts.find((sort) => sort === route.query['sort']) ?? 'gbCode',
  })
  const list = usePage(fromAddress, (query, signal) => client.call(api.listCameras, { query }, { signal }))
  const reset = useFilterAddress(list.filter, { unitId: undefined, status: undefined, posture: undefined, q: '', sort: 'gbCode' })

  let pause: ReturnType<typeof setTimeout> | undefined
  function reloadSoon(): void {
    clearTimeout(pause)
    pause = setTimeout(() => void list.load(), RELOAD_PAUSE_MS)
  }
  const off = [
    socket.on('camera:status', ({ cameraId, status, cause, statusSince, pictureProvenAt }) => {
      const answer = list.answer.value
      if (answer?.items.some((camera) => camera.id === cameraId)) {
        const items = answer.items.map((camera) => (camera.id === cameraId ? { ...camera, status, cause, statusSince, pictureProvenAt } : camera))
        list.answer.value = { ...answer, items }
      }
      // Under a status filter the change may bring a row in or take one out, which only the server's count tells.
      if (list.filter.status !== undefined) reloadSoon()
    }),
    socket.on('camera:changed', reloadSoon),
    socket.on('grant:changed', reloadSoon),
    socket.onReconnected(reloadSoon),
  ]
  onScopeDispose(() => {
    clearTimeout(pause)
    for (const stop of off) stop()
  })
  onMounted(list.load)

  /** The CSV of what the filter leaves, all pages. */
  const exportCsv = (): Promise<Blob> => {
    const { unitId, status, posture, q } = list.filter
    return client.callForBlob(api.exportArchive, { query: { unitId, status, posture, q: q || undefined } })
  }
  return { list: { ...list, reset }, exportCsv }
}
