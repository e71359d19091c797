// Owns asking for a list that the whole console stands on: asked for until it was given, after growing pauses and at once when
// somebody wants it or the server is back. Only the newest asking counts.
// Refuses: keeping the list.
import { asProblem, type ApiProblem } from './api-problem.ts'
import { againAfterMs, isPassing, type After } from './try-again.ts'

export interface StandingListDeps<List> {
  ask: (signal: AbortSignal) => Promise<List>
  onGiven: (list: List) => void
  /** Undefined when it was given. */
  onProblem: (problem: ApiProblem | undefined) => void
  after: After
}

export class StandingList<List> {
  readonly #deps: StandingListDeps<List>
  #asking = new AbortController()
  #first: Promise<void> | undefined
  #failures = 0
  #unwait: () => void = () => undefined

  constructor(deps: StandingListDeps<List>) {
    this.#deps = deps
  }

  /** Asks unless it was given or is being asked for. Resolves with the answer, whatever it is. */
  loadOnce(): Promise<void> {
    return this.#first ?? this.load()
  }

  /** Asks (again). Never rejects. */
  load(): Promise<void> {
    return (this.#first = this.#ask())
  }

  /** Whoever it was for is gone. */
  forget(): void {
    this.#unwait()
    this.#asking.abort()
    this.#first = undefined
    this.#failures = 0
  }

  async #ask(): Promise<void> {
    this.#unwait()
    this.#asking.abort()
    this.#asking = new AbortController()
    const { signal } = this.#asking
    try {
      const list = await this.#deps.ask(signal)
      if (signal.aborted) return
      this.#failures = 0
      this.#deps.onGiven(list)
      this.#deps.onProblem(undefined)
    } catch (thrown) {
      if (signal.aborted) return
      const problem = asProblem(thrown)
      this.#first = undefined
      this.#deps.onProblem(problem)
      if (isPassing(problem)) this.#unwait = this.#deps.after(againAfterMs(this.#failures++), () => void this.loadOnce())
    }
  }
}
