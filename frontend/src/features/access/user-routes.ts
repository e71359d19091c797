// Owns the page of users.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/users', name: 'users', component: () => import('./UserListPage.vue'), meta: { menu: 'system', order: 10, permission: 'user:view', titleKey: 'access.users' } },
]
