// Owns one tile's turn at a camera's head: taking and leaving it, the hand, presets, who else holds it.
// Refuses: holding on when nobody looks: blur, a hidden page, a lost line and the end of the tile all let go.
import { useEventListener } from '@vueuse/core'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api } from '#contract/api.ts'
import type { ClientEventPayload } from '#contract/events.ts'
import type { CameraId } from '#contract/ids.ts'
import type { PtzAnswer, PtzHolder, PtzState } from '#contract/ptz.ts'
import { useConsole } from '../../../api/console-context.ts'
import { useSessionStore } from '../../access/session-store.ts'
import { PtzHand } from './ptz-hand.ts'
import { usePtzStore } from './ptz-store.ts'

export type PtzTrouble = { kind: 'held'; holder: PtzHolder } | { kind: 'fault'; fault: string } | { kind: 'line' } | { kind: 'no-ptz' }
type Act = ClientEventPayload<'ptz:preset'>['act']

export function usePtz(cameraId: () => CameraId) {
  const { socket, client } = useConsole()
  const store = usePtzStore()
  const session = useSessionStore()
  const holder = shallowRef<PtzHolder | null>(null)
  const state = shallowRef<PtzState>()
  const trouble = shallowRef<PtzTrouble>()
  const taking = ref(false)
  const on = computed(() => store.cameraId === cameraId() && !taking.value)

  const hand = new PtzHand({
    send: (velocity) => void socket.ask('ptz:move', { cameraId: cameraId(), ...velocity }).then(heard),
    stop: () => void socket.ask('ptz:stop', { cameraId: cameraId() }),
    every(periodMs, run) {
      const timer = setInterval(run, periodMs)
      return () => clearInterval(timer)
    },
  })

  /** The answer of a command; true when it was done. */
  function heard(answer: PtzAnswer | undefined): boolean {
    if (answer?.outcome === 'done') {
      trouble.value = undefined
      return true
    }
    if (answer === undefined) trouble.value = { kind: 'line' }
    else if (answer.outcome === 'failed') trouble.value = { kind: 'fault', fault: answer.fault }
    else if (answer.outcome === 'held-by-other') lost({ kind: 'held', holder: answer.holder })
    else if (answer.outcome === 'no-ptz') lost({ kind: 'no-ptz' })
    // Nothing was asked for a while and the lease went; whoever still holds the key has it again at once.
    else if (store.cameraId === cameraId() && !taking.value) void take()
    return false
  }
  function lost(why: PtzTrouble): void {
    hand.releaseAll()
    trouble.value = why
    if (store.cameraId === cameraId()) store.cameraId = undefined
  }
  async function load(): Promise<void> {
    try {
      state.value = await client.call(api.ptzState, { params: { cameraId: cameraId() } })
      holder.value = state.value.holder
    } catch {
      state.value = undefined
    }
  }
  async function take(): Promise<void> {
    taking.value = true
    store.cameraId = cameraId()
    const done = heard(await socket.ask('ptz:take', { cameraId: cameraId(), purpose: store.purpose, caseNumber: store.caseNumber }))
    taking.value = false
    if (!done) return lost(trouble.value ?? { kind: 'line' })
    await load()
  }
  function leave(): void {
    hand.releaseAll()
    if (store.cameraId !== cameraId()) return
    store.cameraId = undefined
    void socket.ask('ptz:release', { cameraId: cameraId() })
  }
  const centre = async (x: number, y: number) => heard(await socket.ask('ptz:centre', { cameraId: cameraId(), x, y }))
  async function preset(act: Act): Promise<void> {
    const done = heard(await socket.ask('ptz:preset', { cameraId: cameraId(), act }))
    if (done && (act.kind === 'set' || act.kind === 'remove')) await load()
  }

  const off = socket.on('ptz:lease', (lease) => {
    if (lease.cameraId !== cameraId()) return
    holder.value = lease.holder
    if (trouble.value?.kind === 'held') trouble.value = undefined
    if (lease.holder !== null && lease.holder.userId !== session.user?.id && store.cameraId === cameraId()) lost({ kind: 'held', holder: lease.holder })
  })
  watch(socket.connection, (connection) => {
    if (connection !== 'connected' && store.cameraId === cameraId()) lost({ kind: 'line' })
  })
  // Another tile of this console was given the hand.
  watch(() => store.cameraId, (now, before) => {
    if (before !== cameraId() || now === before || now === undefined) return
    hand.releaseAll()
    void socket.ask('ptz:release', { cameraId: before })
  })
  watch(cameraId, (_now, before) => {
    hand.releaseAll()
    state.value = undefined
    holder.value = null
    trouble.value = undefined
    if (store.cameraId !== before) return
    store.cameraId = undefined
    void socket.ask('ptz:release', { cameraId: before })
  })
  useEventListener(window, 'blur', () => hand.releaseAll())
  useEventListener(window, 'pagehide', () => hand.releaseAll())
  useEventListener(document, 'visibilitychange', () => document.hidden && hand.releaseAll())
  onScopeDispose(() => {
    off()
    leave()
  })
  return { on, taking, holder, state, trouble, hand, take, leave, load, centre, preset }
}
