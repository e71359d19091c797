// Owns what a scene is: a fixed background, things that move over it, and how its frames are finished.
// Refuses: encoding (loops/encode.ts).
import { encodeFrameMark, MARK } from '../frame-mark.ts'
import type { Actor } from './actors.ts'
import { Canvas } from './canvas.ts'
import { drawDigits } from './digits.ts'
import { LOOP_SECONDS } from './motion.ts'
import type { ViewOptions } from './view.ts'
import { View } from './view.ts'

export interface Scene {
  name: string
  view: ViewOptions
  /** Surface grain of the background, luma steps. */
  grain: number
  /** The night cameras see in infrared: no colour. */
  infrared?: boolean
  paint: (view: View) => void
  /** What moves, at a time within the loop; the loop's end must meet its start. */
  actors: (view: View, timeSeconds: number) => Actor[]
}

export const FRAMES_PER_SECOND = 15
export const LOOP_FRAMES = LOOP_SECONDS * FRAMES_PER_SECOND
export const MAIN_SIZE = { width: 1280, height: 720 } as const
export const SUB_SIZE = { width: 640, height: 360 } as const

/** Renders a scene's frames at main size, one after the other, as yuv420p; the same buffer is used again each time. */
export class SceneRenderer {
  readonly #scene: Scene
  readonly #number: number
  readonly #background: Canvas
  readonly #frame: Canvas
  readonly #view: View

  /** @param number 0-based; shown in the picture from 1 */
  constructor(scene: Scene, number: number) {
    this.#scene = scene
    this.#number = number
    this.#background = new Canvas(MAIN_SIZE.width, MAIN_SIZE.height)
    this.#frame = new Canvas(MAIN_SIZE.width, MAIN_SIZE.height)
    const view = new View(this.#background, scene.view)
    scene.paint(view)
    this.#background.grain(scene.grain, 7 + number)
    if (scene.infrared) this.#background.data.fill(128, MAIN_SIZE.width * MAIN_SIZE.height)
    this.#view = view.onto(this.#frame)
  }

  render(frameIndex: number): Uint8Array {
    const frame = this.#frame
    frame.copyFrom(this.#background)
    const actors = this.#scene.actors(this.#view, frameIndex / FRAMES_PER_SECOND)
    for (const actor of actors.sort((a, b) => b.depth - a.depth)) if (actor.depth > 1) actor.draw(this.#view)
    if (this.#scene.infrared) frame.data.fill(128, MAIN_SIZE.width * MAIN_SIZE.height)
    drawDigits(frame, loopClock(frameIndex), 32, 24, 4)
    drawDigits(frame, `CH ${String(this.#number + 1).padStart(2, '0')}`, 1120, 24, 4)
    for (const block of encodeFrameMark(frameIndex, frame.width, frame.height)) {
      const luma = block.white ? MARK.white : MARK.black
      for (let y = block.y; y < block.y + block.size; y++) frame.data.fill(luma, y * frame.width + block.x, y * frame.width + block.x + block.size)
    }
    greyUnderMark(frame)
    return frame.data
  }
}

/** Seconds of the loop with tenths, as `00:07.3`. */
function loopClock(frameIndex: number): string {
  const tenths = Math.floor((frameIndex * 10) / FRAMES_PER_SECOND)
  return `00:${String(Math.floor(tenths / 10)).padStart(2, '0')}.${tenths % 10}`
}

function greyUnderMark(frame: Canvas): void {
  const luma = frame.width * frame.height
  const chromaWidth = frame.width / 2
  for (const block of encodeFrameMark(0, frame.width, frame.height)) {
    for (let y = block.y / 2; y < (block.y + block.size) / 2; y++) {
      const from = luma + y * chromaWidth + block.x / 2
      frame.data.fill(128, from, from + block.size / 2)
      frame.data.fill(128, from + luma / 4, from + luma / 4 + block.size / 2)
    }
  }
}
