// Owns the home page's figures for the caller's scope.
// Refuses: counting cases, tags, accesses and viewers itself; those figures come through a port.
import type { Clock } from '#base/clock.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { UnitId } from '#contract/ids.ts'
import type { CameraCounts } from '#contract/units.ts'
import { may, type UnitStore } from '../access/index.ts'
import type { Principal } from '../http/index.ts'
import { archiveGapsOf, noCameras, sumCounts, type Camera, type CameraStore } from '../registry/index.ts'
import { toInstant } from '../storage/index.ts'
import type { PeriodStore } from './period-store.ts'
import { firstHourMs, hourlySums, ratioOf } from './status-period.ts'

/** Figures of other rooms, within the caller's rights. */
export interface Figures {
  openCases(principal: Principal): number | Promise<number>
  tagsToday(principal: Principal): number | Promise<number>
  accessesToday(principal: Principal): number | Promise<number>
  watchingNow(principal: Principal): number | Promise<number>
}

export interface OverviewServiceDeps {
  clock: Clock
  units: UnitStore
  cameras: CameraStore
  periods: PeriodStore
  figures: Figures
}

const IN_USE = 1
const DISMANTLED = 3
const CLOCK_ACCURATE_MS = 10_000
const LONGEST_SHOWN = 10

export class OverviewService {
  readonly #deps: OverviewServiceDeps

  constructor(deps: OverviewServiceDeps) {
    this.#deps = deps
  }

  async overview(principal: Principal) {
    const { clock, units, cameras, periods, figures } = this.#deps
    const nowMs = clock.now()
    const scope = principal.scope.unitIds
    const tree = await units.tree()
    const seesCases = may(principal, 'case:view')
    const [{ items }, own, openCases, tagsToday, accessesToday, watchingNow] = await Promise.all([
      cameras.list(scope, {}, 'all'),
      cameras.countsByUnit(scope),
      seesCases ? figures.openCases(principal) : null,
      seesCases ? figures.tagsToday(principal) : null,
      figures.accessesToday(principal),
      figures.watchingNow(principal),
    ])
    const slices = await periods.slices(items.map((camera) => camera.id), { fromMs: firstHourMs(nowMs), toMs: nowMs })
    return {
      at: toInstant(nowMs),
      counts: sumCounts([...own.values()]),
      weakCameras: may(principal, 'posture:view') ? items.filter(({ posture, archive }) => posture === 'weak' && archive.deviceStatus !== DISMANTLED).length : null,
      onlineRatio: onlineRatio(items),
      archiveCompleteRatio: share(items, (camera) => archiveGapsOf(camera).length === 0),
      clockAccurateRatio: share(
        items.flatMap((camera) => camera.clockOffsetMs ?? []),
        (offsetMs) => Math.abs(offsetMs) <= CLOCK_ACCURATE_MS,
      ),
      openCases,
      tagsToday,
      accessesToday,
      watchingNow,
      trend: hourlySums(slices, nowMs).map(({ atMs, sums }) => ({ at: toInstant(atMs), ratio: ratioOf(sums) })),
      ranking: tree.childrenOf(principal.unitId).map((child) => rank(child, new Set(tree.subtree(child.id)), items, own)).sort((a, b) => (b.ratio ?? -1) - (a.ratio ?? -1)),
      longestOffline: items
        .filter(({ health }) => health.status === 'offline' || health.status === 'abnormal' || health.status === 'unauthorized')
        .sort((a, b) => a.health.sinceMs - b.health.sinceMs)
        .slice(0, LONGEST_SHOWN)
        .map(({ id, archive, unitId, health }) => ({
          cameraId: id,
          name: archive.name,
          unitName: tree.get(unitId)?.name ?? '',
          status: health.status,
          cause: health.cause,
          since: toInstant(health.sinceMs),
        })),
      causes: causesOf(items),
    }
  }
}

function rank(child: { id: UnitId; name: string }, subtree: ReadonlySet<UnitId>, items: readonly Camera[], own: ReadonlyMap<UnitId, CameraCounts>) {
  return {
    unitId: child.id,
    name: child.name,
    counts: sumCounts([...subtree].map((id) => own.get(id) ?? noCameras())),
    ratio: onlineRatio(items.filter((camera) => subtree.has(camera.unitId))),
  }
}

/** Online ÷ cameras in use that are not suspended. A camera under repair counts on neither side. */
function onlineRatio(items: readonly Camera[]): number | null {
  const expected = items.filter((camera) => camera.archive.deviceStatus === IN_USE && camera.health.status !== 'suspended')
  return share(expected, (camera) => camera.health.status === 'online')
}

function share<Item>(items: readonly Item[], is: (item: Item) => boolean): number | null {
  return items.length === 0 ? null : items.filter(is).length / items.length
}

/** Most frequent first; suspended cameras have been reported and are no cause to look for. */
function causesOf(items: readonly Camera[]): { cause: FaultCode; cameras: number }[] {
  const counts = new Map<FaultCode, number>()
  for (const { health } of items) {
    if (health.cause !== null && health.status !== 'online' && health.status !== 'suspended') counts.set(health.cause, (counts.get(health.cause) ?? 0) + 1)
  }
  return [...counts].map(([cause, cameras]) => ({ cause, cameras })).sort((a, b) => b.cameras - a.cameras)
}
