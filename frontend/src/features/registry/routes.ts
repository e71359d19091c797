// Owns the pages of the registry: the camera list and one camera's 一机一档.
import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/cameras', name: 'cameras', component: () => import('./CameraListPage.vue'), meta: { menu: 'devices', order: 10, permission: 'camera:view', titleKey: 'registry.cameraList' } },
  { path: '/cameras/:cameraId', name: 'camera', component: () => import('./CameraPage.vue'), meta: { menu: 'devices', permission: 'camera:view', titleKey: 'registry.cameraArchive' } },
]
