// Owns asking many cameras at once: bounded, each with its own deadline, the slow ones last so that they delay nobody.
import type { Clock } from '#base/clock.ts'
import type { CameraId } from '#contract/ids.ts'
import type { Camera } from '../registry/index.ts'
import { checkCamera, type CameraCheckDeps } from './camera-check.ts'
import type { CameraCheck } from './evidence.ts'
import { classOf } from './ladder.ts'

export interface SweepDeps extends CameraCheckDeps {
  clock: Clock
  concurrency: number
}

const SLOW_MS = 1_000

interface Remembered {
  slow: boolean
  refused: boolean
}

export class Sweep {
  readonly #deps: SweepDeps
  readonly #remembered = new Map<CameraId, Remembered>()

  constructor(deps: SweepDeps) {
    this.#deps = deps
  }

  /** Checks every camera; `onChecked` is called as each one ends. Resolves when all have, or soon after an abort. */
  async run(cameras: readonly Camera[], onChecked: (camera: Camera, check: CameraCheck) => void, signal: AbortSignal): Promise<void> {
    const quickFirst = [...cameras].sort((a, b) => Number(this.#of(a).slow) - Number(this.#of(b).slow))
    const queue = quickFirst.values()
    const lane = async () => {
      for (const camera of queue) {
        if (signal.aborted) return
        const check = await checkCamera(this.#deps, camera, this.#of(camera).refused, signal)
        if (signal.aborted) return
        this.#remembered.set(camera.id, { slow: check.tookMs > SLOW_MS, refused: classOf(check.onvif) === 'login' })
        onChecked(camera, check)
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.#deps.concurrency, cameras.length) }, lane))
  }

  /** Drops what was learnt of a camera, e.g. because its login changed. */
  forget(cameraId: CameraId): void {
    this.#remembered.delete(cameraId)
  }

  #of(camera: Camera): Remembered {
    return this.#remembered.get(camera.id) ?? { slow: false, refused: false }
  }
}
