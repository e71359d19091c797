// Owns the pages of cases: the list, one case, and the search over footage tags.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/cases', name: 'cases', component: () => import('./CaseListPage.vue'), meta: { menu: 'cases', order: 10, permission: 'case:view', titleKey: 'cases.list' } },
  { path: '/tags', name: 'tags', component: () => import('./TagSearchPage.vue'), meta: { menu: 'cases', order: 20, permission: 'case:view', titleKey: 'cases.tags' } },
  { path: '/cases/:caseId', name: 'case', component: () => import('./CasePage.vue'), meta: { menu: 'cases', permission: 'case:view', titleKey: 'cases.case' } },
]
