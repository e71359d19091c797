// Owns one page of a list that the server filters and pages: filter, page, size, items, total.
// Refuses: filtering in the browser; a changed filter asks the server again, from page 1.
import { computed, onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { ApiProblem } from './api-problem.ts'
import { useLoaded } from './use-loaded.ts'

const TYPING_PAUSE_MS = 300

export interface PageAnswer<Item> {
  items: Item[]
  total: number
}
export interface ListPage<Filter, Item> {
  filter: Filter
  page: Ref<number>
  pageSize: Ref<number>
  answer: ShallowRef<PageAnswer<Item> | undefined>
  items: ComputedRef<Item[]>
  total: ComputedRef<number>
  loading: Ref<boolean>
  problem: ShallowRef<ApiProblem | undefined>
  load: () => Promise<void>
  /** Puts the filter back as it was at first. */
  reset: () => void
}

/**
 * @param first the filter at the start; its keys stay, their values change
 * @param fetchIt gets the filter with page (from 1) and page size, and a signal that aborts when it is called again
 */
export function usePage<Filter extends object, Item>(
  first: () => Filter,
  fetchIt: (query: Filter & { page: number; pageSize: number }, signal: AbortSignal) => Promise<PageAnswer<Item>>,
  size = 50,
): ListPage<Filter, Item> {
  const filter = reactive(first()) as Filter
  const page = ref(1)
  const pageSize = ref(size)
  const loaded = useLoaded((signal) => fetchIt({ ...filter, page: page.value, pageSize: pageSize.value }, signal))
  let pause: ReturnType<typeof setTimeout> | undefined

  watch(filter, () => {
    clearTimeout(pause)
    pause = setTimeout(() => {
      if (page.value === 1) void loaded.load()
      else page.value = 1
    }, TYPING_PAUSE_MS)
  })
  watch([page, pageSize], () => void loaded.load())
  onScopeDispose(() => clearTimeout(pause))
  return {
    filter,
    page,
    pageSize,
    answer: loaded.data,
    items: computed(() => loaded.data.value?.items ?? []),
    total: computed(() => loaded.data.value?.total ?? 0),
    loading: loaded.loading,
    problem: loaded.problem,
    load: loaded.load,
    reset: () => void Object.assign(filter, first()),
  }
}
