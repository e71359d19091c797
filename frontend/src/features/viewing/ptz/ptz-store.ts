// Owns what a console knows of heads: which tile turns one (one at a time), for what, who holds the others. The purpose is
// asked once a session. Refuses: keeping anything for whoever signs in next.
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch, type ComputedRef } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { useConsole } from '../../../api/console-context.ts'
import { useSessionStore } from '../../access/session-store.ts'
import { PtzLeases } from './ptz-leases.ts'

export interface TileTurn {
  cameraId: CameraId
  /** The head is this tile's now. */
  on: ComputedRef<boolean>
  leave: () => void
}

export const usePtzStore = defineStore('ptz', () => {
  const { client, socket } = useConsole()
  const session = useSessionStore()
  const purpose = ref('')
  const caseNumber = ref('')
  const leases = markRaw(new PtzLeases())
  const turn = shallowRef<TileTurn>()
  /** Whose head follows a hand of this console now. */
  const turningId = computed(() => (turn.value?.on.value === true ? turn.value.cameraId : undefined))
  /** There are tiles that show who holds a head. */
  let following = false

  /** Whoever turned until now lets go. */
  function turnBy(next: TileTurn): void {
    if (turn.value !== next) turn.value?.leave()
    turn.value = next
  }
  /** Only while changes are heard: a list of before would stand for ever. */
  async function loadLeases(): Promise<void> {
    if (!following || socket.connection.value !== 'connected' || !session.can('camera:ptz')) return
    // Without an answer it stays as it was; whoever would take a held head is told by whom.
    await leases.load(async () => (await client.call(api.ptzLeases, {})).items).catch(() => undefined)
  }
  /** The first tile asks for the whole wall; changes come by themselves. */
  function followLeases(): void {
    if (following) return
    following = true
    void loadLeases()
  }

  socket.on('ptz:lease', (lease) => leases.heard(lease))
  socket.on('grant:changed', () => void loadLeases())
  watch(socket.connection, () => void loadLeases())
  session.onEnded(() => {
    turn.value = undefined
    following = false
    leases.clear()
    purpose.value = ''
    caseNumber.value = ''
  })
  return { purpose, caseNumber, leases, turningId, turnBy, followLeases }
})
