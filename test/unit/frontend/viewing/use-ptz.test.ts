// Proves what a tile shows of a head by the words of the server: the answers to its commands, the leases, the presets.
import assert from 'node:assert/strict'
import { createPinia } from 'pinia'
import { createApp, effectScope, nextTick, ref } from 'vue'
import type { ClientEventName } from '#contract/events.ts'
import { ptzHolderSchema } from '#contract/ptz.ts'
import { sessionSchema } from '#contract/session.ts'
import { ApiClient } from '../../../../frontend/src/api/api-client.ts'
import { consoleKey } from '../../../../frontend/src/api/console-context.ts'
import { ServerClock } from '../../../../frontend/src/api/server-clock.ts'
import { readAnswer } from '../../../../frontend/src/api/socket-answer.ts'
import { SocketClient } from '../../../../frontend/src/api/socket-client.ts'
import { useSessionStore } from '../../../../frontend/src/features/access/session-store.ts'
import { usePtz } from '../../../../frontend/src/features/viewing/ptz/use-ptz.ts'
import { usePtzStore } from '../../../../frontend/src/features/viewing/ptz/ptz-store.ts'
import { idOf, settled } from './wall-scene.ts'

const cameraId = idOf(1)
const session = sessionSchema.parse({
  user: { id: idOf(9), username: 'wang', displayName: '王', policeNumber: '', roles: [], permissions: [], unitId: idOf(0) },
  passwordDue: false,
  csrfToken: '',
  expiresAt: '2026-01-02T00:00:00.000Z',
})
const holder = { userId: idOf(9), displayName: '王', unitName: '分局', tier: 'bureau', since: '2026-01-01T00:00:00.000Z' }

/** Always connected; what it is asked is answered by `answer`, `done` unless a test says otherwise. */
class AnsweringSocket extends SocketClient {
  readonly #connected = ref('connected' as const)
  answer: (name: ClientEventName) => unknown = () => ({ outcome: 'done' })
  override open(): void {}
  override get connection() {
    return this.#connected
  }
  override async ask<Name extends ClientEventName>(name: Name) {
    return readAnswer(name, this.answer(name))
  }
}

describe('a tile and its head', () => {
  const presets = { canTurn: true, holder: null, hasHome: false, centre: 'timed', presets: [{ token: '1', name: '东门' }], fault: null }
  let status: number
  let socket: AnsweringSocket
  let scope: ReturnType<typeof effectScope>
  let ptz: ReturnType<typeof usePtz>
  let store: ReturnType<typeof usePtzStore>

  beforeEach(() => {
    Object.assign(globalThis, { window: new EventTarget(), document: Object.assign(new EventTarget(), { hidden: false }) })
    status = 200
    const clock = new ServerClock(() => 0)
    socket = new AnsweringSocket({ clock, now: () => 0 })
    const client = new ApiClient({
      fetch: async () => new Response(JSON.stringify(status === 200 ? presets : {}), { status, headers: { 'content-type': 'application/json' } }),
      onSessionLost: () => undefined,
    })
    const app = createApp({})
    app.provide(consoleKey, { client, socket, clock }).use(createPinia())
    scope = effectScope()
    const made = app.runWithContext(() => scope.run(() => {
      useSessionStore().begin(session)
      return { ptz: usePtz(cameraId), store: usePtzStore() }
    }))
    assert.ok(made)
    ptz = made.ptz
    store = made.store
  })
  afterEach(() => {
    scope.stop()
    Reflect.deleteProperty(globalThis, 'window')
    Reflect.deleteProperty(globalThis, 'document')
  })
  const lease = async (held: boolean, unstopped: boolean) => {
    store.leases.heard({ cameraId, holder: held ? ptzHolderSchema.parse(holder) : null, unstopped: unstopped ? { fault: 'onvif_silent', since: holder.since } : null })
    await nextTick()
  }
  const stopUnanswered = async () => {
    await ptz.take()
    ptz.hand.hold('key', { pan: 0.5 })
    await settled()
    socket.answer = (name) => (name === 'ptz:stop' ? undefined : { outcome: 'done' })
    ptz.hand.release('key')
    await settled()
    assert.deepEqual(ptz.trouble.value, { kind: 'not-stopped' })
  }

  it('says no longer that it may be turning when its lease has ended and the server knows of nothing', async () => {
    await stopUnanswered()
    await lease(true, false)
    assert.deepEqual(ptz.trouble.value, { kind: 'not-stopped' }, 'a lease that goes on is no word of a stop')
    await lease(false, false)
    assert.equal(ptz.trouble.value, undefined)
  })

  it('says it on when the lease has ended and the head took no stop', async () => {
    await stopUnanswered()
    await lease(true, false)
    await lease(false, true)
    assert.deepEqual([ptz.trouble.value, ptz.isUnstopped.value], [{ kind: 'not-stopped' }, true])
    await lease(false, false)
    assert.deepEqual([ptz.trouble.value, ptz.isUnstopped.value], [undefined, false])
  })

  it('tells presets that could not be read from none, and has them when they are asked for again', async () => {
    status = 503
    await ptz.take()
    assert.deepEqual([ptz.state.value, ptz.problem.value?.status], [undefined, 503])
    status = 200
    await ptz.load()
    assert.deepEqual([ptz.state.value?.presets.length, ptz.problem.value], [1, undefined])
  })
})
