// Owns remembering a user's wall and showing of it only what the user may see now; what is hidden so outlasts a save.
import type { CameraId } from '#contract/ids.ts'
import type { Wall } from '#contract/layouts.ts'
import { reach } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { CameraStore } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
import { withHiddenPlaces } from './hidden-places.ts'
import type { WallStore } from './wall-store.ts'

export interface WallServiceDeps {
  storage: Storage
  trail: AuditTrail
  walls: WallStore
  cameras: CameraStore
}

const firstWall: Wall = { tiles: 4, cameraIds: [null, null, null, null] }

export class WallService {
  readonly #deps: WallServiceDeps

  constructor(deps: WallServiceDeps) {
    this.#deps = deps
  }

  /** The caller's wall; a camera that left the scope leaves its tile empty, and is back when the scope is. */
  async get(principal: Principal): Promise<Wall> {
    return this.seenOf(principal, (await this.#deps.walls.get(principal.userId)) ?? firstWall)
  }

  /** A wall as this caller may see it. */
  async seenOf(principal: Principal, wall: Wall): Promise<Wall> {
    const seen = await this.seenIds(principal, wall.cameraIds)
    return { tiles: wall.tiles, cameraIds: wall.cameraIds.map((id) => (id !== null && seen.has(id) ? id : null)) }
  }

  /** Those of the cameras that this caller may see. */
  async seenIds(principal: Principal, ids: readonly (CameraId | null)[]): Promise<Set<CameraId>> {
    const cameras = await this.#deps.cameras.byIds(reach(principal, 'camera:view'), ids.filter((id) => id !== null))
    return new Set(cameras.map((camera) => camera.id))
  }

  /** A camera that the caller cannot see now stays in a place that is left empty; the answer does not tell. */
  async put(principal: Principal, wanted: Wall, from: { ip: string }): Promise<void> {
    const { storage, trail, walls } = this.#deps
    const kept = (await walls.get(principal.userId)) ?? firstWall
    const wall = { ...wanted, cameraIds: withHiddenPlaces(kept.cameraIds, wanted.cameraIds, await this.seenIds(principal, kept.cameraIds)) }
    await storage.transaction(async (tx) => {
      await walls.put(tx, principal.userId, wall)
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'wall.save', targetKind: 'user', targetId: principal.userId, targetName: principal.displayName, detail: { tiles: wall.tiles } })
    })
  }
}
