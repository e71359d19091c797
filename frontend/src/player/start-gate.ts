// Owns starting many tiles without a stampede: at most `places` at once, the rest wait in order.
// Refuses: knowing what starts. A place is given back by calling the function that `enter` gave.

export class StartGate {
  readonly #places: number
  #taken = 0
  #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#places = places
  }

  /** Resolves with the function that gives the place back; undefined when `signal` aborted while waiting. */
  async enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined
    if (this.#taken < this.#places) this.#taken++
    else {
      const admitted = await new Promise<boolean>((resolve) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp)
          resolve(true)
        }
        const giveUp = () => {
          this.#waiting = this.#waiting.filter((one) => one !== admit)
          resolve(false)
        }
        signal.addEventListener('abort', giveUp, { once: true })
        this.#waiting.push(admit)
      })
      if (!admitted) return undefined
    }
    let given = false
    const leave = () => {
      if (given) return
      given = true
      const next = this.#waiting.shift()
      if (next) next()
      else this.#taken--
    }
    // Who leaves admits the next one at once, but that one runs later: it may have given up in between.
    if (signal.aborted) return void leave()
    return leave
  }
}
