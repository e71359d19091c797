// Owns the home page's figures: loaded at once, again every half minute and soon after cameras change status.
import { useDebounceFn } from '@vueuse/core'
import { onMounted, onScopeDispose } from 'vue'
import { api } from '#contract/api.ts'
import { useConsole } from '../../api/console-context.ts'
import { useLoaded } from '../../api/use-loaded.ts'

const PERIOD_MS = 30_000
const SOON_MS = 1_000

export function useOverview() {
  const { client, socket } = useConsole()
  const overview = useLoaded((signal) => client.call(api.overview, {}, { signal }))
  // A station that goes dark sends dozens of changes within a second: ask once, but not later than 2 s.
  const loadSoon = useDebounceFn(overview.load, SOON_MS, { maxWait: 2 * SOON_MS })
  onMounted(overview.load)
  const periodic = setInterval(() => void overview.load(), PERIOD_MS)
  const offStatus = socket.on('camera:status', () => void loadSoon())
  const offReconnected = socket.onReconnected(() => void overview.load())
  onScopeDispose(() => {
    clearInterval(periodic)
    offReconnected()
    offStatus()
  })
  return overview
}
