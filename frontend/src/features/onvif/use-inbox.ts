// Owns the inbox: findings page by page, the run's progress from the socket, credential sets; findings follow the run.
import { onMounted, onScopeDispose, shallowRef } from 'vue'
import { api } from '#contract/api.ts'
import type { DiscoveryState, FindingState } from '#contract/discovery.ts'
import { useConsole } from '../../api/console-context.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { usePage } from '../../api/use-page.ts'

const RELOAD_PAUSE_MS = 1000

export interface InboxFilter {
  state: FindingState | undefined
  q: string
}

export function useInbox() {
  const { client, socket } = useConsole()
  const list = usePage((): InboxFilter => ({ state: undefined, q: '' }), (query, signal) => client.call(api.listFindings, { query }, { signal }))
  const sets = useLoaded((signal) => client.call(api.listCredentialSets, {}, { signal }))
  const run = shallowRef<DiscoveryState>()
  const asked = useLoaded((signal) => client.call(api.discoveryState, {}, { signal }))
  let pause: ReturnType<typeof setTimeout> | undefined

  function loadSoon(): void {
    pause ??= setTimeout(() => {
      pause = undefined
      void list.load()
    }, RELOAD_PAUSE_MS)
  }
  function follow(next: DiscoveryState): void {
    const before = run.value
    run.value = next
    if (before === undefined || before.found !== next.found || before.identified !== next.identified || before.running !== next.running) loadSoon()
  }
  async function loadRun(): Promise<void> {
    await asked.load()
    if (asked.data.value) follow(asked.data.value)
  }
  const off = [socket.on('discovery:progress', follow), socket.onReconnected(() => void loadRun())]
  onScopeDispose(() => {
    clearTimeout(pause)
    for (const stop of off) stop()
  })
  onMounted(() => Promise.all([list.load(), sets.load(), loadRun()]))
  return { list, sets, run, follow }
}
