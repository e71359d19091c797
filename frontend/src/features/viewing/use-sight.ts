// Owns whether a place on the page is looked at: the page is shown and the place in sight. Says so when it is again, and when
// it has not been for a while, also of a page that was opened where nobody sees it.
// Refuses: what is given back then; whoever plays there decides.
import { useIntersectionObserver } from '@vueuse/core'
import { onScopeDispose, type Ref } from 'vue'

/** A hidden page gets no frames; after this long its streams are given back. */
export const HIDDEN_MS = 5_000
export const OUT_OF_SIGHT_MS = 3_000

/** @returns whether it is looked at now: nothing is to be opened when it is not. */
export function useSight(place: Readonly<Ref<HTMLElement | null>>, told: { lost: () => void; seen: () => void }): () => boolean {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let inSight = true
  const seen = (): boolean => !document.hidden && inSight

  function look(): void {
    clearTimeout(waiting)
    if (seen()) told.seen()
    else waiting = setTimeout(told.lost, document.hidden ? HIDDEN_MS : OUT_OF_SIGHT_MS)
  }
  useIntersectionObserver(place, (entries) => {
    // Several changes may come at once, oldest first.
    const entry = entries.at(-1)
    if (entry === undefined || entry.isIntersecting === inSight) return
    inSight = entry.isIntersecting
    look()
  }, { rootMargin: '200px' })
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => {
    clearTimeout(waiting)
    document.removeEventListener('visibilitychange', look)
  })
  return seen
}
