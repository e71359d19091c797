// Owns the menu: of every feature's pages, those that the caller may enter, grouped under the entries of the field.
// Refuses: entries without a page; what isn't built isn't shown. A page with a parameter is no entry, but keeps its entry lit.
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter, type RouteMeta } from 'vue-router'
import { useSessionStore } from '../features/access/session-store.ts'

export interface MenuPage {
  path: string
  titleKey: string
}
export interface MenuEntry {
  menu: NonNullable<RouteMeta['menu']>
  pages: MenuPage[]
  active: boolean
}

const entries = ['home', 'video', 'cases', 'devices', 'operations', 'system'] as const

export function useMenu(): { menu: ComputedRef<MenuEntry[]>; tabs: ComputedRef<MenuPage[]> } {
  const router = useRouter()
  const route = useRoute()
  const session = useSessionStore()
  const menu = computed(() =>
    entries
      .map((name): MenuEntry => {
        const pages = router
          .getRoutes()
          .filter(({ path, meta }) => meta.menu === name && !path.includes(':') && (meta.permission === undefined || session.can(meta.permission)))
          .toSorted((a, b) => (a.meta.order ?? 100) - (b.meta.order ?? 100))
          .map(({ path, meta }) => ({ path, titleKey: meta.titleKey }))
        return { menu: name, pages, active: route.meta.menu === name }
      })
      .filter((entry) => entry.pages.length > 0),
  )
  const tabs = computed(() => menu.value.find((entry) => entry.active)?.pages ?? [])
  return { menu, tabs }
}
