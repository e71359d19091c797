// Owns the pages of sign-in and first-run set-up.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./SignInPage.vue'), meta: { layout: 'bare', titleKey: 'access.signIn' } },
  { path: '/activation', name: 'activation', component: () => import('./ActivationPage.vue'), meta: { layout: 'bare', titleKey: 'access.activate' } },
  { path: '/set-up', name: 'set-up', component: () => import('./SetUpPage.vue'), meta: { layout: 'bare', titleKey: 'access.setUp' } },
]
