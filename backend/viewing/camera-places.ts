// Owns a short memory of which unit a camera belongs to, so that a segment needs no look-up in the database.
// Refuses: rights. Those come fresh with the principal; only the camera's place may be a few seconds old.
import type { Clock } from '#base/clock.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import type { CameraService } from '../registry/index.ts'
import { isOutage } from '../storage/index.ts'

export interface CameraPlace {
  name: string
  unitId: UnitId
}

const freshMs = 3_000
const tryAgainMs = 500
const mostKept = 20_000

export class CameraPlaces {
  readonly #deps: { cameraService: CameraService; clock: Clock }
  readonly #known = new Map<CameraId, { place: CameraPlace; readMs: number }>()

  constructor(deps: { cameraService: CameraService; clock: Clock }) {
    this.#deps = deps
    deps.cameraService.events.on('changed', ({ cameraId }) => this.#known.delete(cameraId))
  }

  /** Where the camera is; null when there is no such camera. */
  async of(id: CameraId): Promise<CameraPlace | null> {
    const nowMs = this.#deps.clock.monotonicMs()
    const known = this.#known.get(id)
    if (known && nowMs - known.readMs < freshMs) return known.place
    try {
      return await this.#read(id, nowMs)
    } catch (error) {
      if (known === undefined || !isOutage(error)) throw error
      // The database is away, so nobody moves it either. Whether the picture may go on is the session's question.
      known.readMs = nowMs - freshMs + tryAgainMs
      return known.place
    }
  }

  async #read(id: CameraId, nowMs: number): Promise<CameraPlace | null> {
    const camera = await this.#deps.cameraService.find(id)
    if (camera === null) return null
    const place = { name: camera.archive.name, unitId: camera.unitId }
    if (this.#known.size >= mostKept) this.#known.clear()
    this.#known.set(id, { place, readMs: nowMs })
    return place
  }
}
