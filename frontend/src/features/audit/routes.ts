// Owns the page of the audit log.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/audit', name: 'audit', component: () => import('./AuditPage.vue'), meta: { menu: 'system', order: 20, permission: 'audit:view', titleKey: 'audit.log' } },
]
