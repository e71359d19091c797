// Owns the pages of the watch over units: the caller's highest unit, and any unit below it.
import type { RouteRecordRaw } from 'vue-router'

const component = () => import('./UnitHealthPage.vue')
export const routes: RouteRecordRaw[] = [
  { path: '/health', name: 'health', component, meta: { menu: 'operations', order: 10, permission: 'health:view', titleKey: 'health.unitStatus' } },
  { path: '/health/:unitId', name: 'unit-health', component, meta: { menu: 'operations', permission: 'health:view', titleKey: 'health.unitStatus' } },
]
