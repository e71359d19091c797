// Owns how fast a live picture plays so that it stays a chosen time behind what has come: a little faster when late, a
// little slower when the reserve runs out, a jump when far behind. Pure; time comes in.
// Refuses: jumping before the first picture was on screen, which makes slow decoders start over.

export interface PaceOptions {
  /** Reserve to keep, seconds, measured when media has just come. */
  targetSeconds: number
  minRate: number
  maxRate: number
  /** Further behind than this is jumped over, seconds. */
  jumpBeyondSeconds: number
  /** Media comes in pieces; the largest reserve within this time counts, ms. */
  windowMs: number
}

export type PaceAction = { kind: 'rate'; rate: number } | { kind: 'jump'; toAheadSeconds: number }

/** A stall says that the reserve was too small for this line or machine: so much more … */
const STALL_ADDS_SECONDS = 0.15
const ADDED_MAX_SECONDS = 0.9
/** … until it went well for so long. */
const FORGET_AFTER_MS = 30_000
const JUMP_PAUSE_MS = 3_000
const DEAD_ZONE_SECONDS = 0.06
const GAIN = 0.4

export class PaceKeeper {
  readonly #options: PaceOptions
  #samples: { atMs: number; ahead: number }[] = []
  #addedSeconds = 0
  #changedMs = 0
  #jumpedMs = -Infinity

  constructor(options: PaceOptions) {
    this.#options = options
  }

  get targetSeconds(): number {
    return this.#options.targetSeconds + this.#addedSeconds
  }

  /** The picture stood still for want of media. */
  stalled(nowMs: number): void {
    this.#addedSeconds = Math.min(ADDED_MAX_SECONDS, this.#addedSeconds + STALL_ADDS_SECONDS)
    this.#changedMs = nowMs
  }

  /** @param aheadSeconds media ready beyond the picture on screen. */
  next(nowMs: number, aheadSeconds: number): PaceAction {
    const { windowMs, jumpBeyondSeconds, minRate, maxRate } = this.#options
    if (this.#addedSeconds > 0 && nowMs - this.#changedMs > FORGET_AFTER_MS) {
      this.#addedSeconds = Math.max(0, this.#addedSeconds - STALL_ADDS_SECONDS)
      this.#changedMs = nowMs
    }
    this.#samples = [...this.#samples.filter(({ atMs }) => nowMs - atMs <= windowMs), { atMs: nowMs, ahead: aheadSeconds }]
    const behind = Math.max(...this.#samples.map(({ ahead }) => ahead)) - this.targetSeconds
    if (behind > jumpBeyondSeconds && nowMs - this.#jumpedMs > JUMP_PAUSE_MS) {
      this.#jumpedMs = nowMs
      this.#samples = []
      return { kind: 'jump', toAheadSeconds: this.targetSeconds }
    }
    if (Math.abs(behind) < DEAD_ZONE_SECONDS) return { kind: 'rate', rate: 1 }
    // Steps of a hundredth: every change of rate costs the browser a little.
    return { kind: 'rate', rate: Math.round(Math.min(maxRate, Math.max(minRate, 1 + behind * GAIN)) * 100) / 100 }
  }
}
