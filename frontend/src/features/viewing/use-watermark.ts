// Owns the watermark of the signed-in viewer: name, 警号 if there is one, and the time by the server's clock, as strong as
// the security administrator has set it. Refuses: a strength of the viewer's own.
import { computed } from 'vue'
import { beijingTime } from '../../ui/instants.ts'
import { useNow } from '../../ui/use-now.ts'
import { useSessionStore } from '../access/session-store.ts'
import { useWatermarkStore } from './watermark-store.ts'
import { watermarkSvg, watermarkUrl } from './watermark.ts'

/** The time on the wall steps so often: each step draws the mark of every tile anew. */
const STEP_MS = 5_000

export function useViewer() {
  const session = useSessionStore()
  const mark = useWatermarkStore()
  const viewer = computed(() => `${session.user?.displayName ?? ''} ${session.user?.policeNumber ?? ''}`.trim())
  const svgAt = (ms: number): string => watermarkSvg([viewer.value, beijingTime(ms)], mark.opacityPercent)
  return { viewer, svgAt }
}

/** CSS value of the mark for now. */
export function useWatermark() {
  const { svgAt } = useViewer()
  const now = useNow(STEP_MS)
  return computed(() => `url("${watermarkUrl(svgAt(now.value))}")`)
}
