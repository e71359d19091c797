// Owns the pages of viewing: the wall.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/wall', name: 'wall', component: () => import('./WallPage.vue'), meta: { menu: 'video', permission: 'camera:live', titleKey: 'wall.title', theme: 'dark' } },
]
