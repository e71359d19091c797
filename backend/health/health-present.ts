// Owns what of the watch goes over the wire.
import type { z } from 'zod'
import type { Period, rungResultSchema, Uptime } from '#contract/health.ts'
import { toInstant, toInstantOrNull } from '../storage/index.ts'
import { rungsOf } from './evidence.ts'
import type { Evidence } from './ladder.ts'
import type { StatusPeriod } from './status-period.ts'

export type { Period, Uptime }
export type RungResultView = z.infer<typeof rungResultSchema>

export function presentPeriod(period: StatusPeriod): Period {
  const { id, cameraId, status, cause, detail, fromMs, toMs } = period
  return { id, cameraId, status, cause, detail, from: toInstant(fromMs), to: toInstantOrNull(toMs) }
}

export function presentRungs(evidence: Evidence): RungResultView[] {
  return rungsOf(evidence).map(({ rung, result }) => ({
    rung,
    outcome: result.outcome,
    fault: result.fault?.code ?? null,
    at: toInstantOrNull(result.atMs),
    tookMs: result.tookMs === null ? null : Math.round(result.tookMs),
  }))
}
