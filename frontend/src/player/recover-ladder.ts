// Owns what is tried next when a tile gets no frames: seek to the edge, rebuild the player, open the stream anew, then give
// the decoder back behind a still and try again with growing pauses. Pure; time comes in as the length of the silence.
// Refuses: doing it. One ladder belongs to one opened stream.

export type RecoverStep = 'seek-edge' | 'rebuild' | 'reopen' | 'still'

const RUNGS: readonly { afterMs: number; step: RecoverStep }[] = [
  { afterMs: 1_500, step: 'seek-edge' },
  { afterMs: 4_000, step: 'rebuild' },
  { afterMs: 10_000, step: 'reopen' },
  { afterMs: 20_000, step: 'still' },
]
/** A first picture may take as long as a camera's longest GOP; before that there is nothing to repair. */
const FIRST_PICTURE_MS = 12_000
/** A camera of one frame a second is not stalled after one and a half: so many usual intervals belong to no rung. */
const USUAL_INTERVALS = 3
// The server stops a pull 60 s after its last viewer: the longest pause is shorter, so a dead camera stays asked for.
const PAUSES_MS = [5_000, 10_000, 30_000]

export class RecoverLadder {
  readonly #random: () => number
  #taken = 0
  #nextMs = 0

  /** @param random uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random
  }

  /** A frame came: the ladder starts from below. */
  frame(): void {
    this.#taken = 0
    this.#nextMs = 0
  }

  /**
   * The step that is due after `silentMs` without a frame, or undefined. Each step is named once.
   * @param hadPicture whether this stream ever showed a frame since it was opened.
   * @param usualGapMs what usually lies between two of its frames.
   */
  due(silentMs: number, hadPicture: boolean, usualGapMs = 0): RecoverStep | undefined {
    const rung = hadPicture ? RUNGS[this.#taken] : undefined
    if (rung !== undefined) {
      if (silentMs < Math.max(rung.afterMs, USUAL_INTERVALS * usualGapMs)) return undefined
      this.#taken++
      if (this.#taken === RUNGS.length) this.#nextMs = silentMs + this.#pauseMs()
      return rung.step
    }
    const firstMs = this.#nextMs === 0 ? FIRST_PICTURE_MS : this.#nextMs
    if (silentMs < firstMs) return undefined
    this.#taken = Math.max(this.#taken, RUNGS.length) + 1
    this.#nextMs = silentMs + this.#pauseMs()
    return 'reopen'
  }

  #pauseMs(): number {
    const pause = PAUSES_MS[Math.min(Math.max(0, this.#taken - RUNGS.length), PAUSES_MS.length - 1)] ?? 30_000
    return pause * (0.8 + 0.4 * this.#random())
  }
}
