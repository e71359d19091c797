// Owns the types of what routes carry in `meta`; see app-router.ts.
import 'vue-router'
import type { Permission } from '#contract/permissions.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Which entry of the top bar this page is under; without it the page is reached by links only. */
    menu?: 'home' | 'video' | 'cases' | 'devices' | 'operations' | 'system'
    /** Place among the pages of the same menu entry; smaller is further left. */
    order?: number
    /** Needed to enter, and to see the entry. */
    permission?: Permission
    /** Locale key of the page's name, for the menu and the window title. */
    titleKey: string
    /** Which number stands beside the entry while it is not 0. */
    badge?: 'oversight'
    /** `bare` pages stand without the shell (sign-in, set-up). */
    layout?: 'shell' | 'bare'
    /** `dark` for the wall. */
    theme?: 'light' | 'dark'
  }
}
