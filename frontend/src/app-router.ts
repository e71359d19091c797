// Owns the router: collects every feature's pages, guards them by session and permission, names the window.
// Refuses: naming pages here. A page belongs to its feature.
//
// How to add a page
// -----------------
// 1. The page:      src/features/<room>/<Thing>Page.vue, `<script setup lang="ts">`, at most 250 lines.
//                   Wrap it in <PageFrame> (ui/PageFrame.vue): it shows loading, empty, failed and forbidden.
// 2. Its route:     src/features/<room>/routes.ts, found by itself (so is <thing>-routes.ts), exports `routes`:
//                     export const routes: RouteRecordRaw[] = [{
//                       path: '/cameras',
//                       name: 'cameras',
//                       component: () => import('./CameraListPage.vue'),
//                       meta: { menu: 'devices', order: 10, permission: 'camera:view', titleKey: 'registry.cameraList' },
//                     }]
//                   `menu` puts it in the top bar: home, video, cases, devices, operations, system. Several pages of one
//                   menu entry become tabs under the bar, by `order`. A path with a parameter is a detail page: reached by links
//                   only, its `menu` says which entry stays lit.
//                   `permission` hides the entry and bars the door; the server refuses by itself in any case.
// 3. Its words:     src/locales/zh-CN/<topic>.json and src/locales/en/<topic>.json, the same keys in both.
//                   Key = file name + path: t('registry.cameraList'). No text in templates.
// 4. Its data:      const { client } = useConsole()                                     (api/console-context.ts)
//                     const list = useLoaded((signal) => client.call(api.listCameras, { query: {…} }, { signal }))
//                     onMounted(list.load)        → list.data, list.loading, list.problem (api/use-loaded.ts)
//                     const save = useAction(() => client.call(api.updateCamera, { params, body }))
//                     if (await save.run()) …     → save.running, save.problem           (api/use-action.ts)
//                   Bytes (CSV, JPEG): client.callForBlob(…), saved by saveBlob(blob, name) (ui/save-blob.ts).
//                   Shared state is a pinia setup store in features/<room>/<thing>-store.ts:
//                     useSessionStore()  who is signed in, can('camera:edit')            (features/access)
//                     useUnitStore()     units by id, tree, names                        (features/registry)
//                     useCameraStore()   all cameras of the scope, live status           (features/registry)
// 5. Changes:       socket.on('camera:status', …) returns the function that stops; hand it to onScopeDispose.
// 6. Small parts:   StatusTag (status by shape, colour and word), CauseText (fault in plain words), TimeText (北京时间),
//                   DurationText, PercentText, ProblemAlert (an ApiProblem in words), UnitSelect (features/registry),
//                   CameraTree (features/registry/CameraTree.vue).
// 7. Looks:         Element Plus components are registered everywhere. Colours and distances come from styles/tokens.css
//                   (var(--tw-…)); lists are light and dense: <el-table size="small" class="tw-table">.
// 8. Before commit: npx vue-tsc --noEmit -p frontend/tsconfig.json && npx vite build frontend
import { createRouter, createWebHistory, type RouteRecordRaw, type Router } from 'vue-router'
import { useSessionStore } from './features/access/session-store.ts'
import NotFoundPage from './shell/NotFoundPage.vue'
import ForbiddenPage from './shell/ForbiddenPage.vue'

const collected = import.meta.glob<{ routes: RouteRecordRaw[] }>(['./features/*/routes.ts', './features/*/*-routes.ts'], { eager: true })

/** Every page of every feature, in the order of `meta.order`. */
export const featureRoutes: readonly RouteRecordRaw[] = Object.values(collected)
  .flatMap((room) => room.routes)
  .toSorted((a, b) => (a.meta?.order ?? 100) - (b.meta?.order ?? 100))

const menuOrder = ['home', 'video', 'cases', 'devices', 'operations', 'system'] as const

/** The first page of the top bar that the caller may enter. */
function firstPage(can: ReturnType<typeof useSessionStore>['can']): string {
  for (const menu of menuOrder) {
    const page = featureRoutes.find((route) => route.meta?.menu === menu && !route.path.includes(':') && (route.meta.permission === undefined || can(route.meta.permission)))
    if (page) return page.path
  }
  return '/forbidden'
}

/** @param nameWindow is called with the locale key of the page that was entered. */
export function createAppRouter(nameWindow: (titleKey: string) => void): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...featureRoutes,
      { path: '/', name: 'start', component: NotFoundPage, meta: { titleKey: 'common.product' } },
      { path: '/forbidden', name: 'forbidden', component: ForbiddenPage, meta: { titleKey: 'common.forbidden' } },
      { path: '/:rest(.*)*', name: 'not-found', component: NotFoundPage, meta: { titleKey: 'common.notFound' } },
    ],
  })
  router.beforeEach(async (to) => {
    const session = useSessionStore()
    await session.restoreOnce()
    const bare = to.meta.layout === 'bare'
    if (!session.signedIn) return bare ? true : { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
    if (bare || to.name === 'start') return firstPage(session.can)
    if (to.meta.permission !== undefined && !session.can(to.meta.permission)) return { name: 'forbidden' }
    return true
  })
  router.afterEach((to) => {
    document.documentElement.classList.toggle('dark', to.meta.theme === 'dark')
    nameWindow(to.meta.titleKey)
  })
  return router
}
