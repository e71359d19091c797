// Owns the page of the audit log.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/audit-chain', name: 'audit-chain', component: () => import('./ChainPage.vue'), meta: { menu: 'system', order: 21, permission: 'audit:view', titleKey: 'audit.chain.title' } },
  { path: '/audit', name: 'audit', component: () => import('./AuditPage.vue'), meta: { menu: 'system', order: 20, permission: 'audit:view', titleKey: 'audit.log' } },
]
