// Owns the page of found devices.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/discovery', name: 'discovery', component: () => import('./InboxPage.vue'), meta: { menu: 'devices', order: 20, permission: 'camera:adopt', titleKey: 'onvif.inbox' } },
]
