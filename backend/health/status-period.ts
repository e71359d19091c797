// Owns periods of one status and exact sums over them: uptime of any interval, hours of a trend. Pure.
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { Uptime } from '#contract/health.ts'
import type { CameraId, PeriodId } from '#contract/ids.ts'
import { toInstant } from '../storage/index.ts'

export interface StatusPeriod {
  id: PeriodId
  cameraId: CameraId
  status: CameraStatus
  cause: FaultCode | null
  detail: string
  fromMs: number
  /** null = still so. */
  toMs: number | null
}

/** Milliseconds per status. */
export type StatusSums = Record<CameraStatus, number>

export const noTime = (): StatusSums => ({ online: 0, abnormal: 0, unauthorized: 0, offline: 0, suspended: 0, unknown: 0 })

export function addSums(all: Iterable<StatusSums>): StatusSums {
  const sum = noTime()
  for (const one of all) {
    sum.online += one.online
    sum.abnormal += one.abnormal
    sum.unauthorized += one.unauthorized
    sum.offline += one.offline
    sum.suspended += one.suspended
    sum.unknown += one.unknown
  }
  return sum
}

/** Online time ÷ time that counts (all but suspended and unknown); null when no time counts. */
export function ratioOf(sums: StatusSums): number | null {
  const counted = sums.online + sums.abnormal + sums.unauthorized + sums.offline
  return counted === 0 ? null : sums.online / counted
}

export function presentUptime(sums: StatusSums, range: TimeRange): Uptime {
  return {
    from: toInstant(range.fromMs),
    to: toInstant(range.toMs),
    onlineMs: sums.online,
    offlineMs: sums.offline,
    abnormalMs: sums.abnormal,
    unauthorizedMs: sums.unauthorized,
    suspendedMs: sums.suspended,
    unknownMs: sums.unknown,
    ratio: ratioOf(sums),
  }
}

/** UTC ms, `toMs` not included. */
export interface TimeRange {
  fromMs: number
  toMs: number
}

const HOUR_MS = 3_600_000

/** Sums per hour of the 24 clock hours that end with the present one, oldest first. The present hour ends now. */
export function hourlySums(periods: readonly Pick<StatusPeriod, 'status' | 'fromMs' | 'toMs'>[], nowMs: number): { atMs: number; sums: StatusSums }[] {
  const firstMs = firstHourMs(nowMs)
  const hours = Array.from({ length: 24 }, (_, index) => ({ atMs: firstMs + index * HOUR_MS, sums: noTime() }))
  for (const { status, fromMs, toMs } of periods) {
    const endMs = Math.min(toMs ?? nowMs, nowMs)
    for (let index = Math.max(0, Math.floor((fromMs - firstMs) / HOUR_MS)); index < hours.length; index++) {
      const hour = hours[index]
      if (hour === undefined || hour.atMs >= endMs) break
      hour.sums[status] += Math.max(0, Math.min(endMs, hour.atMs + HOUR_MS) - Math.max(fromMs, hour.atMs))
    }
  }
  return hours
}

/** UTC ms of the start of the oldest of those 24 hours. */
export function firstHourMs(nowMs: number): number {
  return (Math.floor(nowMs / HOUR_MS) - 23) * HOUR_MS
}
