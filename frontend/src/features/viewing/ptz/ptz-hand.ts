// Owns what a hand wants of a head: joystick, keys and zoom buttons add up to one velocity, which is renewed while any of
// them is held and stopped when none is.
// Refuses: knowing sockets and elements; it is told who holds what.
import { renewEveryMs } from '#contract/ptz.ts'

export interface Velocity {
  pan: number
  tilt: number
  zoom: number
}
export interface PtzHandDeps {
  send: (velocity: Velocity) => void
  stop: () => void
  /** Calls `run` every `periodMs`; gives the function that ends it. */
  every: (periodMs: number, run: () => void) => () => void
}

const within = (value: number) => Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100

export class PtzHand {
  readonly #deps: PtzHandDeps
  readonly #held = new Map<string, Partial<Velocity>>()
  #sent: Velocity | null = null
  #endRenewal: (() => void) | undefined

  constructor(deps: PtzHandDeps) {
    this.#deps = deps
  }

  get isMoving(): boolean {
    return this.#sent !== null
  }

  /** @param by what holds: a key, the joystick, a button; the same name again changes what it wants */
  hold(by: string, wanted: Partial<Velocity>): void {
    this.#held.set(by, wanted)
    this.#apply()
  }

  release(by: string): void {
    if (this.#held.delete(by)) this.#apply()
  }

  /** The window lost the focus, the line is gone, the mode ended: nothing is held any more, whatever is pressed. */
  releaseAll(): void {
    this.#held.clear()
    this.#apply()
  }

  #apply(): void {
    const sum = { pan: 0, tilt: 0, zoom: 0 }
    for (const { pan = 0, tilt = 0, zoom = 0 } of this.#held.values()) {
      sum.pan += pan
      sum.tilt += tilt
      sum.zoom += zoom
    }
    const velocity = { pan: within(sum.pan), tilt: within(sum.tilt), zoom: within(sum.zoom) }
    const isStill = velocity.pan === 0 && velocity.tilt === 0 && velocity.zoom === 0
    if (isStill) return this.#stop()
    const isSame = this.#sent?.pan === velocity.pan && this.#sent.tilt === velocity.tilt && this.#sent.zoom === velocity.zoom
    this.#sent = velocity
    if (!isSame) this.#deps.send(velocity)
    this.#endRenewal ??= this.#deps.every(renewEveryMs, () => {
      if (this.#sent !== null) this.#deps.send(this.#sent)
    })
  }

  #stop(): void {
    this.#endRenewal?.()
    this.#endRenewal = undefined
    if (this.#sent === null) return
    this.#sent = null
    this.#deps.stop()
  }
}
