// Owns how strong the watermark is for everybody, as the server says; a change comes by event, a missed one with the line.
// Refuses: changing it; its page does.
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { api } from '#contract/api.ts'
import { watermarkPercent } from '#contract/watermark.ts'
import { useConsole } from '../../api/console-context.ts'
import { useSessionStore } from '../access/session-store.ts'

export const useWatermarkStore = defineStore('watermark', () => {
  const { client, socket } = useConsole()
  const session = useSessionStore()
  /** Until the server has said it, the mark is as strong as it usually is. */
  const opacityPercent = ref<number>(watermarkPercent.usual)

  async function load(): Promise<void> {
    if (session.user === undefined) return
    // Without an answer it stays as it was: there is always one.
    await client.call(api.getWatermark, {}).then((mark) => void (opacityPercent.value = mark.opacityPercent), () => undefined)
  }
  socket.on('watermark:changed', (changed) => void (opacityPercent.value = changed.opacityPercent))
  watch([socket.connection, () => session.user?.id], ([connection]) => connection === 'connected' && void load())
  void load()
  return { opacityPercent, load }
})
