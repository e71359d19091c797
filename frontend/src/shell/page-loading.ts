// Owns what a click does when a page's code cannot be loaded: the server is away, or was upgraded and has other files now.
// Refuses: dead clicks, pages without their styles, and loading again and again.
import { START_LOCATION, type Router } from 'vue-router'

/** As Chromium, Firefox, Safari and Vite say it. */
const notLoaded = /dynamically imported module|importing a module script|preload css/i

export interface PageLoading {
  /** Whether the server is heard. */
  connected: () => boolean
  /** Says that the page could not be loaded. */
  tell: () => void
  /** Loads the whole console anew at a path. */
  loadAnew: (path: string) => void
}

export function watchPageLoading(router: Router, { connected, tell, loadAnew }: PageLoading): void {
  let broken = false
  router.onError((error, to, from) => {
    if (!(error instanceof Error) || !notLoaded.test(error.message)) return
    broken = true
    // What fails as the console starts would fail again.
    if (connected() && from !== START_LOCATION) loadAnew(to.fullPath)
    else tell()
  })
  // Part of a page may be here and part not, so the first click after that takes everything anew.
  router.beforeEach((to) => {
    if (!broken || !connected()) return true
    loadAnew(to.fullPath)
    return false
  })
}
