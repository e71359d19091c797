// Owns the pages of oversight: the report for reviewers, and what one was asked to explain.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/oversight', name: 'oversight', component: () => import('./OversightPage.vue'), meta: { menu: 'system', order: 16, permission: 'oversight:view', titleKey: 'oversight.report', badge: 'oversight' } },
  { path: '/oversight/own', name: 'own-oversight', component: () => import('./OwnOversightPage.vue'), meta: { permission: 'oversight:explain', titleKey: 'oversight.mine' } },
]
