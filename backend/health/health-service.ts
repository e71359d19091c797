// Owns what callers ask of the watch: one camera's health, a unit's status page, suspending 报备停机 and resuming.
// Refuses: cameras and units outside the caller's scope (404), ranges without end.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { Period, RungResultView, SuspensionView, Uptime } from './health-present.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import type { CameraCounts } from '#contract/units.ts'
import type { UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { noCameras, sumCounts, type CameraService, type CameraStore } from '../registry/index.ts'
import { fromInstant, toInstantOrNull } from '../storage/index.ts'
import { freshEvidence } from './evidence.ts'
import { presentPeriod, presentRungs, presentSuspension } from './health-present.ts'
import type { HealthWatch } from './health-watch.ts'
import type { PeriodStore } from './period-store.ts'
import type { SuspensionStore } from './suspension-store.ts'
import { addSums, noTime, presentUptime, type TimeRange } from './status-period.ts'

export interface HealthServiceDeps {
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  units: UnitStore
  cameras: CameraStore
  cameraService: CameraService
  periods: PeriodStore
  suspensions: SuspensionStore
  watch: HealthWatch
}

const DAY_MS = 24 * 3_600_000
const LONGEST_RANGE_MS = 400 * DAY_MS
const LONGEST_SUSPENSION_MS = 366 * DAY_MS
const PERIODS_SHOWN = 500
const CHANGES_SHOWN = 50

export class HealthService {
  readonly #deps: HealthServiceDeps

  constructor(deps: HealthServiceDeps) {
    this.#deps = deps
  }

  /** @throws AppError not_found, invalid_request */
  async camera(principal: Principal, cameraId: CameraId, asked: AskedRange): Promise<{ rungs: RungResultView[]; periods: Period[]; uptime: Uptime; suspension: SuspensionView | null }> {
    const { cameraService, periods, suspensions, watch } = this.#deps
    const camera = await cameraService.get(principal, cameraId, 'camera:view')
    const range = this.#range(asked)
    const sums = (await periods.sums([cameraId], range)).get(cameraId) ?? noTime()
    return {
      rungs: presentRungs(watch.watched(cameraId)?.evidence ?? freshEvidence(camera.onvifPort !== null)),
      periods: (await periods.of([cameraId], range, PERIODS_SHOWN)).map(presentPeriod),
      uptime: presentUptime(sums, range),
      suspension: presentSuspension(await suspensions.holding(cameraId)),
    }
  }

  /** @throws AppError not_found, invalid_request */
  async unit(principal: Principal, unitId: UnitId, asked: AskedRange) {
    const { cameras, periods, units, watch } = this.#deps
    if (!principal.scope.unitIds.has(unitId)) throw missing()
    const range = this.#range(asked)
    const tree = await units.tree()
    const { items } = await cameras.list(principal.scope.unitIds, { unitIds: tree.subtree(unitId) }, 'all')
    const own = await cameras.countsByUnit(principal.scope.unitIds)
    const sums = await periods.sums(items.map((camera) => camera.id), range)
    const below = (id: UnitId): { counts: CameraCounts; uptime: Uptime } => {
      const subtree = new Set(tree.subtree(id))
      const times = items.filter((camera) => subtree.has(camera.unitId)).map((camera) => sums.get(camera.id) ?? noTime())
      return { counts: sumCounts([...subtree].map((one) => own.get(one) ?? noCameras())), uptime: presentUptime(addSums(times), range) }
    }
    const names = new Map(items.map((camera) => [camera.id, camera.archive.name]))
    const changes = await periods.of([...names.keys()], range, CHANGES_SHOWN)
    const { atMs, tookMs } = watch.lastSweep()
    // Of the sweep, too, a caller learns only about cameras that are shown here.
    const swept = atMs === null ? 0 : items.filter((camera) => camera.health.status !== 'suspended').length
    return {
      ...below(unitId),
      children: tree.childrenOf(unitId).map((child) => ({ unitId: child.id, name: child.name, ...below(child.id) })),
      changes: changes.map((period) => ({ ...presentPeriod(period), cameraName: names.get(period.cameraId) ?? '' })),
      lastSweep: { at: toInstantOrNull(atMs), tookMs, cameras: swept },
    }
  }

  /** @throws AppError not_found, invalid_request (a time that is over or further than a year), conflict (not watched) */
  async suspend(principal: Principal, cameraId: CameraId, wanted: { reason: string; until: string }, from: { ip: string }): Promise<void> {
    const { cameraService, clock, random, trail, watch } = this.#deps
    const camera = await cameraService.get(principal, cameraId)
    const fromMs = clock.now()
    const untilMs = fromInstant(wanted.until)
    if (untilMs <= fromMs || untilMs > fromMs + LONGEST_SUSPENSION_MS) throw invalid('until', 'must be later than now and within a year')
    const by = { userId: principal.userId, displayName: principal.displayName }
    const suspension = { id: newId<string>(fromMs, random), cameraId, reason: wanted.reason, fromMs, untilMs, by }
    const watched = await watch.suspend(suspension, async (tx) => {
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'camera.suspend', targetKind: 'camera', targetId: cameraId, targetName: camera.archive.name, purpose: wanted.reason, detail: { until: wanted.until } })
    })
    if (!watched) throw new AppError('conflict', 'conflict', 'The camera is not watched.')
  }

  /** Resuming a camera that is not suspended does nothing. @throws AppError not_found */
  async resume(principal: Principal, cameraId: CameraId, from: { ip: string }): Promise<void> {
    const { cameraService, clock, trail, watch } = this.#deps
    const camera = await cameraService.get(principal, cameraId)
    await watch.resume(cameraId, clock.now(), async (tx) => {
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'camera.resume', targetKind: 'camera', targetId: cameraId, targetName: camera.archive.name })
    })
  }

  /** The last 24 h unless asked otherwise; never beyond now. */
  #range({ from, to }: AskedRange): TimeRange {
    const nowMs = this.#deps.clock.now()
    const toMs = Math.min(to === undefined ? nowMs : fromInstant(to), nowMs)
    const fromMs = from === undefined ? toMs - DAY_MS : fromInstant(from)
    if (fromMs >= toMs || toMs - fromMs > LONGEST_RANGE_MS) throw invalid('from', 'must be earlier than `to` and than now, by at most 400 days')
    return { fromMs, toMs }
  }
}

export interface AskedRange {
  from?: string | undefined
  to?: string | undefined
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid', 'invalid_request', errorCodes.invalid_request, { issues: [{ path, message }] })
}
