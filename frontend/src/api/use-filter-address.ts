// Owns a list's filter in the address bar: it outlives a reload, can be sent to a colleague, and the way back finds it.
// Refuses reading it; each list parses its own.
import { watch } from 'vue'
import { useRouter } from 'vue-router'

/**
 * @param filter reactive; values are strings or undefined
 * @param blank the filter that is no filter: what equals it stays out of the address
 * @returns makes the filter blank
 */
export function useFilterAddress<Filter extends Record<keyof Filter, string | undefined>>(filter: Filter, blank: Readonly<Filter>): () => void {
  const router = useRouter()
  watch(filter, () => {
    const query: Record<string, string> = {}
    for (const key in blank) {
      const value: string | undefined = filter[key]
      if (value !== undefined && value !== '' && value !== blank[key]) query[key] = value
    }
    void router.replace({ query })
  })
  return () => void Object.assign(filter, blank)
}
