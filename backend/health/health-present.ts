// Owns what of the watch goes over the wire.
import type { z } from 'zod'
import type { Period, rungResultSchema, SuspensionView, Uptime } from '#contract/health.ts'
import { toInstant, toInstantOrNull } from '../storage/index.ts'
import { rungsOf } from './evidence.ts'
import type { Evidence } from './ladder.ts'
import type { StatusPeriod } from './status-period.ts'
import type { HoldingSuspension } from './suspension-store.ts'

export type { Period, SuspensionView, Uptime }
export type RungResultView = z.infer<typeof rungResultSchema>

export function presentPeriod(period: StatusPeriod): Period {
  const { id, cameraId, status, cause, detail, fromMs, toMs } = period
  return { id, cameraId, status, cause, detail, from: toInstant(fromMs), to: toInstantOrNull(toMs) }
}

export function presentSuspension(holding: HoldingSuspension | null): SuspensionView | null {
  return holding === null ? null : { reason: holding.reason, from: toInstant(holding.fromMs), until: toInstant(holding.untilMs), by: holding.byName }
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
