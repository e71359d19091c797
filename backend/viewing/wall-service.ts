// Owns remembering a user's wall and showing of it only what the user may see now.
import type { CameraId } from '#contract/ids.ts'
import type { Wall } from '#contract/layouts.ts'
import { reach } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { CameraStore } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
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
    const wanted = wall.cameraIds.filter((id): id is CameraId => id !== null)
    const seen = new Set((await this.#deps.cameras.byIds(reach(principal, 'camera:view'), wanted)).map((camera) => camera.id))
    return { tiles: wall.tiles, cameraIds: wall.cameraIds.map((id) => (id !== null && seen.has(id) ? id : null)) }
  }

  async put(principal: Principal, wall: Wall, from: { ip: string }): Promise<void> {
    const { storage, trail, walls } = this.#deps
    await storage.transaction(async (tx) => {
      await walls.put(tx, principal.userId, wall)
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'wall.save', targetKind: 'user', targetId: principal.userId, targetName: principal.displayName, detail: { tiles: wall.tiles } })
    })
  }
}
