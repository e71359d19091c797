// Owns one tile's turn at a head as a state machine, free → taking → ours ⇄ retaking → free, and what the answers of its
// commands mean. Refuses: sockets and elements; moving for a hand that let go while the head was being taken.
import { ref, shallowRef } from 'vue'
import type { ClientEventPayload } from '#contract/events.ts'
import type { FaultCode } from '#contract/faults.ts'
import { leaseIdleMs, type PtzAnswer, type PtzHolder } from '#contract/ptz.ts'
import type { SocketRefusal } from '../../../api/socket-answer.ts'
import { PtzHand, type PtzHandDeps, type Velocity } from './ptz-hand.ts'

/** `retaking`: the lease went while nothing was asked; whoever goes on has it again without asking anew. */
export type PtzTurnState = 'free' | 'taking' | 'ours' | 'retaking'
export type PtzTrouble =
  | { kind: 'fault'; fault: FaultCode }
  | { kind: 'line' }
  /** The server did not do it, or not in time, though the line stands. */
  | { kind: 'unanswered' }
  | { kind: 'no-ptz' }
  /** Not this camera, or not any more. */
  | { kind: 'no-right' }
  /** It was told to stop and may still be turning. */
  | { kind: 'not-stopped' }
export type PresetAct = ClientEventPayload<'ptz:preset'>['act']
type Heard = PtzAnswer | SocketRefusal | undefined
type Answer = Promise<Heard>

/** A head that was told nothing for so long is given back: whoever comes by later says anew what for. */
export const abandonedAfterMs = 5 * 60_000
/** What went wrong with a head that is nobody's here is news for so long. */
export const troubleFadesMs = 10_000

/** The commands of one camera; undefined when there was no answer. */
export interface PtzLine {
  take(): Answer
  release(): Answer
  move(velocity: Velocity): Answer
  stop(): Answer
  centre(x: number, y: number): Answer
  preset(act: PresetAct): Answer
}
export interface PtzTurnDeps extends Pick<PtzHandDeps, 'monotonicMs' | 'after'> {
  line: PtzLine
  isConnected: () => boolean
  /** A command was refused because of who holds the head. */
  onHeld: (holder: PtzHolder) => void
}

export class PtzTurn {
  readonly state = ref<PtzTurnState>('free')
  readonly trouble = shallowRef<PtzTrouble>()
  readonly hand: PtzHand
  readonly #deps: PtzTurnDeps
  #taking: Promise<boolean> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #stayOn: (() => void) | undefined

  constructor(deps: PtzTurnDeps) {
    this.#deps = deps
    this.hand = new PtzHand({ ...deps, send: (velocity) => void this.#move(velocity), stop: () => void this.#stop() })
  }

  /** True when the head is ours. */
  take(): Promise<boolean> {
    return this.#take('taking')
  }

  leave(): void {
    this.hand.releaseAll()
    if (this.state.value === 'free') return
    this.#free()
    if (this.trouble.value?.kind !== 'not-stopped') this.trouble.value = undefined
    const left = this.trouble.value
    void this.#deps.line.release().then((answer) => {
      if (answer?.outcome === 'not-stopped') this.#heard(answer)
      else if (answer !== undefined && this.trouble.value === left) this.trouble.value = undefined
      this.#fade()
    })
  }

  /** Somebody else has it, or nobody can reach it: nothing to give back. */
  lost(why?: PtzTrouble): void {
    this.#free()
    this.hand.releaseAll()
    this.trouble.value = why
    this.#fade()
  }

  connected(): void {
    if (this.trouble.value?.kind === 'line') this.trouble.value = undefined
  }

  /** The server was able to stop it later. */
  stopped(): void {
    if (this.trouble.value?.kind === 'not-stopped') this.trouble.value = undefined
  }

  centre(x: number, y: number): Promise<boolean> {
    return this.#act(() => this.#deps.line.centre(x, y))
  }

  preset(act: PresetAct): Promise<boolean> {
    return this.#act(() => this.#deps.line.preset(act))
  }

  #free(): void {
    this.state.value = 'free'
    this.#taking = undefined
    this.#stayOn?.()
  }

  /**
   * A line that is down says so until it is back. A stop that was not answered is no news any more when the lease has ended
   * without us and with it the movement, or the server has told everybody that it did not.
   */
  #fade(): void {
    const trouble = this.trouble.value
    if (trouble === undefined || trouble.kind === 'line') return
    this.#deps.after(trouble.kind === 'not-stopped' ? leaseIdleMs : troubleFadesMs, () => {
      if (this.trouble.value === trouble && this.state.value === 'free') this.trouble.value = undefined
    })
  }

  #used(): void {
    this.#stayOn?.()
    this.#stayOn = this.#deps.after(abandonedAfterMs, () => this.leave())
  }

  #take(as: 'taking' | 'retaking'): Promise<boolean> {
    if (this.#taking !== undefined) return this.#taking
    this.state.value = as
    const asked = this.#deps.line.take()
    const taking: Promise<boolean> = asked.then((answer) => this.#taken(answer, taking))
    this.#taking = taking
    return taking
  }

  #taken(answer: Heard, taking: Promise<boolean>): boolean {
    const isDone = answer?.outcome === 'done'
    if (this.#taking !== taking) {
      // Given back while the head opened; the server may have heard that before there was something to give back.
      if (isDone && this.state.value === 'free') void this.#deps.line.release()
      return false
    }
    this.#taking = undefined
    if (isDone) {
      this.state.value = 'ours'
      this.#used()
    }
    if (this.#heard(answer)) return true
    if (answer === undefined) void this.#deps.line.release()
    this.lost(this.trouble.value)
    return false
  }

  /** While the head is taken again the hand's renewals are dropped; the next one after that moves, if the hand still holds. */
  async #move(velocity: Velocity): Promise<void> {
    if (this.state.value !== 'ours') return
    this.#used()
    const answer = await this.#deps.line.move(velocity)
    if (answer?.outcome === 'not-held') await this.#again()
    else this.#heard(answer)
  }

  async #stop(): Promise<void> {
    if (this.state.value === 'free') return
    const answer = await this.#deps.line.stop()
    // A connected server that does not answer still tries.
    if (answer === undefined && this.#deps.isConnected()) this.trouble.value = { kind: 'not-stopped' }
    else this.#heard(answer)
  }

  /** One after the other, as they were asked for. */
  #act(send: () => Answer): Promise<boolean> {
    const run = () => this.#do(send)
    const done = this.#last.then(run, run)
    this.#last = done
    return done
  }

  /** Once more after the lease went, so that the first click or preset after a pause is not lost. */
  async #do(send: () => Answer): Promise<boolean> {
    if (this.#taking !== undefined) await this.#taking
    if (this.state.value === 'free') return false
    this.#used()
    const answer = await send()
    if (answer?.outcome !== 'not-held') return this.#heard(answer)
    return (await this.#again()) && this.#heard(await send())
  }

  async #again(): Promise<boolean> {
    return this.state.value !== 'free' && this.#take('retaking')
  }

  /** True when it was done. */
  #heard(answer: Heard): boolean {
    switch (answer?.outcome) {
      case 'done':
        this.trouble.value = undefined
        return true
      case 'held-by-other':
        this.lost()
        this.#deps.onHeld(answer.holder)
        return false
      case 'no-ptz':
        this.lost({ kind: 'no-ptz' })
        return false
      case 'refused':
        if (answer.code === 'not_found' || answer.code === 'no_permission') this.lost({ kind: 'no-right' })
        else this.trouble.value = { kind: 'unanswered' }
        return false
      case 'failed':
        this.trouble.value = { kind: 'fault', fault: answer.fault }
        return false
      case 'not-stopped':
        this.trouble.value = { kind: 'not-stopped' }
        return false
      case 'not-held':
        // A lease that is over has stopped the head by itself.
        this.trouble.value = undefined
        return false
      case undefined:
        this.trouble.value = { kind: this.#deps.isConnected() ? 'unanswered' : 'line' }
        return false
    }
  }
}
