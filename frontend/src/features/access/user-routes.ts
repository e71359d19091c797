// Owns the pages of users, rights, sign-in policy, register, grants and one's own account.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/users', name: 'users', component: () => import('./UserListPage.vue'), meta: { menu: 'system', order: 10, permission: 'user:view', titleKey: 'access.users' } },
  { path: '/roles', name: 'roles', component: () => import('./RolesPage.vue'), meta: { menu: 'system', order: 12, permission: 'policy:view', titleKey: 'access.roleTable' } },
  { path: '/sign-in-policy', name: 'sign-in-policy', component: () => import('./PolicyPage.vue'), meta: { menu: 'system', order: 14, permission: 'policy:view', titleKey: 'policy.policy' } },
  { path: '/register', name: 'register', component: () => import('./RegisterPage.vue'), meta: { menu: 'cases', order: 60, permission: 'register:view', titleKey: 'register.register' } },
  { path: '/register/own', name: 'own-register', component: () => import('./RegisterPage.vue'), meta: { titleKey: 'register.register', permission: 'register:create' } },
  { path: '/grants', name: 'grants', component: () => import('./GrantPage.vue'), meta: { menu: 'cases', order: 62, permission: 'grant:request', titleKey: 'grants.grants' } },
  { path: '/account', name: 'account', component: () => import('./AccountPage.vue'), meta: { titleKey: 'account.account' } },
]
