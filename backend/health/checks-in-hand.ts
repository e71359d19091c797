// Owns who is being asked right now: for which generation of its device and login, and until when.
// Refuses: asking and judging; it only knows that an answer is outstanding.
import type { CameraId } from '#contract/ids.ts'
import type { Watched } from './status-book.ts'

interface InHand {
  generation: number
  ended: Promise<void>
  end: () => void
}

export class ChecksInHand {
  readonly #byCamera = new Map<CameraId, InHand>()

  /** Takes those in hand whom nobody is asking, or only for an earlier generation. @returns their generations */
  take(due: readonly Watched[]): Map<CameraId, number> {
    const free = due.filter(({ camera, generation }) => this.#byCamera.get(camera.id)?.generation !== generation)
    for (const { camera, generation } of free) {
      let end = () => {}
      const ended = new Promise<void>((resolve) => (end = resolve))
      this.#byCamera.get(camera.id)?.end() // its answer will be dropped: nobody need wait for it
      this.#byCamera.set(camera.id, { generation, ended, end })
    }
    return new Map(free.map(({ camera, generation }) => [camera.id, generation]))
  }

  /** The answer for this generation has come, or never will. */
  done(cameraId: CameraId, generation: number): void {
    const inHand = this.#byCamera.get(cameraId)
    if (inHand?.generation !== generation) return
    this.#byCamera.delete(cameraId)
    inHand.end()
  }

  /** Resolves when none of the questions that are outstanding now is any more. */
  async atRest(asked: readonly Watched[]): Promise<void> {
    await Promise.all(asked.map(({ camera }) => this.#byCamera.get(camera.id)?.ended))
  }
}
