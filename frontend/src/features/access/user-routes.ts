// Owns the pages of users and of the table of rights.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/users', name: 'users', component: () => import('./UserListPage.vue'), meta: { menu: 'system', order: 10, permission: 'user:view', titleKey: 'access.users' } },
  { path: '/roles', name: 'roles', component: () => import('./RolesPage.vue'), meta: { menu: 'system', order: 12, permission: 'policy:view', titleKey: 'access.roleTable' } },
]
