// Owns the pages of health: home page figures; the unit status page is added beside it.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/home', name: 'home', component: () => import('./HomePage.vue'), meta: { menu: 'home', permission: 'health:view', titleKey: 'home.title' } },
]
