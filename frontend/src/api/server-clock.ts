// Owns the difference between this computer's clock and the server's, so that a delay is measured against one clock.
// Refuses: trusting a single slow answer; of the last samples the one with the shortest round trip counts.

interface Sample {
  offsetMs: number
  roundTripMs: number
}

const KEPT_SAMPLES = 8

export class ServerClock {
  readonly #now: () => number
  #samples: Sample[] = []

  /** @param now wall time of this computer, ms since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Takes one exchange: sent and received by our clock (ms), answered at `serverAt` (ISO instant) by the server's. */
  sample(sentMs: number, receivedMs: number, serverAt: string): void {
    const serverMs = Date.parse(serverAt)
    const roundTripMs = receivedMs - sentMs
    if (!Number.isFinite(serverMs) || roundTripMs < 0) return
    this.#samples = [...this.#samples, { offsetMs: serverMs - (sentMs + roundTripMs / 2), roundTripMs }].slice(-KEPT_SAMPLES)
  }

  /** Server minus local, ms; 0 until something was measured. */
  get offsetMs(): number {
    const best = this.#samples.reduce<Sample | undefined>((a, b) => (a !== undefined && a.roundTripMs <= b.roundTripMs ? a : b), undefined)
    return best?.offsetMs ?? 0
  }

  /** The server's wall time now, ms since the epoch. */
  now(): number {
    return this.#now() + this.offsetMs
  }
}
