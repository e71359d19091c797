// Owns one tile's turn at a camera's head on the page: the socket it goes by, what the head can do, who else holds it.
// Refuses: holding on when nobody looks: blur, a hidden page, a lost line and the end of the tile all let go.
import { useEventListener } from '@vueuse/core'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { PtzState } from '#contract/ptz.ts'
import { asProblem, type ApiProblem } from '../../../api/api-problem.ts'
import { useConsole } from '../../../api/console-context.ts'
import { useSessionStore } from '../../access/session-store.ts'
import { PtzTurn, type PresetAct } from './ptz-turn.ts'
import { usePtzStore, type TileTurn } from './ptz-store.ts'

export function usePtz(cameraId: CameraId) {
  const { socket, client } = useConsole()
  const store = usePtzStore()
  const session = useSessionStore()
  const state = shallowRef<PtzState>()
  /** Why `state` is not what the head can do now. */
  const problem = shallowRef<ApiProblem>()

  const turn = new PtzTurn({
    line: {
      take: () => socket.ask('ptz:take', { cameraId, purpose: store.purpose, caseNumber: store.caseNumber }),
      release: () => socket.ask('ptz:release', { cameraId }),
      move: (velocity) => socket.ask('ptz:move', { cameraId, ...velocity }),
      stop: () => socket.ask('ptz:stop', { cameraId }),
      centre: (x, y) => socket.ask('ptz:centre', { cameraId, x, y }),
      preset: (act) => socket.ask('ptz:preset', { cameraId, act }),
    },
    isConnected: () => socket.connection.value === 'connected',
    onHeld: (holder) => store.leases.heardHolder(cameraId, holder),
    monotonicMs: () => performance.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
  const on = computed(() => turn.state.value === 'ours' || turn.state.value === 'retaking')
  const taking = computed(() => turn.state.value === 'taking')
  const holder = computed(() => store.leases.holderOf(cameraId))
  const isUnstopped = computed(() => store.leases.isUnstopped(cameraId))

  const ofTile: TileTurn = { cameraId, on, leave: () => turn.leave() }

  async function load(): Promise<void> {
    try {
      state.value = await client.call(api.ptzState, { params: { cameraId } })
      problem.value = undefined
    } catch (thrown) {
      problem.value = asProblem(thrown)
    }
  }
  async function take(): Promise<void> {
    store.turnBy(ofTile)
    if (await turn.take()) await load()
  }
  async function preset(act: PresetAct): Promise<void> {
    if ((await turn.preset(act)) && (act.kind === 'set' || act.kind === 'remove')) await load()
  }

  store.followLeases()
  watch(holder, (now) => now !== null && now.userId !== session.user?.id && on.value && turn.lost())
  watch(isUnstopped, (now) => !now && turn.stopped())
  // A lease that ends has stopped the head, or the server would say otherwise with it.
  watch(holder, (now) => now === null && !isUnstopped.value && turn.stopped())
  watch(socket.connection, (connection) => {
    if (connection === 'connected') turn.connected()
    else if (turn.state.value !== 'free') turn.lost({ kind: 'line' })
  })
  useEventListener(window, 'blur', () => turn.hand.releaseAll())
  useEventListener(window, 'pagehide', () => turn.hand.releaseAll())
  useEventListener(document, 'visibilitychange', () => document.hidden && turn.hand.releaseAll())
  onScopeDispose(() => turn.leave())
  return { on, taking, holder, isUnstopped, state, problem, load, trouble: turn.trouble, hand: turn.hand, take, leave: ofTile.leave, centre: (x: number, y: number) => turn.centre(x, y), preset }
}
