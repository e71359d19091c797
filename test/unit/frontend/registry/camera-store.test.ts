// Proves that the lists that the console stands on are asked for until they are there, and that no older answer undoes what
// was heard meanwhile.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { createPinia } from 'pinia'
import { createApp, ref } from 'vue'
import { cameraSummarySchema, type CameraStatus } from '#contract/cameras.ts'
import type { SessionView } from '#contract/session.ts'
import { ApiClient } from '../../../../frontend/src/api/api-client.ts'
import { consoleKey } from '../../../../frontend/src/api/console-context.ts'
import { ServerClock } from '../../../../frontend/src/api/server-clock.ts'
import type { SocketClient } from '../../../../frontend/src/api/socket-client.ts'
import { useSessionStore } from '../../../../frontend/src/features/access/session-store.ts'
import { useCameraStore } from '../../../../frontend/src/features/registry/camera-store.ts'
import { useUnitStore } from '../../../../frontend/src/features/registry/unit-store.ts'
import { idOf, settled } from '../viewing/wall-scene.ts'

const camera = (n: number, status: CameraStatus = 'online') =>
  cameraSummarySchema.parse({ id: idOf(n), gbCode: '', name: `camera ${n}`, initials: '', unitId: idOf(0), unitName: '', status, cause: null, statusSince: new Date(0).toISOString(), pictureProvenAt: null, cameraType: 1, hasPtz: false, codec: null, ipv4: '', manufacturer: '', model: '', deviceStatus: 1, longitude: null, latitude: null, posture: null })
const unit = { id: idOf(0), parentId: null, tier: 'station', code: '1', name: 'A', cameras: { total: 1, online: 1, offline: 0, abnormal: 0, unauthorized: 0, suspended: 0, unknown: 0 } }

function openLists() {
  mock.timers.enable({ apis: ['setTimeout'] })
  /** Answers that are still due, in the order of the asking. */
  const asked: { url: string; answer: (status: number, body?: unknown) => void }[] = []
  const client = new ApiClient({
    fetch: (url, init) => new Promise((resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      asked.push({ url, answer: (status, body = {}) => resolve(new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })) })
    }),
    onSessionLost: () => undefined,
  })
  const heard = new Map<string, (payload: unknown) => void>()
  const reconnected: (() => void)[] = []
  const socket = {
    connection: ref('connected'),
    open: () => undefined,
    close: () => undefined,
    on: (name: string, listener: (payload: unknown) => void) => void heard.set(name, listener),
    onReconnected: (listener: () => void) => void reconnected.push(listener),
  } as unknown as SocketClient
  const app = createApp({})
  app.provide(consoleKey, { client, socket, clock: new ServerClock(() => 0) }).use(createPinia())
  const [session, cameras, units] = app.runWithContext(() => [useSessionStore(), useCameraStore(), useUnitStore()] as const)
  session.begin({ user: { permissions: ['camera:view', 'unit:view'] }, csrfToken: '' } as unknown as SessionView)
  return {
    session, cameras, units,
    /** Waits for what is under way, then answers what was asked for last by this path. */
    async answer(path: string, status: number, body?: unknown) {
      await settled()
      asked.findLast(({ url }) => url.startsWith(path))?.answer(status, body)
      await settled()
    },
    count: (path: string) => asked.filter(({ url }) => url.startsWith(path)).length,
    answerAt: (at: number, status: number, body?: unknown) => asked[at]?.answer(status, body),
    hear: (n: number, status: CameraStatus) => heard.get('camera:status')?.({ cameraId: idOf(n), unitId: idOf(0), status, cause: null, statusSince: new Date(1).toISOString(), pictureProvenAt: null }),
    reconnect: () => reconnected.forEach((run) => run()),
    statuses: () => cameras.cameras.map(({ status }) => status),
    async pass(ms: number) {
      mock.timers.tick(ms)
      await settled()
    },
  }
}

describe('the lists that the console stands on', () => {
  let lists: ReturnType<typeof openLists>
  const list = (...cameras: ReturnType<typeof camera>[]) => ({ items: cameras, total: cameras.length })
  beforeEach(() => (lists = openLists()))
  afterEach(() => mock.timers.reset())

  it('are asked for again by themselves when the first answer was a failure, with growing pauses, and once only', async () => {
    const { cameras, units, answer, count, pass } = lists
    void cameras.loadOnce()
    void units.loadOnce()
    await answer('/api/cameras', 503)
    await answer('/api/units', 503)
    assert.deepEqual([cameras.loaded, cameras.problem?.code, units.problem?.code], [false, 'unavailable', 'unavailable'])
    await pass(999)
    assert.deepEqual([count('/api/cameras'), count('/api/units')], [1, 1])
    await pass(1)
    await answer('/api/cameras', 503)
    await answer('/api/units', 200, { items: [unit] })
    assert.deepEqual([units.problem, units.units.length], [undefined, 1])
    await pass(1_999)
    assert.equal(count('/api/cameras'), 2)
    await pass(1)
    await answer('/api/cameras', 200, list(camera(1)))
    assert.deepEqual([cameras.loaded, cameras.problem, lists.statuses()], [true, undefined, ['online']])
    await pass(60_000)
    await cameras.loadOnce()
    assert.deepEqual([count('/api/cameras'), count('/api/units')], [3, 2])
  })

  it('are asked for at once by the next page that needs them, and soon when the server is back', async () => {
    const { cameras, answer, count, pass, reconnect } = lists
    void cameras.loadOnce()
    await answer('/api/cameras', 503)
    void cameras.loadOnce()
    assert.equal(count('/api/cameras'), 2)
    for (let failed = 0; failed < 5; failed++) {
      await answer('/api/cameras', 503)
      await pass(30_000)
    }
    await answer('/api/cameras', 503)
    const before = count('/api/cameras')
    reconnect()
    await pass(500)
    assert.equal(count('/api/cameras'), before + 1)
  })

  it('are not asked for again when they were refused, or for who has gone', async () => {
    const { cameras, units, session, answer, count, pass } = lists
    void cameras.loadOnce()
    void units.loadOnce()
    await answer('/api/cameras', 403)
    await answer('/api/units', 503)
    session.ended('signed-out')
    await pass(60_000)
    assert.deepEqual([count('/api/cameras'), count('/api/units')], [1, 1])
  })

  it('do not undo a status that was heard while they were on their way', async () => {
    const { cameras, answer, hear, statuses } = lists
    void cameras.loadOnce()
    await settled()
    hear(2, 'offline')
    await answer('/api/cameras', 200, list(camera(1), camera(2)))
    assert.deepEqual(statuses(), ['online', 'offline'])
    hear(1, 'offline')
    void cameras.load()
    await answer('/api/cameras', 200, list(camera(1), camera(2)))
    assert.deepEqual(statuses(), ['online', 'online'], 'what was heard before is older than the list')
  })

  it('are what was answered to the newest asking, and nothing for who signed out meanwhile', async () => {
    const { cameras, session, answerAt, answer, statuses } = lists
    void cameras.loadOnce()
    void cameras.load()
    answerAt(1, 200, list(camera(1)))
    await settled()
    answerAt(0, 200, list(camera(1, 'offline')))
    await settled()
    assert.deepEqual(statuses(), ['online'])
    void cameras.load()
    await settled()
    session.ended('signed-out')
    await answer('/api/cameras', 200, list(camera(1)))
    assert.deepEqual([cameras.loaded, statuses()], [false, []])
  })
})
