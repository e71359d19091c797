// Owns turning a camera's times into ours: 90 kHz, strictly rising, continuous over reconnects.
// Refuses: stalling, going back, and running ahead of the camera: an odd step becomes a usual one and what that put the
// timeline ahead is given back. A jump of more than a second ends the epoch, unless the frames come at that distance.
import { TIMESCALE } from './mp4-writer.ts'

export interface TimelineStep {
  /** Decode time on our timeline, ticks. */
  dts: number
  compositionOffset: number
  /** The camera's time jumped: what follows must be told as a discontinuity. */
  jumped: boolean
  repaired: boolean
}

const FALLBACK_STEP = TIMESCALE / 25
const JUMP_TICKS = TIMESCALE
/** Of a slow camera's frames some may be lost on the way. */
const JUMP_STEPS = 4
/** So many usual steps may go by without a frame: some may be lost on the way. */
const GAP_STEPS = 3
/** No camera offers less than a frame in 16 s. */
const SLOWEST_STEP = 20 * TIMESCALE
const MAX_OFFSET_TICKS = 10 * TIMESCALE
const STEPS_KEPT = 31
const SETTLED_STEPS = 8
/** Frames come late, never early: for so long after the first one the least delayed is the best witness. */
const SETTLE_TICKS = 3 * TIMESCALE
/** How fast the distance between our times and arrival may change afterwards: 5 ms a second, as the program clock's. */
const SLEW = 0.005
/** While time is given back, frames are at most so much closer together. */
const HURRY = 32
/** A debt that arrival does not confirm is forgotten at this share of the time that goes by. */
const FORGET = 16

export class Timeline {
  #timescale = TIMESCALE
  #lastSource: number | null = null
  #last: number | null = null
  #steps: number[] = []
  #usual = FALLBACK_STEP
  #sinceSorted = 0
  /** Steps of the source before this one tell nothing of this one's. */
  #stale = false
  /** The last step that was taken for a jump; the same once more is a slow camera whose frames come in a burst. */
  #unproven = 0
  /** Ticks that repairs have put the timeline ahead of the camera's. */
  #ahead = 0
  /** How far our times usually lie ahead of the frames' arrival, ticks; null before this source's first frame. */
  #lead: number | null = null
  #firstArrived = 0
  #lastArrived = 0

  /** A new source of frames (a reconnect): the next frame follows the last one by a usual step. */
  restart(timescale: number): void {
    this.#timescale = timescale > 0 ? timescale : TIMESCALE
    this.#lastSource = null
    this.#stale = true
    this.#unproven = 0
    this.#ahead = 0
    this.#lead = null
  }

  /** The usual distance of two frames, ticks: the median of the newest ones. */
  get usualStep(): number {
    return this.#usual
  }

  /** How long the next frame may be away with nothing being wrong, ticks: of one frame it is not known how slow its camera is. 0 before any. */
  get longestGap(): number {
    if (this.#steps.length > 0) return GAP_STEPS * this.#usual
    return this.#last === null ? 0 : SLOWEST_STEP
  }

  /** How many distances of this source's frames the usual one rests on. */
  get stepsSeen(): number {
    return this.#stale ? 0 : this.#steps.length
  }

  /** The last frame was put so many ticks before its place: those that follow keep their distance to it. */
  fallBack(ticks: number): void {
    if (this.#last !== null) this.#last -= ticks
    if (this.#lead !== null) this.#lead -= ticks
    this.#ahead = Math.max(0, this.#ahead - ticks)
  }

  /** @param arrivedMs monotonic ms when the frame came in: what tells a slow camera from one whose clock jumps */
  place(sourceDts: number, sourceOffset: number, arrivedMs: number): TimelineStep {
    const source = Math.round((sourceDts / this.#timescale) * TIMESCALE)
    const offset = Math.round((sourceOffset / this.#timescale) * TIMESCALE)
    const arrived = Math.round((arrivedMs / 1000) * TIMESCALE)
    const place = this.#judge(source, arrived)
    place.compositionOffset = Math.abs(offset) <= MAX_OFFSET_TICKS ? offset : 0
    this.#last = place.dts
    // After a time that is no number, the next frame is placed like the first of a pull.
    this.#lastSource = Number.isSafeInteger(source) ? source : null
    this.#watch(place.dts - arrived, arrived)
    return place
  }

  #judge(source: number, arrived: number): TimelineStep {
    const usual = this.#usual
    const last = this.#last
    const next = (last ?? -usual) + usual
    if (last === null || this.#lastSource === null || !Number.isSafeInteger(source)) {
      return { dts: next, compositionOffset: 0, jumped: false, repaired: !Number.isSafeInteger(source) }
    }
    const step = source - this.#lastSource
    if (this.#isJump(step, last + step - arrived)) {
      this.#ahead = 0
      // How much time really went by is not known; arrival tells from here on.
      this.#lead = null
      return { dts: next, compositionOffset: 0, jumped: true, repaired: true }
    }
    this.#unproven = 0
    const repaired = step <= 0
    if (repaired) this.#ahead += usual - step
    else this.#remember(step)
    const place = repaired ? next : last + step
    return { dts: this.#ahead > 0 ? place - this.#givenBack(place - last, place - arrived) : place, compositionOffset: 0, jumped: false, repaired }
  }

  /** @param lead how far ahead of its arrival the frame would be after this step */
  #isJump(step: number, lead: number): boolean {
    if (step < -JUMP_TICKS) return true
    if (step <= Math.max(JUMP_TICKS, JUMP_STEPS * this.#usual)) return false
    if (lead <= (this.#lead ?? lead) + JUMP_TICKS) return false
    const again = step <= SLOWEST_STEP && Math.abs(step - this.#unproven) <= step / 4
    this.#unproven = step
    return !again
  }

  /**
   * How much nearer to the last frame this one is placed. Only as far as arrival, too, says that the timeline is ahead: a
   * camera whose clock was put back for good has lost no time.
   */
  #givenBack(advance: number, lead: number): number {
    const owed = Math.min(this.#ahead, lead - (this.#lead ?? lead))
    if (owed <= 0) {
      this.#ahead = Math.max(0, this.#ahead - Math.ceil(advance / FORGET))
      return 0
    }
    const given = Math.max(0, Math.min(owed, advance - Math.ceil(advance / HURRY)))
    this.#ahead -= given
    return given
  }

  #watch(lead: number, arrived: number): void {
    if (this.#lead === null) {
      this.#lead = lead
      this.#firstArrived = arrived
    } else if (arrived - this.#firstArrived < SETTLE_TICKS) this.#lead = Math.max(this.#lead, lead)
    else {
      const reach = Math.ceil((arrived - this.#lastArrived) * SLEW)
      this.#lead += Math.max(-reach, Math.min(reach, lead - this.#lead))
    }
    this.#lastArrived = arrived
  }

  #remember(step: number): void {
    if (this.#stale) this.#steps = []
    this.#stale = false
    this.#steps.push(step)
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift()
    // A median of so many does not move much from frame to frame.
    if (this.#steps.length > SETTLED_STEPS && ++this.#sinceSorted < SETTLED_STEPS) return
    this.#sinceSorted = 0
    const sorted = [...this.#steps].sort((a, b) => a - b)
    // The lower one of two in the middle: a pause before a camera's first frames says nothing of their distance.
    this.#usual = sorted[(sorted.length - 1) >> 1] ?? FALLBACK_STEP
  }
}
