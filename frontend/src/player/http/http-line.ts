// Owns the page's share of its connections to the HTTP origin: how many media requests may be under way at once, and which
// players may hold one open until the next part is there.
// Refuses: knowing what is asked. Over HTTP/1.1 a browser has six connections to a server for everything that it asks, and a
// low-latency player keeps two of them busy; a wall of those, or of cameras that fell silent, would leave the console none.
import { StartGate } from '../start-gate.ts'

/** Of the six; two are left for lists, saving, and socket.io where it has to poll. */
const MEDIA_AT_ONCE = 4
/** Over HTTP/2 requests share one connection; servers take a hundred and more at a time. */
const MULTIPLEXED_AT_ONCE = 100
/** The tile that is looked at closely, and its successor while they change over. */
const LOW_LATENCY_AT_ONCE = 2

export class HttpLine {
  readonly #multiplexed: boolean
  readonly #lane: StartGate
  #lowLatency = 0

  /** @param multiplexed requests do not wait for each other's connection (HTTP/2 and later) */
  constructor(multiplexed: boolean) {
    this.#multiplexed = multiplexed
    this.#lane = new StartGate(multiplexed ? MULTIPLEXED_AT_ONCE : MEDIA_AT_ONCE)
  }

  /** Whether a player may play part by part, until `signal` aborts. @param focus it is looked at closely */
  takeLowLatency(focus: boolean, signal: AbortSignal): boolean {
    if (this.#multiplexed) return true
    if (!focus || signal.aborted || this.#lowLatency >= LOW_LATENCY_AT_ONCE) return false
    this.#lowLatency++
    signal.addEventListener('abort', () => this.#lowLatency--, { once: true })
    return true
  }

  /** Waits for a place for one request; the function gives it back. @returns undefined when `signal` aborted */
  enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    return this.#lane.enter(signal)
  }
}

/** @param protocols ALPN names (`nextHopProtocol`) by which this page came */
export function isMultiplexed(protocols: readonly string[]): boolean {
  return protocols.some((protocol) => protocol === 'h2' || protocol.startsWith('h3'))
}
