// Owns the pan-tilt-zoom head: where it points, what moves it, its presets.
// Refuses: moving the picture; the loops are fixed views.
import type { Clock } from '#base/clock.ts'

export interface PtzPosition {
  /** −1 to 1 each; zoom 0 to 1. */
  pan: number
  tilt: number
  zoom: number
}

/** At full speed the head crosses its range in this time. */
const FULL_SWING_SECONDS = 8
const HOME: PtzPosition = { pan: 0, tilt: 0, zoom: 0 }

export class PtzHead {
  readonly #clock: Clock
  #position: PtzPosition = HOME
  #velocity: PtzPosition = HOME
  #sinceMs = 0
  #untilMs = Infinity
  readonly presets = new Map<string, { name: string; position: PtzPosition }>([['1', { name: 'home', position: HOME }]])

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock
  }

  /** Moves until stopped or until `timeoutMs` has passed, as the ONVIF Timeout says. */
  move(velocity: PtzPosition, timeoutMs: number): void {
    this.#settle()
    this.#velocity = velocity
    this.#untilMs = this.#sinceMs + timeoutMs
  }

  stop(): void {
    this.#settle()
    this.#velocity = HOME
  }

  goTo(position: PtzPosition): void {
    this.stop()
    this.#position = position
  }

  get position(): PtzPosition {
    this.#settle()
    return this.#position
  }

  get moving(): { panTilt: boolean; zoom: boolean } {
    this.#settle()
    return { panTilt: this.#velocity.pan !== 0 || this.#velocity.tilt !== 0, zoom: this.#velocity.zoom !== 0 }
  }

  setPreset(name: string, token?: string): string {
    let number = 1
    while (this.presets.has(String(number))) number++
    const key = token ?? String(number)
    this.presets.set(key, { name, position: this.position })
    return key
  }

  #settle(): void {
    const nowMs = this.#clock.monotonicMs()
    const seconds = Math.max(0, Math.min(nowMs, this.#untilMs) - this.#sinceMs) / 1000
    const step = (from: number, speed: number, least: number) => Math.min(1, Math.max(least, from + (speed * 2 * seconds) / FULL_SWING_SECONDS))
    const { pan, tilt, zoom } = this.#position
    this.#position = { pan: step(pan, this.#velocity.pan, -1), tilt: step(tilt, this.#velocity.tilt, -1), zoom: step(zoom, this.#velocity.zoom / 2, 0) }
    if (nowMs >= this.#untilMs) {
      this.#velocity = HOME
      this.#untilMs = Infinity
    }
    this.#sinceMs = nowMs
  }
}
