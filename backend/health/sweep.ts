// Owns asking many cameras at once: as many as our own loop bears, each with its own deadline, the slow ones last so that
// they delay nobody. Refuses: calling a camera silent that answered while we did not listen.
import type { Clock } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { CameraId } from '#contract/ids.ts'
import type { Camera } from '../registry/index.ts'
import { checkCamera, type CameraCheckDeps } from './camera-check.ts'
import type { CameraCheck } from './evidence.ts'
import { classOf, type RungResult } from './ladder.ts'
import type { WatchPace } from './watch-pace.ts'

export interface SweepDeps extends CameraCheckDeps {
  clock: Clock
  pace: Pick<WatchPace, 'sweepAtOnce' | 'lateTicks' | 'deadlineMs'>
}

const SLOW_MS = 1_000
/** Cameras that were silent while our own loop was late are asked again so few at once. */
const AGAIN_AT_ONCE = 4
const ourLateness: Fault = { code: 'probe_failed', retry: 'soon', detail: 'our own loop was late' }

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

  /**
   * Checks every camera; `onChecked` is called as each one ends. One that was silent while our own loop was late is asked
   * again at the end, and if that was no better, it is our own fault. Resolves when all have ended, or soon after an abort.
   */
  async run(cameras: readonly Camera[], onChecked: (camera: Camera, check: CameraCheck) => void, signal: AbortSignal): Promise<void> {
    const { pace } = this.#deps
    const told = (camera: Camera, check: CameraCheck) => {
      this.#remembered.set(camera.id, { slow: check.tookMs > SLOW_MS, refused: classOf(check.onvif) === 'login' })
      onChecked(camera, check)
    }
    const quickFirst = [...cameras].sort((a, b) => Number(this.#of(a).slow) - Number(this.#of(b).slow))
    const again: Camera[] = []
    await this.#ask(quickFirst, () => pace.sweepAtOnce, (camera, check, late) => (late && isSilent(check) ? again.push(camera) : told(camera, check)), signal)
    await this.#ask(again, () => AGAIN_AT_ONCE, (camera, check, late) => told(camera, late ? withoutSilence(check) : check), signal)
  }

  /** `late`: our own loop was late meanwhile. */
  async #ask(cameras: readonly Camera[], atOnce: () => number, onEnd: (camera: Camera, check: CameraCheck, late: boolean) => void, signal: AbortSignal): Promise<void> {
    const { pace, deadlineMs } = this.#deps
    const queue = cameras.values()
    let lanes = Math.min(atOnce(), cameras.length)
    const lane = async (): Promise<void> => {
      for (const camera of queue) {
        if (signal.aborted) return
        const lateBefore = pace.lateTicks
        const check = await checkCamera({ ...this.#deps, deadlineMs: pace.deadlineMs(deadlineMs) }, camera, this.#of(camera).refused, signal)
        if (signal.aborted) return
        onEnd(camera, check, pace.lateTicks > lateBefore)
        // While the pace is slow lanes end, but never the last.
        if (lanes > Math.max(1, atOnce())) return void lanes--
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  /** Drops what was learnt of a camera, e.g. because its login changed. */
  forget(cameraId: CameraId): void {
    this.#remembered.delete(cameraId)
  }

  #of(camera: Camera): Remembered {
    return this.#remembered.get(camera.id) ?? { slow: false, refused: false }
  }
}

function isSilent(check: CameraCheck): boolean {
  return [check.onvif, check.rtsp].some((result) => ['silent', 'unreachable', 'ours'].includes(classOf(result)))
}

function withoutSilence(check: CameraCheck): CameraCheck {
  const ours = (result: RungResult): RungResult => (classOf(result) === 'silent' ? { ...result, fault: ourLateness } : result)
  return { ...check, onvif: ours(check.onvif), rtsp: ours(check.rtsp) }
}
