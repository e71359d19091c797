// Owns named layouts and tours: who sees and who changes them, each change on record, and of each only the cameras that the caller may see.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { LayoutId } from '#contract/ids.ts'
import { layoutsMax, tourCamerasMax, type Layout, type LayoutBody } from '#contract/layouts.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { toInstant, type Storage, type Tx } from '../storage/index.ts'
import { withHiddenInOrder, withHiddenPlaces } from './hidden-places.ts'
import type { LayoutStore, StoredLayout } from './layout-store.ts'
import type { WallService } from './wall-service.ts'

export interface LayoutServiceDeps {
  storage: Storage
  clock: Clock
  trail: AuditTrail
  layouts: LayoutStore
  wallService: WallService
}

export class LayoutService {
  readonly #deps: LayoutServiceDeps

  constructor(deps: LayoutServiceDeps) {
    this.#deps = deps
  }

  async list(principal: Principal): Promise<Layout[]> {
    const layouts = await this.#deps.layouts.seenBy(principal)
    return Promise.all(layouts.map((layout) => this.#present(principal, layout)))
  }

  /** @throws AppError conflict when the caller has as many as one may have, not_found for a tour over a unit out of scope */
  async create(principal: Principal, body: LayoutBody, from: { ip: string }): Promise<Layout> {
    const { storage, layouts, clock } = this.#deps
    assertUnit(principal, body)
    const layout = this.#saved(principal, newId<LayoutId>(clock.now()), body)
    await storage.transaction(async (tx) => {
      if ((await layouts.countOf(tx, principal.userId)) >= layoutsMax) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      await layouts.add(tx, layout)
      await this.#record(tx, principal, from, 'layout.save', layout)
    })
    return this.#present(principal, layout)
  }

  /** @throws AppError not_found, no_permission (shared by somebody else) */
  async update(principal: Principal, id: LayoutId, body: LayoutBody, from: { ip: string }): Promise<Layout> {
    const kept = await this.#own(principal, id)
    assertUnit(principal, body)
    const layout = this.#saved(principal, id, { ...body, cameraIds: await this.#withHidden(principal, kept, body) })
    await this.#deps.storage.transaction(async (tx) => {
      await this.#deps.layouts.update(tx, layout)
      await this.#record(tx, principal, from, 'layout.save', layout)
    })
    return this.#present(principal, layout)
  }

  /** @throws AppError not_found, no_permission (shared by somebody else) */
  async remove(principal: Principal, id: LayoutId, from: { ip: string }): Promise<void> {
    const layout = await this.#own(principal, id)
    await this.#deps.storage.transaction(async (tx) => {
      await this.#deps.layouts.remove(tx, id)
      await this.#record(tx, principal, from, 'layout.delete', layout)
    })
  }

  async #own(principal: Principal, id: LayoutId): Promise<StoredLayout> {
    const layout = await this.#deps.layouts.get(principal, id)
    if (layout === null) throw missing()
    if (layout.ownerId !== principal.userId) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    return layout
  }

  /** As sent, with what the caller could not see in it, unless it has become something else: a tour, a still one, a unit's. */
  async #withHidden(principal: Principal, kept: StoredLayout, body: LayoutBody): Promise<LayoutBody['cameraIds']> {
    if (body.tour?.unitId != null || (kept.tour === null) !== (body.tour === null)) return body.cameraIds
    const seen = await this.#deps.wallService.seenIds(principal, kept.cameraIds)
    return body.tour === null ? withHiddenPlaces(kept.cameraIds, body.cameraIds, seen) : withHiddenInOrder(kept.cameraIds, body.cameraIds, seen, tourCamerasMax)
  }

  #saved(principal: Principal, id: LayoutId, body: LayoutBody): StoredLayout {
    return { ...body, id, ownerId: principal.userId, ownerName: principal.displayName, unitId: principal.unitId, savedAtMs: this.#deps.clock.now() }
  }

  async #present(principal: Principal, layout: StoredLayout): Promise<Layout> {
    const { id, name, shared, ownerId, ownerName, savedAtMs } = layout
    const { tiles, cameraIds } = await this.#deps.wallService.seenOf(principal, layout)
    const { tour } = layout
    return { tiles, cameraIds: tour === null ? cameraIds : cameraIds.filter((one) => one !== null), tour, id, name, shared, mine: ownerId === principal.userId, ownerName, savedAt: toInstant(savedAtMs) }
  }

  async #record(tx: Tx, principal: Principal, from: { ip: string }, action: 'layout.save' | 'layout.delete', { id, name, shared, tiles, tour }: StoredLayout): Promise<void> {
    await this.#deps.trail.record(tx, { ...principal, ip: from.ip }, { action, targetKind: 'layout', targetId: id, targetName: name, detail: { shared, tiles, ...(tour === null ? {} : { dwellSeconds: tour.dwellSeconds }) } })
  }
}

/** A tour goes over units of the own subtree only. */
function assertUnit(principal: Principal, { tour }: LayoutBody): void {
  if (tour !== null && tour.unitId !== null && !principal.scope.unitIds.has(tour.unitId)) throw missing()
}
