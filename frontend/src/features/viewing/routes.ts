// Owns the pages of viewing: the wall, and its watermark.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/wall', name: 'wall', component: () => import('./WallPage.vue'), meta: { menu: 'video', permission: 'camera:live', titleKey: 'wall.title', theme: 'dark' } },
  { path: '/watermark', name: 'watermark', component: () => import('./WatermarkPage.vue'), meta: { menu: 'system', order: 16, permission: 'policy:view', titleKey: 'watermark.title' } },
]
