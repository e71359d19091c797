// Owns a camera clock's offset in words, and whether it is too large to be trusted as evidence.
import { useI18n } from 'vue-i18n'

/** More than this is worth a look; more than the second makes recordings hard to match (both are defaults of the field). */
const WARN_MS = 10_000
const FAIL_MS = 60_000

export function useClockOffset() {
  const { t } = useI18n()
  function offsetText(offsetMs: number | null): string {
    if (offsetMs === null) return t('registry.clockUnknown')
    return t(offsetMs >= 0 ? 'registry.clockFast' : 'registry.clockSlow', { seconds: (Math.abs(offsetMs) / 1000).toFixed(1) })
  }
  const offsetGrade = (offsetMs: number | null): 'good' | 'off' | 'far-off' => {
    const size = Math.abs(offsetMs ?? 0)
    return size > FAIL_MS ? 'far-off' : size > WARN_MS ? 'off' : 'good'
  }
  return { offsetText, offsetGrade }
}
