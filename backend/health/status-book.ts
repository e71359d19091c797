// Owns the present status of every watched camera in memory and writing its changes as periods: all that came together
// in one transaction, nothing when nothing changed. Events go out after the commit.
// Refuses: deciding when to look at a camera (sweep, patrol).
import type { Clock } from '#base/clock.ts'
import type { TypedEmitter } from '#base/emitter.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { Posture } from '#contract/posture.ts'
import type { CameraId, PeriodId, UnitId } from '#contract/ids.ts'
import type { PictureProof } from '#streams'
import type { Camera, CameraService } from '../registry/index.ts'
import type { Storage, Tx } from '../storage/index.ts'
import { freshEvidence, withCheck, withoutPicture, withProof, type CameraCheck } from './evidence.ts'
import { settle, standingAt, type Standing, type SteadyRule } from './hysteresis.ts'
import { classOf, judge, lowerPasses, type Evidence, type JudgeRule } from './ladder.ts'
import type { PeriodStore } from './period-store.ts'
import type { HeartbeatStore } from './suspension-store.ts'

export interface HealthEvents {
  /** A camera's status or its cause changed; emitted after commit. */
  status: { cameraId: CameraId; unitId: UnitId; status: CameraStatus; cause: FaultCode | null; sinceMs: number; pictureProvenMs: number | null }
  /** What is known of how a camera's device guards itself changed; emitted after commit. */
  posture: { cameraId: CameraId; unitId: UnitId; posture: Posture }
}

export interface StatusBookDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  cameras: Pick<CameraService, 'setHealth' | 'setMeasured'>
  periods: PeriodStore
  heartbeats: HeartbeatStore
  events: TypedEmitter<HealthEvents>
  steady: SteadyRule
  judge: JudgeRule
}

export interface Watched {
  camera: Camera
  evidence: Evidence
  standing: Standing
  /** UTC ms since when the status (whatever its cause) holds. */
  sinceMs: number
  pictureProvenMs: number | null
  clockOffsetMs: number | null
  /** UTC ms; null = not suspended. */
  suspendedUntilMs: number | null
  /** Rises when device, login or suspension change: results that were asked for before count for nothing. */
  generation: number
  writtenProvenMs: number | null
  writtenOffsetMs: number | null
}

export interface StatusChange {
  status: CameraStatus
  cause: FaultCode | null
  detail: string
  fromMs: number
}

/** A change with what it is written with; kept by reference to the camera, which may have left the watch by then. */
interface Entry extends StatusChange {
  watched: Watched
  sinceMs: number
}

/** A clock that moved less than this is not written again. */
const NOTICEABLE_OFFSET_MS = 1_000

export class StatusBook {
  readonly #deps: StatusBookDeps
  readonly #watched = new Map<CameraId, Watched>()
  #pending: Entry[] = []
  #writing: Promise<unknown> = Promise.resolve()

  constructor(deps: StatusBookDeps) {
    this.#deps = deps
  }

  get(cameraId: CameraId): Watched | undefined {
    return this.#watched.get(cameraId)
  }

  all(): Watched[] {
    return [...this.#watched.values()]
  }

  /** Whether something waits to be written as a change. */
  get hasChanges(): boolean {
    return this.#pending.length > 0
  }

  /** Takes a camera into the watch as the database has it, or brings its registry data up to date. */
  enter(camera: Camera, suspendedUntilMs: number | null = null): Watched {
    const known = this.#watched.get(camera.id)
    if (known !== undefined) {
      known.camera = camera
      return known
    }
    const watched: Watched = {
      camera,
      evidence: freshEvidence(camera.onvifPort !== null),
      standing: standingAt(camera.health.status, camera.health.cause),
      sinceMs: camera.health.sinceMs,
      pictureProvenMs: camera.health.pictureProvenMs,
      clockOffsetMs: camera.clockOffsetMs,
      suspendedUntilMs,
      generation: 0,
      writtenProvenMs: camera.health.pictureProvenMs,
      writtenOffsetMs: camera.clockOffsetMs,
    }
    this.#watched.set(camera.id, watched)
    return watched
  }

  leave(cameraId: CameraId): void {
    const watched = this.#watched.get(cameraId)
    if (watched === undefined) return
    if (watched.suspendedUntilMs === null) this.#change(watched, { status: 'unknown', cause: 'not_checked', detail: 'taken out of the watch', fromMs: this.#deps.clock.now() })
    this.#watched.delete(cameraId)
  }

  /** The device or its login is another: what was proven before proves nothing. */
  renew(cameraId: CameraId): void {
    const watched = this.#watched.get(cameraId)
    if (watched === undefined) return
    watched.generation++
    watched.evidence = freshEvidence(watched.camera.onvifPort !== null)
    if (watched.suspendedUntilMs !== null || watched.standing.status === 'unknown') return
    this.#change(watched, { status: 'unknown', cause: 'not_checked', detail: 'the device or its login was changed', fromMs: this.#deps.clock.now() })
  }

  /** A sweep's result. `generation` is the camera's when it was asked; false = that is no longer the present one. */
  checked(cameraId: CameraId, generation: number, check: CameraCheck): boolean {
    const watched = this.#current(cameraId, generation)
    if (watched === undefined) return false
    const nowMs = this.#deps.clock.now()
    watched.evidence = withCheck(watched.evidence, check, nowMs)
    watched.clockOffsetMs = check.clockOffsetMs ?? watched.clockOffsetMs
    this.#settle(watched, 'sweep', nowMs)
    if (!lowerPasses(watched.evidence) && watched.standing.candidate === null && classOf(check.rtsp) !== 'passed') watched.evidence = withoutPicture(watched.evidence)
    return true
  }

  /** A proof's result. */
  proven(cameraId: CameraId, generation: number, proof: PictureProof): void {
    const watched = this.#current(cameraId, generation)
    if (watched === undefined) return
    const nowMs = this.#deps.clock.now()
    watched.evidence = withProof(watched.evidence, proof, nowMs)
    watched.pictureProvenMs = watched.evidence.picture.provenMs ?? watched.pictureProvenMs
    this.#settle(watched, 'proof', nowMs)
  }

  #current(cameraId: CameraId, generation: number): Watched | undefined {
    const watched = this.#watched.get(cameraId)
    return watched === undefined || watched.generation !== generation || watched.suspendedUntilMs !== null ? undefined : watched
  }

  #settle(watched: Watched, by: 'sweep' | 'proof', nowMs: number): void {
    const { standing, change } = settle(watched.standing, judge(watched.evidence, nowMs, this.#deps.judge), by, nowMs, this.#deps.steady)
    if (change !== null) this.#change(watched, change)
    watched.standing = standing
  }

  #change(watched: Watched, change: StatusChange): void {
    const fromMs = Math.max(change.fromMs, watched.sinceMs)
    if (change.status !== watched.standing.status) watched.sinceMs = fromMs
    watched.standing = { ...watched.standing, status: change.status, cause: change.cause, candidate: null, goodSweeps: 0 }
    this.#pending.push({ ...change, watched, fromMs, sinceMs: watched.sinceMs })
  }

  /**
   * Writes what changed, in one transaction. Without `measured` only when a status changed; with it also the times of
   * proofs and clock offsets. @throws what the storage throws; nothing is lost then, the next flush writes it
   */
  flush(options: { measured: boolean }): Promise<void> {
    return this.#inTurn(() => this.#write(options))
  }

  /**
   * Sets one camera's status by a person's or the clock's decision, together with `also`, in one transaction, after
   * everything that was decided before. In memory it holds only once it is committed.
   */
  decide(watched: Watched, change: StatusChange, suspendedUntilMs: number | null, also: (tx: Tx) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write({ measured: false })
      const fromMs = Math.max(change.fromMs, watched.sinceMs)
      const sinceMs = change.status === watched.standing.status ? watched.sinceMs : fromMs
      await this.#deps.storage.transaction(async (tx) => {
        await also(tx)
        await this.#writeChange(tx, { ...change, watched, fromMs, sinceMs })
      })
      this.#pending = this.#pending.filter((entry) => entry.watched !== watched)
      watched.generation++
      watched.evidence = freshEvidence(watched.camera.onvifPort !== null)
      watched.standing = standingAt(change.status, change.cause)
      watched.sinceMs = sinceMs
      watched.suspendedUntilMs = suspendedUntilMs
    })
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(run, run)
    this.#writing = turn.catch(() => undefined)
    return turn
  }

  async #write({ measured }: { measured: boolean }): Promise<void> {
    // A copy: what comes while this is written belongs to the next flush.
    const changes = [...this.#pending]
    const measures = measured ? this.all().filter(isWorthWriting) : []
    if (changes.length === 0 && !measured) return
    const written = measures.map((watched) => ({ watched, provenMs: watched.pictureProvenMs, offsetMs: offsetMoved(watched) ? watched.clockOffsetMs : watched.writtenOffsetMs }))
    await this.#deps.storage.transaction(async (tx) => {
      for (const change of changes) await this.#writeChange(tx, change)
      for (const { watched, provenMs, offsetMs } of written) {
        await this.#deps.cameras.setMeasured(tx, watched.camera.id, {
          ...(provenMs === null ? {} : { pictureProvenMs: provenMs }),
          ...(offsetMs === null ? {} : { clockOffsetMs: offsetMs }),
        })
      }
      await this.#deps.heartbeats.beat(tx, this.#deps.clock.now())
    })
    const done = new Set(changes)
    this.#pending = this.#pending.filter((change) => !done.has(change))
    for (const { watched, provenMs, offsetMs } of written) Object.assign(watched, { writtenProvenMs: provenMs, writtenOffsetMs: offsetMs })
  }

  async #writeChange(tx: Tx, { watched, status, cause, detail, fromMs, sinceMs }: Entry): Promise<void> {
    const { storage, periods, cameras, clock, random, events } = this.#deps
    const { camera, pictureProvenMs } = watched
    await periods.closeOpen(tx, [camera.id], fromMs)
    await periods.open(tx, [{ id: newId<PeriodId>(clock.now(), random), cameraId: camera.id, status, cause, detail, fromMs, toMs: null }])
    await cameras.setHealth(tx, camera.id, { status, cause, sinceMs, pictureProvenMs })
    storage.afterCommit(tx, () => events.emit('status', { cameraId: camera.id, unitId: camera.unitId, status, cause, sinceMs, pictureProvenMs }))
  }
}

function isWorthWriting(watched: Watched): boolean {
  return watched.pictureProvenMs !== watched.writtenProvenMs || offsetMoved(watched)
}

function offsetMoved({ clockOffsetMs, writtenOffsetMs }: Watched): boolean {
  return clockOffsetMs !== null && (writtenOffsetMs === null || Math.abs(clockOffsetMs - writtenOffsetMs) >= NOTICEABLE_OFFSET_MS)
}
