// Owns a picture from the server as a blob URL: loaded on demand, released when replaced or when the component goes away.
import { computed, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { ApiProblem } from './api-problem.ts'
import { useLoaded } from './use-loaded.ts'

export interface BlobUrl {
  url: Readonly<Ref<string | undefined>>
  blob: ShallowRef<Blob | undefined>
  loading: Ref<boolean>
  problem: ShallowRef<ApiProblem | undefined>
  load: () => Promise<void>
}

export function useBlobUrl(fetchIt: (signal: AbortSignal) => Promise<Blob>): BlobUrl {
  const loaded = useLoaded(fetchIt)
  const url = shallowRef<string>()
  const release = () => url.value !== undefined && URL.revokeObjectURL(url.value)
  watch(loaded.data, (blob) => {
    release()
    url.value = blob === undefined ? undefined : URL.createObjectURL(blob)
  })
  onScopeDispose(release)
  return { url: computed(() => url.value), blob: loaded.data, loading: loaded.loading, problem: loaded.problem, load: loaded.load }
}
