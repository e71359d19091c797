// Owns noticing that a database hangs: it answers nothing, and yet no connection breaks. A small question is put to it from
// time to time on a connection of its own; when no answer comes, it is silent until one does.
// Refuses: taking slow for silent. A statement may take as long as it takes while the database answers others.
import type { Clock, Timer } from '#base/clock.ts'

export interface Question {
  /** Settles with any answer, also a refusal: whoever refuses is there. */
  answered: Promise<void>
  /** Nobody waits for the answer any more. */
  giveUp: () => void
}

export interface PulseDeps {
  clock: Clock
  ask: () => Question
  /** No answer came: whoever waits for one must hear that. Called once until it answers again. */
  onSilent: () => void
}

type State = { kind: 'resting'; ticks: number } | { kind: 'asked'; ticks: number; question: Question; silent: boolean }

/**
 * Time is counted in ticks of the loop and not by the clock: a loop of ours that hung for two seconds has given the answer no
 * chance to come in, and is one tick.
 */
const tickMs = 100
const restTicks = 5
/** With the rest, and the tick in which each begins, 1.5 s from the beginning of a silence to its being noticed. */
const patienceTicks = 9

export class Pulse {
  readonly #deps: PulseDeps
  readonly #timer: Timer
  #state: State = { kind: 'resting', ticks: 0 }

  constructor(deps: PulseDeps) {
    this.#deps = deps
    this.#timer = deps.clock.every(tickMs, () => this.#tick())
  }

  get silent(): boolean {
    return this.#state.kind === 'asked' && this.#state.silent
  }

  close(): void {
    this.#timer.cancel()
    if (this.#state.kind === 'asked') this.#state.question.giveUp()
    this.#state = { kind: 'resting', ticks: 0 }
  }

  #tick(): void {
    const { kind, ticks } = this.#state
    if (ticks + 1 < (kind === 'resting' ? restTicks : patienceTicks)) return void this.#state.ticks++
    if (this.#state.kind === 'resting') return this.#ask(false)
    const first = !this.#state.silent
    this.#state.question.giveUp()
    this.#ask(true)
    if (first) this.#deps.onSilent()
  }

  #ask(silent: boolean): void {
    const question = this.#deps.ask()
    const asked: State = { kind: 'asked', ticks: 0, question, silent }
    this.#state = asked
    const answered = () => {
      if (this.#state === asked) this.#state = { kind: 'resting', ticks: 0 }
    }
    question.answered.then(answered, answered)
  }
}
