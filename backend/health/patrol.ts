// Owns when each camera's picture is looked at: at once when it has just come up, again soon to confirm a failure, and
// otherwise evenly spread over the patrol period. Refuses: judging what was seen, looking at cameras whose RTSP fails.
import type { Clock, Timer } from '#base/clock.ts'
import type { CameraId } from '#contract/ids.ts'

export type ProofOutcome =
  | 'proven'
  /** The camera's fault: looked at again soon to confirm, then at growing intervals. */
  | 'failed'
  /** Our own fault, or the camera is no longer watched. */
  | 'not-made'

export interface PatrolDeps {
  clock: Clock
  /** Uniform in [0, 1). */
  chance: () => number
  /** Looks at one camera's picture and tells the watch. Never rejects. */
  prove: (cameraId: CameraId) => Promise<ProofOutcome>
  /** Looks that may be under way now, at least one. */
  atOnce: () => number
  periodMs: number
  /** Between looks at a stream that runs anyway, which costs no pull. */
  runningPeriodMs: number
  /** Longest pause between looks at a picture that fails. */
  failingPeriodMs: number
}

interface Stop {
  dueMs: number
  /** Came up or broke off just now: before everything that is only due. */
  urgent: boolean
  failures: number
  /** Whether it has its own place in the period yet; first looks come in a burst. */
  placed: boolean
  busy: boolean
  /** Asked for again while it was being looked at. */
  again: boolean
}

const TICK_MS = 1_000
const CONFIRM_MS = 15_000
/** A look every 0.9 periods keeps the newest proof younger than the period, queueing included. */
const PERIOD_SHARE = 0.9

export class Patrol {
  readonly #deps: PatrolDeps
  readonly #stops = new Map<CameraId, Stop>()
  #running: ReadonlySet<CameraId> = new Set()
  #stopped = false
  #ticker: Timer | undefined
  #busy = 0
  #idle: (() => void)[] = []

  constructor(deps: PatrolDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#ticker = this.#deps.clock.every(TICK_MS, () => this.#pump())
  }

  /** Starts no more looks; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#ticker?.cancel()
    this.#stopped = true
    if (this.#busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Puts a camera on the round; `urgent` looks at it before all others. A camera on the round stays where it is unless urgent. */
  add(cameraId: CameraId, urgent: boolean): void {
    const nowMs = this.#deps.clock.now()
    const stop = this.#stops.get(cameraId)
    if (stop === undefined) this.#stops.set(cameraId, { dueMs: nowMs, urgent, failures: 0, placed: false, busy: false, again: false })
    else if (stop.busy) stop.again ||= urgent
    else if (urgent) Object.assign(stop, { dueMs: nowMs, urgent: true })
    this.#pump()
  }

  /** Takes a camera off the round, e.g. because its RTSP fails or it was suspended. */
  remove(cameraId: CameraId): void {
    this.#stops.delete(cameraId)
  }

  /** Which cameras have a running stream: those are looked at more often, since it costs no pull. */
  setRunning(cameraIds: ReadonlySet<CameraId>): void {
    this.#running = cameraIds
    const nowMs = this.#deps.clock.now()
    for (const cameraId of cameraIds) {
      const stop = this.#stops.get(cameraId)
      if (stop !== undefined && stop.placed) stop.dueMs = Math.min(stop.dueMs, nowMs + this.#deps.runningPeriodMs)
    }
  }

  /** Cameras that have not had their first look. */
  get waiting(): number {
    return [...this.#stops.values()].filter((stop) => !stop.placed).length
  }

  #pump(): void {
    while (!this.#stopped && this.#busy < this.#deps.atOnce()) {
      const next = this.#next()
      if (next === undefined) return
      void this.#look(...next)
    }
  }

  #next(): [CameraId, Stop] | undefined {
    const nowMs = this.#deps.clock.now()
    let best: [CameraId, Stop] | undefined
    for (const [cameraId, stop] of this.#stops) {
      if (stop.busy || stop.dueMs > nowMs) continue
      if (best === undefined || rank(stop) < rank(best[1]) || (rank(stop) === rank(best[1]) && stop.dueMs < best[1].dueMs)) best = [cameraId, stop]
    }
    return best
  }

  async #look(cameraId: CameraId, stop: Stop): Promise<void> {
    this.#busy++
    Object.assign(stop, { busy: true, urgent: false })
    const outcome = await this.#deps.prove(cameraId)
    this.#busy--
    stop.busy = false
    stop.failures = outcome === 'proven' ? 0 : stop.failures + 1
    stop.dueMs = this.#deps.clock.now() + this.#pauseMs(cameraId, stop, outcome)
    if (outcome !== 'not-made') stop.placed = true
    if (stop.again) Object.assign(stop, { again: false, urgent: true, dueMs: this.#deps.clock.now() })
    if (this.#busy === 0) for (const wake of this.#idle.splice(0)) wake()
    this.#pump()
  }

  #pauseMs(cameraId: CameraId, stop: Stop, outcome: ProofOutcome): number {
    const { periodMs, runningPeriodMs, failingPeriodMs, chance } = this.#deps
    if (outcome !== 'proven') return Math.min(failingPeriodMs, CONFIRM_MS * (1 + chance()) * 2 ** Math.max(0, stop.failures - 2))
    const shareMs = periodMs * PERIOD_SHARE
    const ownMs = stop.placed ? shareMs : shareMs * chance()
    return this.#running.has(cameraId) ? Math.min(ownMs, runningPeriodMs) : ownMs
  }
}

/** Urgent ones first, then first looks and confirmations in the order they are due. */
function rank(stop: Stop): number {
  return stop.urgent ? 0 : stop.placed ? 2 : 1
}
