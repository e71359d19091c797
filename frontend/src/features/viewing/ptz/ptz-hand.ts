// Owns what a hand wants of a head: joystick, keys and zoom buttons add up to one velocity, which is sent as it changes but
// not more often than the line bears, renewed while any of them is held, and stopped at once when none is.
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
  monotonicMs: () => number
  /** Calls `run` once after `delayMs`; gives the function that prevents it. */
  after: (delayMs: number, run: () => void) => () => void
}

/** A joystick changes with every movement of the pointer; the server ends connections that send more than 50 packets a second. */
export const sendEveryMs = 70

const within = (value: number) => Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100

export class PtzHand {
  readonly #deps: PtzHandDeps
  readonly #held = new Map<string, Partial<Velocity>>()
  #wanted: Velocity | null = null
  /** What the head was told since it was last told to stop. */
  #sent: Velocity | null = null
  #sentMs = -Infinity
  #cancel: (() => void) | undefined

  constructor(deps: PtzHandDeps) {
    this.#deps = deps
  }

  get isMoving(): boolean {
    return this.#wanted !== null
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
    this.#wanted = velocity
    const isSame = this.#sent?.pan === velocity.pan && this.#sent.tilt === velocity.tilt && this.#sent.zoom === velocity.zoom
    if (isSame) return
    const dueInMs = this.#sentMs + sendEveryMs - this.#deps.monotonicMs()
    if (dueInMs <= 0) this.#send()
    else this.#sendAfter(dueInMs)
  }

  /** Whatever is wanted by then; a renewal if that is what was sent before. */
  #sendAfter(delayMs: number): void {
    this.#cancel?.()
    this.#cancel = this.#deps.after(delayMs, () => this.#send())
  }

  #send(): void {
    if (this.#wanted === null) return
    this.#sent = this.#wanted
    this.#sentMs = this.#deps.monotonicMs()
    this.#sendAfter(renewEveryMs)
    this.#deps.send(this.#wanted)
  }

  #stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#wanted = null
    if (this.#sent === null) return
    this.#sent = null
    this.#deps.stop()
  }
}
