// Owns the watch's life: starting, sweeping every period, checking on demand, the patrol, and stopping cleanly.
// Refuses: judging (ladder), settling (hysteresis), and answering callers (health-service).
import { setMaxListeners } from 'node:events'
import { sleep, type Clock, type Timer } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'
import type { MediaPlane, StreamReport } from '#streams'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Camera, CameraService } from '../registry/index.ts'
import type { Storage, Tx } from '../storage/index.ts'
import type { OnvifPing } from './camera-check.ts'
import { ChecksInHand } from './checks-in-hand.ts'
import { classOf } from './ladder.ts'
import { Patrol, type ProofOutcome } from './patrol.ts'
import type { PeriodStore } from './period-store.ts'
import { recover } from './recovery.ts'
import { StatusBook, type HealthEvents, type Watched } from './status-book.ts'
import type { HeartbeatStore, Suspension, SuspensionStore } from './suspension-store.ts'
import { Sweep } from './sweep.ts'
import type { WatchLimits } from './watch-limits.ts'
import { WatchPace } from './watch-pace.ts'

export interface HealthWatchDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  cameras: CameraService
  onvif: OnvifPing
  plane: Pick<MediaPlane, 'probe' | 'prove' | 'reports' | 'on'>
  periods: PeriodStore
  suspensions: SuspensionStore
  heartbeats: HeartbeatStore
  limits: WatchLimits
  onListenerError: (error: unknown) => void
}

export interface LastSweep {
  atMs: number | null
  tookMs: number | null
  cameras: number
}

/** Changes wait so long for others before they are written together; a console learns of them within 2 s. */
const GATHER_MS = 300
/** A first bad answer to a check on demand is asked about again after this. */
const SECOND_LOOK_MS = 2_000
/** A stalled stream asks for a proof at most this often. */
const STALL_PAUSE_MS = 15_000
const PROOF_LIMIT_MS = 60_000
const FLAPPING = { flapCount: 4, flapWindowSweeps: 30, sweepsToTrust: 10 }

export class HealthWatch {
  readonly #deps: HealthWatchDeps
  readonly #book: StatusBook
  readonly #sweep: Sweep
  readonly #patrol: Patrol
  readonly #pace: WatchPace
  readonly #ended = new AbortController()
  readonly #offs: (() => void)[] = []
  readonly #asked = new Set<CameraId>()
  readonly #inHand = new ChecksInHand()
  readonly #stallSeenMs = new Map<CameraId, number>()
  readonly #work = new Set<Promise<unknown>>()
  readonly events: TypedEmitter<HealthEvents>
  #started = false
  #entering: Promise<unknown> = Promise.resolve()
  #gather: Timer | undefined
  #askedTimer: Timer | undefined
  #nextSweep: Timer | undefined
  #lastSweep: LastSweep = { atMs: null, tookMs: null, cameras: 0 }

  constructor(deps: HealthWatchDeps) {
    this.#deps = deps
    const { clock, limits, random } = deps
    this.events = new TypedEmitter<HealthEvents>((error) => deps.onListenerError(error))
    setMaxListeners(0, this.#ended.signal) // every camera that is being asked listens to it
    const { flapCount, flapWindowSweeps, sweepsToTrust } = FLAPPING
    this.#book = new StatusBook({
      ...deps,
      events: this.events,
      steady: { failuresToChange: limits.failuresToChange, flapCount, flapWindowMs: flapWindowSweeps * limits.sweepPeriodMs, sweepsToTrust },
      judge: { proofMaxAgeMs: limits.patrolPeriodMs, proofsToConfirm: 2 },
    })
    this.#pace = new WatchPace({ clock, most: { sweep: limits.sweepConcurrency, patrol: limits.patrolConcurrency } })
    this.#sweep = new Sweep({ ...deps, deadlineMs: limits.sweepDeadlineMs, pace: this.#pace })
    this.#patrol = new Patrol({
      clock,
      chance: () => random(4).readUInt32BE(0) / 2 ** 32,
      prove: (cameraId) => this.#prove(cameraId),
      atOnce: () => this.#pace.patrolAtOnce,
      periodMs: limits.patrolPeriodMs,
      runningPeriodMs: Math.min(2 * limits.sweepPeriodMs, limits.patrolPeriodMs / 2),
      failingPeriodMs: Math.min(2 * limits.sweepPeriodMs, limits.patrolPeriodMs / 2),
    })
  }

  /** Takes every camera into the watch and begins to sweep; resolves before the first sweep has ended. */
  async start(): Promise<void> {
    const { cameras, clock, plane, limits, logger } = this.#deps
    this.#started = true
    await this.#enter(await cameras.watchList())
    this.#offs.push(
      cameras.events.on('changed', ({ cameraId, streamsChanged }) => this.#track(this.#cameraChanged(cameraId, streamsChanged))),
      plane.on('state', (report) => report.form === 'original' && this.#streamReported(report)),
    )
    this.#patrol.start()
    this.#sweepInTurn()
    const late = clock.after(limits.startupPatrolMs, () => {
      if (this.#patrol.waiting > 0) logger.warn({ cameras: this.#patrol.waiting }, 'the first patrol has not looked at every camera yet')
    })
    this.#offs.push(() => late.cancel())
  }

  /** Ends sweeps and looks, and writes what is known. */
  async stop(): Promise<void> {
    this.#ended.abort()
    this.#pace.close()
    for (const off of this.#offs.splice(0)) off()
    for (const timer of [this.#nextSweep, this.#gather, this.#askedTimer]) timer?.cancel()
    await this.#patrol.stop()
    await Promise.allSettled(this.#work)
    if (this.#started) await this.#flush(true)
  }

  lastSweep(): LastSweep {
    return this.#lastSweep
  }

  watched(cameraId: CameraId): Watched | undefined {
    return this.#book.get(cameraId)
  }

  all(): readonly Watched[] {
    return this.#book.all()
  }

  /** One full sweep, as the timer makes it. Resolves when its changes are written. */
  async sweepNow(): Promise<void> {
    const { clock } = this.#deps
    const startedMs = clock.monotonicMs()
    await this.#endSuspensions()
    await this.#refresh()
    const due = this.#book.all().filter((watched) => watched.suspendedUntilMs === null)
    await this.#check(due)
    const tookMs = Math.round(clock.monotonicMs() - startedMs)
    await this.#markRunning()
    await this.#flush(true)
    this.#lastSweep = { atMs: clock.now(), tookMs, cameras: due.length }
  }

  /**
   * Checks one camera now, e.g. after adoption or a change of its login; a bad answer is asked about again after 2 s.
   * Resolves when what was found is written; the look at its picture follows by itself.
   */
  async checkNow(cameraId: CameraId): Promise<void> {
    for (let look = 0; look < this.#deps.limits.failuresToChange; look++) {
      const watched = this.#book.get(cameraId)
      if (watched === undefined || watched.suspendedUntilMs !== null || this.#ended.signal.aborted) return
      if (look > 0) {
        if (watched.standing.candidate === null) break
        await sleep(this.#deps.clock, SECOND_LOOK_MS, this.#ended.signal)
      }
      await this.#checkAnew([watched])
    }
    await this.#flush(false)
  }

  /** Looks at the camera's picture before all others; does nothing while its RTSP fails. */
  proveSoon(cameraId: CameraId): void {
    const watched = this.#book.get(cameraId)
    if (watched !== undefined && watched.suspendedUntilMs === null && classOf(watched.evidence.rtsp) === 'passed') this.#patrol.add(cameraId, true)
  }

  /** 报备停机 in one transaction with its audit entry. @returns false when the camera is not watched */
  async suspend(suspension: Suspension, also: (tx: Tx) => Promise<void>): Promise<boolean> {
    const watched = this.#book.get(suspension.cameraId)
    if (watched === undefined) return false
    const { suspensions } = this.#deps
    const change = { status: 'suspended', cause: 'suspended', detail: suspension.reason, fromMs: suspension.fromMs } as const
    await this.#book.decide(watched, change, suspension.untilMs, async (tx) => {
      await suspensions.end(tx, suspension.cameraId, suspension.fromMs)
      await suspensions.add(tx, suspension)
      await also(tx)
    })
    this.#patrol.remove(suspension.cameraId)
    return true
  }

  /** Ends a suspension at `endedMs` and watches the camera again. @returns false when there is none */
  async resume(cameraId: CameraId, endedMs: number, also: (tx: Tx) => Promise<void>): Promise<boolean> {
    const watched = this.#book.get(cameraId)
    if (watched === undefined || watched.suspendedUntilMs === null) return false
    const change = { status: 'unknown', cause: 'not_checked', detail: 'the suspension ended', fromMs: endedMs } as const
    await this.#book.decide(watched, change, null, async (tx) => {
      await this.#deps.suspensions.end(tx, cameraId, endedMs)
      await also(tx)
    })
    this.#ask(cameraId)
    return true
  }

  #sweepInTurn(): void {
    const { clock, limits, logger } = this.#deps
    const startedMs = clock.monotonicMs()
    this.#track(
      this.sweepNow()
        .catch((error: unknown) => logger.error({ error }, 'a sweep could not be finished'))
        .then(() => {
          if (this.#ended.signal.aborted) return
          const restMs = Math.max(1_000, limits.sweepPeriodMs - (clock.monotonicMs() - startedMs))
          this.#nextSweep = clock.after(restMs, () => this.#sweepInTurn())
        }),
    )
  }

  /** Follows what was registered, moved or dismantled, here or by another server. */
  async #refresh(): Promise<void> {
    const { listed, changed } = await this.#deps.cameras.watchChanges((id) => this.#book.get(id)?.camera.version)
    const strangers = changed.filter((camera) => this.#book.get(camera.id) === undefined)
    if (strangers.length > 0) await this.#enter(strangers)
    for (const camera of changed) this.#book.enter(camera)
    for (const { camera } of this.#book.all()) if (!listed.has(camera.id)) this.#leave(camera.id)
  }

  /** Cameras enter one group after the other, so that none gets two open periods. */
  #enter(cameras: readonly Camera[]): Promise<void> {
    const turn = this.#entering.then(async () => {
      const strangers = cameras.filter((camera) => this.#book.get(camera.id) === undefined)
      const recovered = await recover(this.#deps, strangers, this.#deps.clock.now())
      const suspended = await this.#deps.suspensions.open()
      for (const camera of recovered) this.#book.enter(camera, suspended.get(camera.id) ?? null)
    })
    this.#entering = turn.catch(() => undefined)
    return turn
  }

  #leave(cameraId: CameraId): void {
    this.#book.leave(cameraId)
    this.#patrol.remove(cameraId)
    this.#sweep.forget(cameraId)
    this.#stallSeenMs.delete(cameraId)
  }

  async #cameraChanged(cameraId: CameraId, streamsChanged: boolean): Promise<void> {
    const camera = await this.#deps.cameras.find(cameraId)
    if (camera === null || camera.archive.deviceStatus === 3) return this.#leave(cameraId)
    const known = this.#book.get(cameraId) !== undefined
    if (known) this.#book.enter(camera)
    else await this.#enter([camera])
    if (known && streamsChanged) {
      this.#sweep.forget(cameraId)
      this.#patrol.remove(cameraId)
      this.#book.renew(cameraId)
    }
    if (streamsChanged || !known) this.#ask(cameraId)
  }

  /** Cameras that are asked for within a moment are checked together, as bounded as a sweep. */
  #ask(cameraId: CameraId): void {
    this.#asked.add(cameraId)
    this.#askedTimer ??= this.#deps.clock.after(GATHER_MS, () => {
      this.#askedTimer = undefined
      const asked = [...this.#asked]
      this.#asked.clear()
      this.#track(this.#checkAsked(asked))
    })
  }

  async #checkAsked(cameraIds: readonly CameraId[]): Promise<void> {
    const watching = () => cameraIds.flatMap((id) => this.#book.get(id) ?? []).filter((watched) => watched.suspendedUntilMs === null)
    await this.#checkAnew(watching())
    for (let look = 1; look < this.#deps.limits.failuresToChange; look++) {
      const doubtful = watching().filter((watched) => watched.standing.candidate !== null)
      if (doubtful.length === 0) break
      await sleep(this.#deps.clock, SECOND_LOOK_MS, this.#ended.signal)
      await this.#checkAnew(doubtful)
    }
    await this.#flush(false)
  }

  /** Whoever asks now wants an answer from now on: one that is under way since before is waited for, not taken. */
  async #checkAnew(due: readonly Watched[]): Promise<void> {
    await this.#inHand.atRest(due)
    await this.#check(due)
    await this.#inHand.atRest(due) // another asker may have been quicker
  }

  /** A camera that is being asked already is left to that asker, unless its device or login changed since. */
  async #check(due: readonly Watched[]): Promise<void> {
    const generations = this.#inHand.take(due)
    try {
      await this.#sweep.run(
        due.filter(({ camera }) => generations.has(camera.id)).map(({ camera }) => camera),
        (camera, check) => {
          const generation = generations.get(camera.id) ?? -1
          this.#inHand.done(camera.id, generation)
          if (!this.#book.checked(camera.id, generation, check)) return
          if (classOf(check.rtsp) === 'passed') this.#rtspPassed(camera.id)
          else this.#patrol.remove(camera.id)
          this.#flushSoon()
        },
        this.#ended.signal,
      )
    } finally {
      for (const [id, generation] of generations) this.#inHand.done(id, generation)
    }
  }

  #rtspPassed(cameraId: CameraId): void {
    const watched = this.#book.get(cameraId)
    if (watched === undefined || watched.suspendedUntilMs !== null) return
    const unproven = watched.evidence.picture.provenMs === null && watched.evidence.picture.failures === 0 && watched.evidence.picture.ownFault === null
    const cameBack = unproven && watched.standing.status !== 'unknown'
    this.#patrol.add(cameraId, cameBack)
  }

  async #prove(cameraId: CameraId): Promise<ProofOutcome> {
    const watched = this.#book.get(cameraId)
    if (watched === undefined || watched.suspendedUntilMs !== null || this.#ended.signal.aborted) return 'not-made'
    const { generation } = watched
    const limit = new AbortController()
    const late = sleep(this.#deps.clock, PROOF_LIMIT_MS, AbortSignal.any([limit.signal, this.#ended.signal])).then(() => null)
    try {
      const source = await this.#deps.cameras.sourceOf(watched.camera, 'sub')
      if (source === null) return 'not-made'
      const proof = (await Promise.race([this.#deps.plane.prove(source), late])) ?? ({ kind: 'fault', fault: { code: 'probe_failed', retry: 'soon', detail: 'the look at the picture did not end' } } as const)
      if (this.#ended.signal.aborted) return 'not-made'
      this.#book.proven(cameraId, generation, proof)
      this.#flushSoon()
      const { picture } = watched.evidence
      return picture.ownFault !== null ? 'not-made' : picture.failures > 0 ? 'failed' : 'proven'
    } catch (error) {
      this.#deps.logger.error({ error, cameraId }, 'a look at a picture failed by our own fault')
      return 'not-made'
    } finally {
      limit.abort()
    }
  }

  /** A running stream that breaks off is looked into at once. A transcode that does says nothing of the camera. */
  #streamReported(report: StreamReport): void {
    this.#pace.streamReported(report)
    if (report.fault === null || (report.state !== 'stalled' && report.state !== 'backing-off')) return
    const cameraId = cameraIdSchema.safeParse(report.cameraId)
    const watched = cameraId.success ? this.#book.get(cameraId.data) : undefined
    if (watched === undefined || watched.suspendedUntilMs !== null || watched.standing.status !== 'online') return
    const nowMs = this.#deps.clock.now()
    const { id } = watched.camera
    if (nowMs - (this.#stallSeenMs.get(id) ?? 0) < STALL_PAUSE_MS) return
    this.#stallSeenMs.set(id, nowMs)
    this.proveSoon(id)
  }

  async #markRunning(): Promise<void> {
    const running = new Set((await this.#deps.plane.reports()).filter(({ state, form }) => state === 'running' && form === 'original').map((report) => report.cameraId))
    this.#patrol.setRunning(new Set(this.#book.all().map(({ camera }) => camera.id).filter((id) => running.has(id))))
  }

  async #endSuspensions(): Promise<void> {
    const nowMs = this.#deps.clock.now()
    for (const { camera, suspendedUntilMs } of this.#book.all()) {
      if (suspendedUntilMs === null || suspendedUntilMs > nowMs) continue
      await this.resume(camera.id, suspendedUntilMs, async (tx) => {
        await this.#deps.trail.record(tx, systemActor, { action: 'camera.resume', targetKind: 'camera', targetId: camera.id, targetName: camera.archive.name, detail: { because: 'the time was over' } })
      })
    }
  }

  #flushSoon(): void {
    if (!this.#book.hasChanges || this.#ended.signal.aborted) return
    this.#gather ??= this.#deps.clock.after(GATHER_MS, () => {
      this.#gather = undefined
      this.#track(this.#flush(false))
    })
  }

  async #flush(measured: boolean): Promise<void> {
    try {
      await this.#book.flush({ measured })
    } catch (error) {
      this.#deps.logger.error({ error }, 'statuses could not be written; the next sweep tries again')
    }
  }

  #track(work: Promise<unknown>): void {
    const settled = work.catch((error: unknown) => this.#deps.logger.error({ error }, 'the watch failed at a task')).finally(() => this.#work.delete(settled))
    this.#work.add(settled)
  }
}
