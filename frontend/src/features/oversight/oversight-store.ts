// Owns how many irregularities wait for the one who is signed in; asks now and then while the shell is open.
import { defineStore } from 'pinia'
import { onScopeDispose, ref } from 'vue'
import { api } from '#contract/api.ts'
import { useConsole } from '../../api/console-context.ts'
import { useSessionStore } from '../access/session-store.ts'

const PERIOD_MS = 60_000

export const useOversightStore = defineStore('oversight', () => {
  const { client } = useConsole()
  const session = useSessionStore()
  const toReview = ref(0)
  const toExplain = ref(0)

  async function load(): Promise<void> {
    if (!session.can('oversight:explain')) return
    try {
      const counts = await client.call(api.oversightCounts, {})
      toReview.value = counts.toReview
      toExplain.value = counts.toExplain
    } catch {
      // The numbers stay as they were; the pages themselves say what failed.
    }
  }
  /** Asks from now on until the calling component goes away. */
  function follow(): void {
    void load()
    const timer = setInterval(() => void load(), PERIOD_MS)
    onScopeDispose(() => clearInterval(timer))
  }
  session.onEnded(() => {
    toReview.value = 0
    toExplain.value = 0
  })
  return { toReview, toExplain, load, follow }
})
