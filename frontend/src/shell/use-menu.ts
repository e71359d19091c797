// Owns the menu: of every feature's pages, those that the caller may enter, grouped under the entries of the field.
// Refuses: entries without a page; what isn't built isn't shown. A page with a parameter is no entry, but keeps its entry lit.
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter, type RouteMeta } from 'vue-router'
import { useSessionStore } from '../features/access/session-store.ts'
import { useOversightStore } from '../features/oversight/oversight-store.ts'

export interface MenuPage {
  path: string
  titleKey: string
  /** What waits there for the caller; 0 is not shown. */
  badge: number
}
export interface MenuEntry {
  menu: NonNullable<RouteMeta['menu']>
  pages: MenuPage[]
  badge: number
  active: boolean
}

const entries = ['home', 'video', 'cases', 'devices', 'operations', 'system'] as const

export function useMenu(): { menu: ComputedRef<MenuEntry[]>; tabs: ComputedRef<MenuPage[]> } {
  const router = useRouter()
  const route = useRoute()
  const session = useSessionStore()
  const oversight = useOversightStore()
  const badgeOf = (badge: RouteMeta['badge']): number => (badge === 'oversight' ? oversight.toReview : 0)
  const menu = computed(() =>
    entries
      .map((name): MenuEntry => {
        const pages = router
          .getRoutes()
          .filter(({ path, meta }) => meta.menu === name && !path.includes(':') && (meta.permission === undefined || session.can(meta.permission)))
          .toSorted((a, b) => (a.meta.order ?? 100) - (b.meta.order ?? 100))
          .map(({ path, meta }) => ({ path, titleKey: meta.titleKey, badge: badgeOf(meta.badge) }))
        return { menu: name, pages, badge: pages.reduce((sum, { badge }) => sum + badge, 0), active: route.meta.menu === name }
      })
      .filter((entry) => entry.pages.length > 0),
  )
  const tabs = computed(() => menu.value.find((entry) => entry.active)?.pages ?? [])
  return { menu, tabs }
}
