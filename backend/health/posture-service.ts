// Owns what callers ask of the watch over devices' doors: one camera's, and asking it now.
// Refuses: cameras out of the caller's own units (404, grants do not reach here), asking one that is suspended.
import { AppError } from '#base/app-error.ts'
import type { CameraId } from '#contract/ids.ts'
import type { CameraPosture } from '#contract/posture.ts'
import { errorCodes } from '#contract/errors.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Camera, CameraService } from '../registry/index.ts'
import { toInstantOrNull } from '../storage/index.ts'
import { askedPlace, doorsOf, holdOf, postureOf, type DoorRecord } from './posture.ts'
import type { PostureStore } from './posture-store.ts'
import type { PostureWatch } from './posture-watch.ts'

export interface PostureServiceDeps {
  trail: AuditTrail
  cameraService: CameraService
  postures: PostureStore
  postureWatch: PostureWatch
}

export class PostureService {
  readonly #deps: PostureServiceDeps
  /** Being asked for a person: a camera takes one question at a time, and no queue of them. */
  readonly #asking = new Set<CameraId>()

  constructor(deps: PostureServiceDeps) {
    this.#deps = deps
  }

  /** @throws AppError not_found */
  async camera(principal: Principal, cameraId: CameraId): Promise<CameraPosture> {
    const { cameraService, postures } = this.#deps
    const camera = await cameraService.get(principal, cameraId)
    return present(camera, await postures.of(cameraId, askedPlace(camera, cameraService.placeOf(camera, 'sub'))))
  }

  /** @throws AppError not_found, conflict (suspended, or its device changed while it was asked), too_many_tries (is being asked) */
  async check(principal: Principal, cameraId: CameraId, from: { ip: string }): Promise<CameraPosture> {
    const { cameraService } = this.#deps
    const camera = await cameraService.get(principal, cameraId)
    if (camera.health.status === 'suspended') throw new AppError('conflict', 'conflict', 'The camera is suspended.')
    if (this.#asking.has(cameraId)) throw new AppError('throttled', 'too_many_tries', errorCodes.too_many_tries, { retryAfterSeconds: 1 })
    this.#asking.add(cameraId)
    try {
      return await this.#ask(principal, camera, from)
    } finally {
      this.#asking.delete(cameraId)
    }
  }

  async #ask(principal: Principal, camera: Camera, from: { ip: string }): Promise<CameraPosture> {
    const { postureWatch, trail } = this.#deps
    const records = await postureWatch.ask(camera, async (tx, found) => {
      const detail = Object.fromEntries(found.map(({ door, answer, fault }) => [door, fault ?? answer]))
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'camera.check-posture', targetKind: 'camera', targetId: camera.id, targetName: camera.archive.name, detail })
    })
    if (records === null) throw new AppError('conflict', 'conflict', errorCodes.conflict)
    return present(camera, records)
  }
}

function present(camera: Camera, records: readonly DoorRecord[]): CameraPosture {
  const doors = doorsOf(camera)
  return {
    posture: postureOf(doors, records),
    doors: doors.map((door) => {
      const known = records.find((record) => record.door === door)
      return {
        door,
        answer: known?.answer ?? null,
        since: toInstantOrNull(known?.sinceMs ?? null),
        answeredAt: toInstantOrNull(known?.answeredMs ?? null),
        askedAt: toInstantOrNull(known?.askedMs ?? null),
        fault: known?.fault ?? null,
      }
    }),
    hold: holdOf(camera.health),
  }
}
