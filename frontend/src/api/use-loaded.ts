// Owns the life of one thing that a page loads: loading, loaded, failed, forbidden; late answers are dropped.
// Refuses: caching; what several pages share is a store.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type ApiProblem } from './api-problem.ts'

export interface Loaded<T> {
  data: ShallowRef<T | undefined>
  problem: ShallowRef<ApiProblem | undefined>
  loading: Ref<boolean>
  /** Loads (again); the data stays on screen meanwhile. Never rejects: read `problem`. */
  load: () => Promise<void>
}

/** @param fetchIt gets a signal that aborts when it is called again or the component goes away. */
export function useLoaded<T>(fetchIt: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<ApiProblem>()
  const loading = ref(false)
  let running: AbortController | undefined

  async function load(): Promise<void> {
    running?.abort()
    const mine = new AbortController()
    running = mine
    loading.value = true
    try {
      const got = await fetchIt(mine.signal)
      if (mine.signal.aborted) return
      data.value = got
      problem.value = undefined
    } catch (thrown) {
      if (!mine.signal.aborted) problem.value = asProblem(thrown)
    } finally {
      if (running === mine) loading.value = false
    }
  }
  onScopeDispose(() => running?.abort())
  return { data, problem, loading, load }
}
