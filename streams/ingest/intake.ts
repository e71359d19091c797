// Owns watching over the bytes of one pull: a camera that is silent for too long, and one that sends more than it may.
// Refuses: ending the pull or slowing the camera down itself; it tells.
import type { Clock, Timer } from '#base/clock.ts'
import type { Awake } from '../awake.ts'

export interface IntakeLimits {
  /** No media bytes for so long after PLAY is stream_silent, unless the camera's pictures are further apart. */
  silenceMs: number
  /** Bytes per second that one camera may send; more is slowed down by not reading. */
  maxBytesPerSecond: number
}

export interface IntakeDeps {
  clock: Clock
  /** Silence is measured in it. */
  awake: Pick<Awake, 'ms' | 'patience'>
  limits: IntakeLimits
  /** How many times longer than usual a silence may be just now. */
  patience(): number
  /** How long a picture may be away with nothing being wrong, ms: reports, too, may be 7.5 s apart (RFC 3550 §6.2). */
  frameGapMs(): number
  /** @param ms how long a silence may be */
  onSilent(ms: number): void
  /** Stop reading until `onWithinBudget`. */
  onOverBudget(): void
  onWithinBudget(): void
}

export class Intake {
  readonly #deps: IntakeDeps
  #lastMs = 0
  #budget: number
  #budgetAtMs: number
  #watchdog: Timer | undefined
  #throttle: Timer | undefined

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#budget = deps.limits.maxBytesPerSecond
    this.#budgetAtMs = deps.clock.monotonicMs()
  }

  /** Between `onOverBudget` and `onWithinBudget`: whoever reads on for another reason waits for that, too. */
  get overBudget(): boolean {
    return this.#throttle !== undefined
  }

  /** So many bytes of media came. */
  took(bytes: number): void {
    this.#lastMs = this.#deps.awake.ms()
    this.#charge(bytes)
  }

  /** So many other bytes came, messages or of no use: they break no silence, and take from the budget all the same. */
  tookOther(bytes: number): void {
    this.#charge(bytes)
  }

  /** The camera has promised media: from now on silence counts. */
  expectMedia(): void {
    if (this.#watchdog) return
    const { clock, limits, awake } = this.#deps
    this.#lastMs = Math.max(this.#lastMs, awake.ms())
    this.#watchdog = clock.every(Math.min(500, limits.silenceMs), () => {
      const mostMs = Math.max(limits.silenceMs, this.#deps.frameGapMs())
      // While it is slowed down, it is we who do not read.
      if (!this.#throttle && awake.ms() - this.#lastMs >= mostMs * this.#deps.patience()) this.#deps.onSilent(mostMs)
    })
  }

  end(): void {
    this.#watchdog?.cancel()
    this.#throttle?.cancel()
  }

  #charge(bytes: number): void {
    const { clock, awake, limits } = this.#deps
    const nowMs = clock.monotonicMs()
    this.#budget = Math.min(limits.maxBytesPerSecond, this.#budget + ((nowMs - this.#budgetAtMs) / 1000) * limits.maxBytesPerSecond) - bytes
    this.#budgetAtMs = nowMs
    if (this.#budget >= 0 || this.#throttle) return
    this.#deps.onOverBudget()
    this.#throttle = clock.after(Math.ceil((-this.#budget / limits.maxBytesPerSecond) * 1000), () => {
      this.#throttle = undefined
      this.#lastMs = awake.ms()
      this.#deps.onWithinBudget()
    })
  }
}
