// Owns what the watch does before it starts: time that nobody watched becomes `unknown`, and every watched camera has
// exactly one open period.
import { newId, type RandomBytes } from '#base/ids.ts'
import type { CameraId, PeriodId } from '#contract/ids.ts'
import type { Camera, CameraService } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
import type { PeriodStore } from './period-store.ts'
import type { StatusPeriod } from './status-period.ts'
import type { HeartbeatStore } from './suspension-store.ts'

export interface RecoveryDeps {
  storage: Storage
  random: RandomBytes
  cameras: Pick<CameraService, 'setHealth'>
  periods: PeriodStore
  heartbeats: HeartbeatStore
}

/**
 * Closes open periods at the last heartbeat and covers the outage with `unknown`. Suspensions hold whether we run or not
 * and are left; so are periods that say `unknown` already. Returns the cameras with their present health.
 */
export async function recover(deps: RecoveryDeps, watchList: readonly Camera[], nowMs: number): Promise<Camera[]> {
  const { storage, random, cameras, periods, heartbeats } = deps
  return storage.transaction(async (tx) => {
    const heartbeatMs = (await heartbeats.last(tx)) ?? nowMs
    const open = await periods.openOf(tx, watchList.map((camera) => camera.id))
    const opened: StatusPeriod[] = []
    const found: Camera[] = []
    for (const camera of watchList) {
      const period = open.get(camera.id)
      if (period?.status === 'unknown' || period?.status === 'suspended') {
        found.push(camera)
        continue
      }
      const fromMs = period === undefined ? Math.max(camera.health.sinceMs, camera.createdAtMs) : Math.max(period.fromMs, Math.min(heartbeatMs, nowMs))
      const outage = period === undefined ? ({ cause: 'not_checked', detail: '' } as const) : ({ cause: 'probe_failed', detail: 'the server was not running' } as const)
      opened.push({ id: newId<PeriodId>(nowMs, random), cameraId: camera.id, status: 'unknown', ...outage, fromMs, toMs: null })
      found.push({ ...camera, health: { ...camera.health, status: 'unknown', cause: outage.cause, sinceMs: fromMs } })
    }
    for (const [fromMs, cameraIds] of byStart(opened)) await periods.closeOpen(tx, cameraIds, fromMs)
    await periods.open(tx, opened)
    const changed = new Set(opened.map((period) => period.cameraId))
    for (const camera of found) if (changed.has(camera.id)) await cameras.setHealth(tx, camera.id, camera.health)
    await heartbeats.beat(tx, nowMs)
    return found
  })
}

/** Nearly all end at the heartbeat: one statement for each moment, not for each camera. */
function byStart(periods: readonly StatusPeriod[]): Map<number, CameraId[]> {
  const groups = new Map<number, CameraId[]>()
  for (const { fromMs, cameraId } of periods) groups.set(fromMs, [...(groups.get(fromMs) ?? []), cameraId])
  return groups
}
