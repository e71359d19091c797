// Owns a ticking "now" by the server's clock, released with the component.
import { onScopeDispose, ref, type Ref } from 'vue'
import { useConsole } from '../api/console-context.ts'

/** Server time in ms since the epoch, every `periodMs`. */
export function useNow(periodMs = 1000): Readonly<Ref<number>> {
  const { clock } = useConsole()
  const now = ref(clock.now())
  const ticking = setInterval(() => (now.value = clock.now()), periodMs)
  onScopeDispose(() => clearInterval(ticking))
  return now
}
