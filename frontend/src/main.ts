// Owns the start of the console: makes the client, the socket, the stores and the router, and hands them out.
// Refuses: feature logic. It is the only file that constructs and wires.
import './zod-without-eval.ts'
import { createApp } from 'vue'
import { createPinia } from 'pinia'
import ElementPlus, { ElMessage } from 'element-plus'
import 'element-plus/dist/index.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/element.css'
import { api } from '#contract/api.ts'
import { ApiClient } from './api/api-client.ts'
import { consoleKey } from './api/console-context.ts'
import { ServerClock } from './api/server-clock.ts'
import { SocketClient } from './api/socket-client.ts'
import { createAppRouter } from './app-router.ts'
import { useSessionStore } from './features/access/session-store.ts'
import { createLocales } from './locales/locales.ts'
import App from './shell/App.vue'
import { watchPageLoading } from './shell/page-loading.ts'

const now = () => Date.now()
const clock = new ServerClock(now)
const socket = new SocketClient({ clock, now })
const client = new ApiClient({
  fetch: (url, init) => fetch(url, init),
  onSessionLost: () => useSessionStore().ended('expired'),
})

const locales = createLocales()
const app = createApp(App)
app.provide(consoleKey, { client, socket, clock })
app.use(createPinia()).use(locales.i18n).use(ElementPlus)

const router = createAppRouter(locales.nameWindow)
watchPageLoading(router, {
  connected: () => socket.connection.value === 'connected',
  tell: () => void ElMessage.error(locales.i18n.global.t('common.pageNotLoaded')),
  loadAnew: (path) => window.location.assign(path),
})
app.use(router)

// A session that ended while the server could not be heard is only refused; asking once tells it from a server that is not ready.
socket.onTurnedAway(() => void client.call(api.currentSession, {}).catch(() => undefined))
socket.on('session:ended', ({ reason }) => useSessionStore().ended(reason))
// Back to the page that was left, but not for whoever comes after one who signed himself out; and what was searched for, which
// may name a person, is left to nobody.
useSessionStore().onEnded(() => {
  const leftByHand = useSessionStore().endedBy === undefined
  void router.replace({ name: 'sign-in', query: leftByHand ? {} : { next: router.currentRoute.value.path } })
})

app.mount('#console')
