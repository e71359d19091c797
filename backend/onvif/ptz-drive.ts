// Owns one head between hand and device: the newest wish is sent, old ones are dropped; a move that is not renewed ends.
// Refuses: queueing moves behind a slow device, and leaving it moving when the hand is gone: a stop that the device did not
// take is told again, also after the hand has left.
import type { Clock, Timer } from '#base/clock.ts'
import { sleep } from '#base/clock.ts'
import type { Fault, FaultCode } from '#contract/faults.ts'
import { deadManMs } from '#contract/ptz.ts'
import { isStill, sameVelocity, type PtzHead, type PtzVelocity } from './ptz.ts'

/** The device's own timeout, should this process die, and how often a lasting move tells it to go on. */
const DEVICE_TIMEOUT_MS = 3_000
const RESEND_MS = 1_500
const STOP_TRIES = 3
const STOP_AGAIN_MS = 150
/** After those tries, how often it is told again; and for how long once no hand is there. Its own timeout should have stopped it long before. */
const INSIST_EVERY_MS = 5_000
const INSIST_FOR_MS = 600_000

export interface Movement {
  atMs: number
  velocity: PtzVelocity
  forMs: number
}
const mostMovements = 40

export class PtzDrive {
  readonly #clock: Clock
  readonly #head: PtzHead
  readonly #onStop: (fault: Fault | null) => void
  #wanted: PtzVelocity | null = null
  #sent: { velocity: PtzVelocity; sentMs: number } | null = null
  #sending: Promise<void> | null = null
  /** A move was sent and no stop has been taken since; also a move that failed may be carried out. */
  #mayMove: boolean
  #deadMan: Timer | undefined
  #insisting: Timer | undefined
  /** Whether a hand may still steer; `abandoned`: nothing is told or said any more, not even what is on its way. */
  #hand: { kind: 'there' } | { kind: 'left'; sinceMs: number } | { kind: 'abandoned' } = { kind: 'there' }
  #began: { atMs: number; monotonicMs: number; velocity: PtzVelocity } | null = null
  #fault: Fault | null = null
  /** What the head did, for the record: the first ones, and how many there were in all. */
  readonly movements: Movement[] = []
  movementCount = 0
  movedMs = 0
  /** Stops that the device did not take, and why the last one. */
  stopsFailed = 0
  stopFault: Fault | null = null

  /** @param deps.onStop null: a stop was taken; a fault: it was not, whoever had told it. `mayMove`: the head comes from a hand that could not stop it */
  constructor(deps: { clock: Clock; head: PtzHead; mayMove: boolean; onStop: (fault: Fault | null) => void }) {
    this.#clock = deps.clock
    this.#head = deps.head
    this.#mayMove = deps.mayMove
    this.#onStop = deps.onStop
  }

  /** It takes no stop, and is told again by and by. */
  get isInsisting(): boolean {
    return this.#insisting !== undefined
  }

  /** Moves or goes on moving until `forMs` later. Gives why the last command failed, or null. */
  move(velocity: PtzVelocity, forMs: number = deadManMs): FaultCode | null {
    if (isStill(velocity)) {
      void this.stop()
      return null
    }
    const fault = this.#fault?.code ?? null
    if (!sameVelocity(this.#wanted, velocity)) this.#note(velocity)
    this.#wanted = velocity
    this.#insist(null)
    this.#deadMan?.cancel()
    this.#deadMan = this.#clock.after(forMs, () => void this.stop())
    if (this.#sending === null && this.#isDue()) this.#sending = this.#pump()
    return fault
  }

  /** When the device has been told: null. Why, when it could not be told after some tries and may still be moving. */
  async stop(): Promise<Fault | null> {
    this.#deadMan?.cancel()
    this.#deadMan = undefined
    this.#insist(null)
    this.#note(null)
    this.#wanted = null
    this.#sent = null
    if (!this.#mayMove) return null
    const fault = await this.#tellStop()
    const sending = this.#sending
    if (sending === null) return fault
    // A move that was under way may have come to the device after our stop.
    await sending
    return this.#wanted === null ? this.#tellStop() : null
  }

  /** The hand leaves; the head is closed when it has taken a stop, or at last without. */
  async close(): Promise<Fault | null> {
    if (this.#hand.kind === 'there') this.#hand = { kind: 'left', sinceMs: this.#clock.monotonicMs() }
    const fault = await this.stop()
    if (!this.isInsisting) this.#head.close()
    return fault
  }

  /** Somebody else tells this head from now on, or nobody. */
  abandon(): void {
    this.#hand = { kind: 'abandoned' }
    this.#insist(null)
    this.#deadMan?.cancel()
    this.#head.close()
  }

  #isAbandoned(): boolean {
    return this.#hand.kind === 'abandoned'
  }

  #insist(delayMs: number | null): void {
    this.#insisting?.cancel()
    this.#insisting = delayMs === null ? undefined : this.#clock.after(delayMs, () => void this.#stopAgain())
  }

  async #stopAgain(): Promise<void> {
    await this.stop()
    if (this.#hand.kind === 'left' && !this.isInsisting) this.#head.close()
  }

  /** The wish differs from what was sent, or the device needs to hear it again. */
  #isDue(): boolean {
    if (this.#wanted === null) return false
    return this.#sent === null || !sameVelocity(this.#sent.velocity, this.#wanted) || this.#clock.monotonicMs() - this.#sent.sentMs >= RESEND_MS
  }

  /** Only started when something is due, so that it ends after its caller has kept it. */
  async #pump(): Promise<void> {
    for (let velocity = this.#wanted; velocity !== null && this.#isDue(); velocity = this.#wanted) {
      const sent = { velocity, sentMs: this.#clock.monotonicMs() }
      this.#sent = sent
      this.#mayMove = true
      this.#fault = await this.#head.move(velocity, DEVICE_TIMEOUT_MS)
      // A device that refused is asked again at the next renewal, not at once.
      if (this.#fault !== null) {
        if (this.#sent === sent) this.#sent = null
        break
      }
    }
    this.#sending = null
  }

  async #tellStop(): Promise<Fault | null> {
    for (let nth = 1; ; nth++) {
      if (this.#isAbandoned()) return null
      const fault = await this.#head.stop()
      // Meant to move again, or stopped by another stop that was told beside this one.
      if (this.#wanted !== null || (fault !== null && !this.#mayMove)) return null
      if (this.#isAbandoned()) return fault
      if (fault === null) {
        this.#mayMove = this.#sending !== null
        this.#onStop(null)
        return null
      }
      if (nth === STOP_TRIES) {
        this.stopsFailed++
        this.stopFault = fault
        const isOver = this.#hand.kind === 'left' && this.#clock.monotonicMs() - this.#hand.sinceMs >= INSIST_FOR_MS
        this.#insist(isOver ? null : INSIST_EVERY_MS)
        this.#onStop(fault)
        return fault
      }
      await sleep(this.#clock, STOP_AGAIN_MS)
    }
  }

  #note(velocity: PtzVelocity | null): void {
    const nowMs = this.#clock.monotonicMs()
    if (this.#began !== null) {
      const forMs = Math.round(nowMs - this.#began.monotonicMs)
      this.movedMs += forMs
      if (this.movements.length < mostMovements) this.movements.push({ atMs: this.#began.atMs, velocity: this.#began.velocity, forMs })
    }
    this.#began = velocity === null ? null : { atMs: this.#clock.now(), monotonicMs: nowMs, velocity }
    if (velocity !== null) this.movementCount++
  }
}
