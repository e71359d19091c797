// Owns when each camera is asked whether it answers strangers, and writing what it said: a few at once, each about once a
// period at its own time, new and changed ones soon. Refuses: cameras that are offline or suspended, and answers of a
// device that is no longer the camera's.
import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '#base/clock.ts'
import type { TypedEmitter } from '#base/emitter.ts'
import type { Logger } from '#base/logger.ts'
import type { CameraId } from '#contract/ids.ts'
import type { Door, Posture } from '#contract/posture.ts'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Camera, CameraService, CameraStore } from '../registry/index.ts'
import type { Storage, Tx } from '../storage/index.ts'
import { afterReading, askedPlace, doorsOf, holdOf, isWeak, nextTurnMs, postureOf, type DoorReading, type DoorRecord } from './posture.ts'
import { askDoors, type PostureQuestionDeps } from './posture-question.ts'
import type { PostureStore } from './posture-store.ts'
import type { HealthEvents, Watched } from './status-book.ts'
import type { WatchLimits } from './watch-limits.ts'

export interface PostureWatchDeps extends PostureQuestionDeps {
  storage: Storage
  clock: Clock
  logger: Logger
  trail: AuditTrail
  cameras: Pick<CameraStore, 'get' | 'setPosture'>
  cameraService: Pick<CameraService, 'placeOf'>
  postures: PostureStore
  events: Pick<TypedEmitter<HealthEvents>, 'emit'>
  /** Every camera of the watch, with its present status. */
  watched: () => readonly Pick<Watched, 'camera' | 'standing'>[]
  limits: Pick<WatchLimits, 'posturePeriodMs' | 'postureConcurrency'>
}

interface Turn {
  /** The camera's version that `place` belongs to. */
  version: number
  place: string
  dueMs: number
}

const TICK_MS = 5_000
/** Cameras of one round: who is new waits no longer than for these. */
const ROUND = 100

export class PostureWatch {
  readonly #deps: PostureWatchDeps
  readonly #turns = new Map<CameraId, Turn>()
  readonly #inHand = new Map<CameraId, Promise<unknown>>()
  readonly #ended = new AbortController()
  #ticker: Timer | undefined
  #round: Promise<void> | null = null

  constructor(deps: PostureWatchDeps) {
    this.#deps = deps
    setMaxListeners(0, this.#ended.signal)
  }

  /** Takes up what is stored, so that a restart asks nobody again before their turn. */
  async start(): Promise<void> {
    const { postures, clock, limits } = this.#deps
    const stored = new Map<CameraId, { place: string; records: DoorRecord[] }>()
    for (const { cameraId, place, record } of await postures.all()) {
      const known = stored.get(cameraId)
      if (known?.place === place) known.records.push(record)
      else stored.set(cameraId, { place, records: [record] })
    }
    for (const [cameraId, { place, records }] of stored) this.#turns.set(cameraId, { version: 0, place, dueMs: dueOf(cameraId, records, limits.posturePeriodMs) })
    this.#ticker = clock.every(TICK_MS, () => this.#tick())
  }

  async stop(): Promise<void> {
    this.#ticker?.cancel()
    this.#ended.abort()
    await this.atRest()
  }

  /** Resolves when nobody is being asked and what was said is written. */
  async atRest(): Promise<void> {
    await this.#round
    await Promise.allSettled(this.#inHand.values())
  }

  /**
   * Asks one camera, whatever its turn and status, and writes what it said in one transaction with `also`. Questions to the
   * same camera come one after the other.
   * @returns the doors as they are then known; null when the camera's device changed meanwhile: nothing was written
   */
  ask(camera: Camera, also: (tx: Tx, records: readonly DoorRecord[]) => Promise<void> = async () => {}): Promise<DoorRecord[] | null> {
    const before = this.#inHand.get(camera.id) ?? Promise.resolve()
    const asking = before.catch(() => undefined).then(() => this.#ask(camera, also))
    this.#inHand.set(camera.id, asking)
    const done = () => {
      if (this.#inHand.get(camera.id) === asking) this.#inHand.delete(camera.id)
    }
    asking.then(done, done)
    return asking
  }

  async #ask(camera: Camera, also: (tx: Tx, records: readonly DoorRecord[]) => Promise<void>): Promise<DoorRecord[] | null> {
    const { cameraService, clock, storage, limits } = this.#deps
    const readings = await askDoors(this.#deps, camera, cameraService.placeOf(camera, 'sub'), this.#ended.signal)
    if (this.#ended.signal.aborted) return null
    const records = await storage.transaction((tx) => this.#write(tx, camera, readings, clock.now(), also))
    if (records !== null) this.#turns.set(camera.id, { version: camera.version, place: this.#placeOf(camera), dueMs: dueOf(camera.id, records, limits.posturePeriodMs) })
    return records
  }

  async #write(tx: Tx, camera: Camera, readings: ReadonlyMap<Door, DoorReading>, nowMs: number, also: (tx: Tx, records: readonly DoorRecord[]) => Promise<void>): Promise<DoorRecord[] | null> {
    const { cameras, postures, trail } = this.#deps
    const place = this.#placeOf(camera)
    const present = await cameras.get('all', camera.id, tx)
    if (present === null || this.#placeOf(present) !== place) return null
    const before = await postures.of(camera.id, place, tx)
    const records = [...readings].map(([door, reading]) => afterReading(before.find((record) => record.door === door), door, reading, nowMs))
    await postures.put(tx, camera.id, place, records)
    await this.#setPosture(tx, present, postureOf(doorsOf(camera), records))
    const target = { targetKind: 'camera', targetId: camera.id, targetName: present.archive.name }
    const was = weaknesses(before)
    const is = weaknesses(records)
    if (was.join() !== is.join()) await trail.record(tx, systemActor, { action: 'camera.posture', ...target, detail: { weak: is, before: was } })
    await also(tx, records)
    return records
  }

  async #setPosture(tx: Tx, { id, unitId, posture: before }: Camera, posture: Posture): Promise<void> {
    if (posture === before) return
    const { cameras, events, storage } = this.#deps
    await cameras.setPosture(tx, id, posture)
    storage.afterCommit(tx, () => events.emit('posture', { cameraId: id, unitId, posture }))
  }

  #placeOf(camera: Camera): string {
    return askedPlace(camera, this.#deps.cameraService.placeOf(camera, 'sub'))
  }

  #tick(): void {
    if (this.#round !== null || this.#ended.signal.aborted) return
    this.#round = this.#makeRound()
      .catch((error: unknown) => this.#deps.logger.error({ error }, 'cameras could not be asked how they guard themselves; the next round tries again'))
      .finally(() => (this.#round = null))
  }

  async #makeRound(): Promise<void> {
    const { clock, watched, limits } = this.#deps
    const present = watched()
    for (const { camera } of present) await this.#follow(camera)
    const nowMs = clock.now()
    const due = present
      .map((one) => ({ one, dueMs: this.#turns.get(one.camera.id)?.dueMs ?? 0 }))
      .filter(({ one, dueMs }) => dueMs <= nowMs && holdOf(one.standing) === null && doorsOf(one.camera).length > 0)
      .sort((a, b) => a.dueMs - b.dueMs)
      .slice(0, ROUND)
      .values()
    const lane = async (): Promise<void> => {
      for (const { one } of due) {
        if (this.#ended.signal.aborted) return
        // It may have gone offline since the round began.
        if (holdOf(one.standing) === null) await this.ask(one.camera)
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: limits.postureConcurrency }, lane))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** What a device said that is no longer the camera's is forgotten; the new one is asked next. */
  async #follow(camera: Camera): Promise<void> {
    const turn = this.#turns.get(camera.id)
    if (turn === undefined || turn.version === camera.version) return
    if (turn.place === this.#placeOf(camera)) return void (turn.version = camera.version)
    const { storage, postures, cameras } = this.#deps
    await storage.transaction(async (tx) => {
      await postures.put(tx, camera.id, '', [])
      const present = await cameras.get('all', camera.id, tx)
      if (present !== null) await this.#setPosture(tx, present, 'unknown')
    })
    this.#turns.delete(camera.id)
  }
}

function dueOf(cameraId: CameraId, records: readonly DoorRecord[], periodMs: number): number {
  const atMs = Math.max(...records.map(({ askedMs }) => askedMs))
  return nextTurnMs(cameraId, records.length === 0 ? null : { atMs, answered: records.every(({ fault }) => fault === null) }, periodMs)
}

function weaknesses(records: readonly DoorRecord[]): string[] {
  return records.filter(isWeak).map(({ door, answer }) => `${door} ${answer ?? ''}`).sort()
}
