// Owns the wall's stores as the console makes them, over a server that a test answers for, with timers that it moves.
// Refuses: a page; what needs elements is seen in a browser.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { createPinia } from 'pinia'
import { createApp, effectScope } from 'vue'
import { cameraSummarySchema, type CameraStatus } from '#contract/cameras.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'
import { wallSchema, type Wall } from '#contract/layouts.ts'
import type { SessionView } from '#contract/session.ts'
import { ApiClient } from '../../../../frontend/src/api/api-client.ts'
import { consoleKey } from '../../../../frontend/src/api/console-context.ts'
import { ServerClock } from '../../../../frontend/src/api/server-clock.ts'
import { SocketClient } from '../../../../frontend/src/api/socket-client.ts'
import { useSessionStore } from '../../../../frontend/src/features/access/session-store.ts'
import { useCameraStore } from '../../../../frontend/src/features/registry/camera-store.ts'
import { usePtzStore } from '../../../../frontend/src/features/viewing/ptz/ptz-store.ts'
import { useTour } from '../../../../frontend/src/features/viewing/use-tour.ts'
import { useWallStore } from '../../../../frontend/src/features/viewing/wall-store.ts'

/** The n-th camera. */
export const idOf = (n: number): CameraId => cameraIdSchema.parse(String(n).padStart(26, '0'))
export const idsOf = (...numbers: (number | null)[]): (CameraId | null)[] => numbers.map((n) => (n === null ? null : idOf(n)))
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
export const wallOf = (tiles: Wall['tiles'], ...numbers: (number | null)[]): Wall => ({ tiles, cameraIds: idsOf(...numbers) })

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
/** Turns of the event loop's microtasks: an answer has gone through client and store. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** @param nextReady whether the tiles have the pictures of the page that comes next */
export function openWallScene(nextReady: () => boolean = () => true) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let nowMs = 0
  const monotonic = mock.method(performance, 'now', () => nowMs)
  const page = Object.assign(new EventTarget(), { hidden: false })
  Object.assign(globalThis, { document: page, localStorage: { getItem: () => null, setItem: () => undefined } })
  const saved: Wall[] = []
  const server = { kept: wallOf(9), fault: undefined as number | undefined, asked: 0, endedAfter: undefined as number | undefined }
  const clock = new ServerClock(() => 0)
  const client = new ApiClient({
    async fetch(url, init) {
      if (url === '/api/session' && init.method === 'DELETE') {
        server.endedAfter = saved.length
        return new Response(null, { status: 204 })
      }
      if (url !== '/api/wall') throw new Error(`nobody asks for ${url} here`)
      server.asked++
      if (server.fault !== undefined) return json(server.fault, {})
      if (init.method === 'GET') return json(200, server.kept)
      server.kept = wallSchema.parse(JSON.parse(String(init.body)))
      saved.push(server.kept)
      return new Response(null, { status: 204 })
    },
    onSessionLost: () => undefined,
  })
  const app = createApp({})
  app.provide(consoleKey, { client, socket: new SocketClient({ clock, now: () => 0 }), clock }).use(createPinia())
  const scope = effectScope()
  const [wall, cameras, tour] = app.runWithContext(() => scope.run(() => [useWallStore(), useCameraStore(), useTour(nextReady)] as const)) ?? []
  if (wall === undefined || cameras === undefined || tour === undefined) throw new Error('no stores')
  return {
    wall,
    tour,
    ptz: app.runWithContext(() => usePtzStore()),
    server,
    saved,
    page,
    /** Numbers of the cameras in the visible tiles, in order. */
    shown: () => wall.visible.map(({ cameraId }) => (cameraId === null ? null : Number(cameraId))),
    /** Timers run in their turn, and the page's clock goes with them. */
    tick(ms: number) {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
        const stepMs = Math.min(100, untilMs - nowMs)
        nowMs += stepMs
        mock.timers.tick(stepMs)
      }
    },
    hide(hidden: boolean) {
      page.hidden = hidden
      page.dispatchEvent(new Event('visibilitychange'))
    },
    /** The watch says of a camera. */
    hear(n: number, status: CameraStatus) {
      const camera = cameras.byId.get(idOf(n))
      if (camera !== undefined) cameras.byId = new Map(cameras.byId).set(camera.id, { ...camera, status })
    },
    /** So many cameras are there and can be seen. */
    see(count: number) {
      cameras.structure = 1
      const facts = { gbCode: '', name: '', initials: '', unitId: idOf(0), unitName: '', status: 'online', cause: null, statusSince: new Date(0).toISOString(), pictureProvenAt: null, cameraType: 1, hasPtz: false, codec: null, ipv4: '', manufacturer: '', model: '', deviceStatus: 1, longitude: null, latitude: null, posture: null }
      cameras.byId = new Map(upTo(count).map((n) => [idOf(n), cameraSummarySchema.parse({ id: idOf(n), ...facts })]))
    },
    /** The cameras of the scope have been loaded anew. */
    rightsChanged: () => void (cameras.structure += 1),
    async signOut() {
      const session = app.runWithContext(useSessionStore)
      session.begin({ user: { permissions: [] }, csrfToken: '' } as unknown as SessionView)
      await session.signOut()
    },
    /** As a component of the wall. */
    within: <Made>(make: () => Made): Made => app.runWithContext(() => scope.run(make)) ?? assert.fail('the page is left'),
    /** What happens when the page is left. */
    leave: () => scope.stop(),
    async load() {
      wall.loadOnce()
      await settled()
    },
    close() {
      scope.stop()
      mock.timers.reset()
      monotonic.mock.restore()
      Reflect.deleteProperty(globalThis, 'document')
      Reflect.deleteProperty(globalThis, 'localStorage')
    },
  }
}
export type WallScene = ReturnType<typeof openWallScene>
