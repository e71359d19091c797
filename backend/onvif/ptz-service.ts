// Owns who turns which camera: one lease a camera with priority, released by itself, each use on record with its purpose.
// Refuses: moves without the lease, cameras out of scope (404), a lease that outlives its socket, its session or its right.
import { missing } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { Logger } from '#base/logger.ts'
import type { Fault } from '#contract/faults.ts'
import type { CameraId, SessionId, UnitId } from '#contract/ids.ts'
import { leaseIdleMs, type PtzAnswer, type PtzHolder, type PtzLease, type PtzState } from '#contract/ptz.ts'
import type { ClientEventPayload } from '#contract/events.ts'
import type { Tier } from '#contract/units.ts'
import { may, type UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal, SocketCaller } from '../http/index.ts'
import type { Camera, CameraService } from '../registry/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'
import type { OnvifCredential, OnvifTarget } from './device.ts'
import { mayTakeFrom, type PtzHead, type PtzOpening } from './ptz.ts'
import { PtzDrive } from './ptz-drive.ts'

export interface PtzServiceDeps {
  storage: Storage
  clock: Clock
  logger: Logger
  trail: AuditTrail
  cameraService: CameraService
  units: UnitStore
  openHead: (target: OnvifTarget, credential: OnvifCredential | null) => Promise<PtzOpening>
  /** Calls `cut` when the session ends or `allowed` is no more; gives the function that lets go. */
  hold: (held: { principal: Principal; allowed: (now: Principal) => boolean; cut: (reason: string) => void }) => () => void
  onListenerError: (error: unknown) => void
}

export interface PtzEvents {
  lease: PtzLease
}

interface Turn {
  cameraId: CameraId
  cameraName: string
  unitId: UnitId
  caller: SocketCaller
  tier: Tier
  sinceMs: number
  purpose: string
  caseNumber: string
  drive: Promise<{ kind: 'drive'; drive: PtzDrive; head: PtzHead } | Exclude<PtzOpening, { kind: 'open' }>>
  idle: Timer | undefined
  letGo: () => void
  presetsUsed: number
}

/** A head that took no stop, and the drive that goes on telling it. */
interface Unstopped {
  cameraId: CameraId
  unitId: UnitId
  turn: Turn
  drive: PtzDrive
  fault: Fault
  sinceMs: number
}

/** A click's turn where the device does not know its field of view: this speed at the edge, for this long. */
const NUDGE_SPEED = 0.6
const NUDGE_MS = 400

export class PtzService {
  readonly #deps: PtzServiceDeps
  readonly #turns = new Map<CameraId, Turn>()
  readonly #unstopped = new Map<CameraId, Unstopped>()
  /** Turns that are over and whose head is still being told to stop. */
  readonly #stopping = new Map<CameraId, Promise<Fault | null>>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #ended = new WeakSet<Turn>()
  readonly events: TypedEmitter<PtzEvents>
  readonly #off: () => void

  constructor(deps: PtzServiceDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<PtzEvents>((error) => deps.onListenerError(error))
    this.#off = deps.cameraService.events.on('changed', ({ cameraId, streamsChanged }) => {
      const turn = this.#turns.get(cameraId)
      if (!streamsChanged) this.#later(this.#follow(cameraId), cameraId, 'a camera that is turned could not be followed to its unit')
      else if (turn) this.#endLater(turn, 'camera-changed')
      else this.#giveUp(cameraId)
    })
  }

  /** What the head can do, as the device says now. @throws AppError not_found for cameras out of scope */
  async state(principal: Principal, cameraId: CameraId): Promise<PtzState> {
    const camera = await this.#deps.cameraService.get(principal, cameraId, 'camera:ptz')
    const target = targetOf(camera)
    const nothing = { canTurn: target !== null, holder: null, hasHome: false, centre: 'timed' as const, presets: [], fault: null }
    if (target === null) return nothing
    const turn = this.#turns.get(cameraId)
    const holder = turn ? holderOf(turn) : null
    const open = turn ? await turn.drive : null
    const opening = open?.kind === 'drive' ? { kind: 'open' as const, head: open.head } : await this.#open(camera, target)
    if (opening.kind === 'none') return { ...nothing, canTurn: false }
    if (opening.kind === 'fault') return { ...nothing, holder, fault: opening.fault.code }
    const { head } = opening
    const answer = await head.presets()
    if (open?.kind !== 'drive') head.close()
    return {
      canTurn: true,
      holder,
      hasHome: head.facts.hasHome,
      centre: head.facts.hasFieldOfView ? 'field-of-view' : 'timed',
      presets: answer.kind === 'presets' ? answer.presets : [],
      fault: answer.kind === 'fault' ? answer.fault.code : null,
    }
  }

  /** The heads of the caller's scope that are held or took no stop; out of memory, so that a whole wall may ask. */
  leases(principal: Principal): PtzLease[] {
    const places = new Map<CameraId, { cameraId: CameraId; unitId: UnitId }>([...this.#unstopped, ...this.#turns])
    return [...places.values()].filter((place) => mayTurn(principal, place)).map((place) => this.#leaseOf(place))
  }

  /** The lease is the caller's when the audit has it; whoever it was taken from has stopped by then. */
  async take(caller: SocketCaller, wanted: ClientEventPayload<'ptz:take'>): Promise<PtzAnswer> {
    const { units, clock } = this.#deps
    const camera = await this.#deps.cameraService.get(caller.principal, wanted.cameraId, 'camera:ptz')
    const target = targetOf(camera)
    if (target === null) return { outcome: 'no-ptz' }
    const tier = (await units.tree()).get(caller.principal.unitId)?.tier ?? 'community'
    const present = this.#turns.get(camera.id)
    if (present?.caller.socketId === caller.socketId) {
      this.#touch(present)
      return { outcome: 'done' }
    }
    if (present && !mayTakeFrom({ tier: present.tier, userId: present.caller.principal.userId }, { tier, userId: caller.principal.userId })) {
      return { outcome: 'held-by-other', holder: holderOf(present) }
    }
    const turn: Turn = {
      cameraId: camera.id, cameraName: camera.archive.name, unitId: camera.unitId, caller, tier,
      sinceMs: clock.now(), purpose: wanted.purpose, caseNumber: wanted.caseNumber,
      drive: Promise.resolve({ kind: 'none' }), idle: undefined, letGo: () => {}, presetsUsed: 0,
    }
    // Claimed before anything is awaited, so that two who ask at the same time do not both have it.
    this.#turns.set(camera.id, turn)
    const begun = this.#begin(turn, present, camera, target)
    turn.drive = begun.then((opening) => opening, () => ({ kind: 'none' as const }))
    const opening = await begun
    if (this.#turns.get(camera.id) !== turn) return { outcome: 'not-held' }
    if (opening.kind !== 'drive') {
      await this.#end(turn, 'not-opened')
      return opening.kind === 'none' ? { outcome: 'no-ptz' } : { outcome: 'failed', fault: opening.fault.code }
    }
    this.#touch(turn)
    return { outcome: 'done' }
  }

  async #begin(turn: Turn, before: Turn | undefined, camera: Camera, target: OnvifTarget): Promise<Awaited<Turn['drive']>> {
    const { clock, hold } = this.#deps
    try {
      if (before) await this.#end(before, 'taken-over')
      // Also one that was given back a moment ago: its stop must not come into the movements of this one.
      await this.#stopping.get(turn.cameraId)
      await this.#record(turn, 'ptz.take', before ? { from: before.caller.principal.displayName } : {})
    } catch (error) {
      if (this.#turns.get(turn.cameraId) === turn) this.#turns.delete(turn.cameraId)
      this.#tell(turn)
      throw error
    }
    turn.letGo = hold({ principal: turn.caller.principal, allowed: (now) => mayTurn(now, turn), cut: (reason) => this.#endLater(turn, reason) })
    if (this.#ended.has(turn)) turn.letGo()
    else this.#tell(turn)
    const opening = await this.#open(camera, target)
    if (opening.kind !== 'open') return opening
    const { head } = opening
    const left = this.#unstopped.get(turn.cameraId)
    left?.drive.abandon()
    const drive: PtzDrive = new PtzDrive({ clock, head, mayMove: left !== undefined, onStop: (fault) => this.#stopTold(turn, drive, fault) })
    // Whoever takes a head that may be turning by itself wants it to stop before anything else.
    if (left !== undefined) void drive.stop()
    return { kind: 'drive', head, drive }
  }

  #stopTold(turn: Turn, drive: PtzDrive, fault: Fault | null): void {
    const { cameraId, unitId } = turn
    const known = this.#unstopped.get(cameraId)
    if (fault !== null && drive.isInsisting) {
      this.#unstopped.set(cameraId, { cameraId, unitId, turn, drive, fault, sinceMs: known?.sinceMs ?? this.#deps.clock.now() })
      if (known !== undefined) return
      this.#deps.logger.error({ cameraId, fault: fault.code }, 'a camera took no stop and may be turning')
      return this.#tell(turn)
    }
    if (known === undefined) return
    this.#unstopped.delete(cameraId)
    this.#tell(turn)
    const seconds = Math.round((this.#deps.clock.now() - known.sinceMs) / 1000)
    this.#later(this.#record(turn, 'ptz.stop-late', { seconds, isStopped: fault === null, fault: known.fault.code }), cameraId, 'the late stop of a camera could not be recorded')
  }

  /** A camera that went to another unit: from now on that one's people may turn it and are told of it, and the others not. */
  async #follow(cameraId: CameraId): Promise<void> {
    const places = [this.#turns.get(cameraId), this.#unstopped.get(cameraId), this.#unstopped.get(cameraId)?.turn].filter((place) => place !== undefined)
    const [first] = places
    if (first === undefined) return
    const camera = await this.#deps.cameraService.find(cameraId)
    if (camera === null || camera.unitId === first.unitId) return
    this.events.emit('lease', { cameraId, unitId: first.unitId, holder: null, unstopped: null })
    for (const place of places) place.unitId = camera.unitId
    this.#tell(first)
  }

  #giveUp(cameraId: CameraId): void {
    const left = this.#unstopped.get(cameraId)
    if (left === undefined) return
    left.drive.abandon()
    this.#unstopped.delete(cameraId)
    this.#tell(left)
  }

  async release(caller: SocketCaller, { cameraId }: ClientEventPayload<'ptz:release'>): Promise<PtzAnswer> {
    return this.#held(caller, cameraId, async (_open, turn) => {
      return stopAnswerOf(await this.#end(turn, 'released'))
    })
  }

  move(caller: SocketCaller, { cameraId, ...velocity }: ClientEventPayload<'ptz:move'>): Promise<PtzAnswer> {
    return this.#held(caller, cameraId, async ({ drive }) => {
      const fault = drive.move(velocity)
      return fault === null ? { outcome: 'done' } : { outcome: 'failed', fault }
    })
  }

  stop(caller: SocketCaller, { cameraId }: ClientEventPayload<'ptz:stop'>): Promise<PtzAnswer> {
    return this.#held(caller, cameraId, async ({ drive }) => stopAnswerOf(await drive.stop()))
  }

  centre(caller: SocketCaller, { cameraId, x, y }: ClientEventPayload<'ptz:centre'>): Promise<PtzAnswer> {
    return this.#held(caller, cameraId, async ({ drive, head }) => {
      await drive.stop()
      if (head.facts.hasFieldOfView) return answerOf(await head.centreOn(x, y))
      const fault = drive.move({ pan: x * NUDGE_SPEED, tilt: y * NUDGE_SPEED, zoom: 0 }, NUDGE_MS)
      return fault === null ? { outcome: 'done' } : { outcome: 'failed', fault }
    })
  }

  preset(caller: SocketCaller, { cameraId, act }: ClientEventPayload<'ptz:preset'>): Promise<PtzAnswer> {
    return this.#held(caller, cameraId, async ({ drive, head }, turn) => {
      const stopFault = await drive.stop()
      // Wherever it comes by then would be kept as the place.
      if (stopFault !== null && act.kind === 'set') return stopAnswerOf(stopFault)
      turn.presetsUsed++
      if (act.kind === 'go') return answerOf(await head.goTo(act.token))
      if (act.kind === 'home') return answerOf(await head.goHome())
      // A preset is the camera's own setting: changing one is on record before it is done.
      await this.#record(turn, act.kind === 'set' ? 'ptz.set-preset' : 'ptz.remove-preset', { token: act.token, ...(act.kind === 'set' ? { name: act.name } : {}) })
      return answerOf(act.kind === 'set' ? await head.setPreset(act.token, act.name) : await head.removePreset(act.token))
    })
  }

  /** A console's socket is gone: what it turned stops now. */
  socketGone(socketId: string): void {
    for (const turn of [...this.#turns.values()]) if (turn.caller.socketId === socketId) this.#endLater(turn, 'socket-gone')
  }

  sessionEnded(sessionId: SessionId): void {
    for (const turn of [...this.#turns.values()]) if (turn.caller.principal.sessionId === sessionId) this.#endLater(turn, 'session-ended')
  }

  async close(): Promise<void> {
    this.#off()
    for (const turn of [...this.#turns.values()]) this.#endLater(turn, 'server-stops')
    await Promise.all(this.#underWay)
    for (const { drive } of this.#unstopped.values()) drive.abandon()
  }

  /** @throws AppError not_found when the held camera is out of the caller's scope */
  async #held(caller: SocketCaller, cameraId: CameraId, run: (open: { drive: PtzDrive; head: PtzHead }, turn: Turn) => Promise<PtzAnswer>): Promise<PtzAnswer> {
    const turn = this.#turns.get(cameraId)
    if (turn === undefined) return { outcome: 'not-held' }
    if (!mayTurn(caller.principal, turn)) throw missing()
    if (turn.caller.socketId !== caller.socketId) return { outcome: 'held-by-other', holder: holderOf(turn) }
    const open = await turn.drive
    if (open.kind !== 'drive' || this.#turns.get(cameraId) !== turn) return { outcome: 'not-held' }
    this.#touch(turn)
    return run(open, turn)
  }

  async #open(camera: Camera, target: OnvifTarget): Promise<PtzOpening> {
    return this.#deps.openHead(target, await this.#deps.cameraService.credentialOf(camera))
  }

  #touch(turn: Turn): void {
    turn.idle?.cancel()
    turn.idle = this.#deps.clock.after(leaseIdleMs, () => this.#endLater(turn, 'idle'))
  }

  #endLater(turn: Turn, reason: string): void {
    this.#later(this.#end(turn, reason), turn.cameraId, 'the end of a turn could not be recorded')
  }

  /** Awaited when the service closes. */
  #later(work: Promise<unknown>, cameraId: CameraId, failure: string): void {
    const done: Promise<void> = work
      .then(() => undefined)
      .catch((error: unknown) => this.#deps.logger.error({ error, cameraId }, failure))
      .finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  /** Stops, frees, tells, records. Gives why the head may still be moving, or null. */
  async #end(turn: Turn, reason: string): Promise<Fault | null> {
    if (this.#ended.has(turn)) return null
    this.#ended.add(turn)
    const isFree = this.#turns.get(turn.cameraId) === turn
    if (isFree) this.#turns.delete(turn.cameraId)
    turn.idle?.cancel()
    turn.letGo()
    const open = await turn.drive
    const drive = open.kind === 'drive' ? open.drive : null
    const stopFault = drive === null ? null : await this.#close(turn.cameraId, drive)
    // Whatever is told further would go to the device that was there before.
    if (reason === 'camera-changed') this.#giveUp(turn.cameraId)
    if (isFree && !this.#turns.has(turn.cameraId)) this.#tell(turn)
    const seconds = Math.round((this.#deps.clock.now() - turn.sinceMs) / 1000)
    const moves = drive === null ? {} : { moves: drive.movementCount, movedMs: drive.movedMs, first: drive.movements.map(({ atMs, velocity, forMs }) => ({ at: toInstant(atMs), ...velocity, forMs })) }
    const notStopped = drive?.stopFault ? { stopsFailed: drive.stopsFailed, fault: drive.stopFault.code } : {}
    await this.#record(turn, 'ptz.release', { reason, seconds, presetsUsed: turn.presetsUsed, ...notStopped, ...moves })
    return stopFault
  }

  async #close(cameraId: CameraId, drive: PtzDrive): Promise<Fault | null> {
    const closing = drive.close()
    this.#stopping.set(cameraId, closing)
    try {
      return await closing
    } finally {
      if (this.#stopping.get(cameraId) === closing) this.#stopping.delete(cameraId)
    }
  }

  #tell(place: { cameraId: CameraId; unitId: UnitId }): void {
    this.events.emit('lease', this.#leaseOf(place))
  }

  #leaseOf({ cameraId, unitId }: { cameraId: CameraId; unitId: UnitId }): PtzLease {
    const turn = this.#turns.get(cameraId)
    const unstopped = this.#unstopped.get(cameraId)
    return { cameraId, unitId, holder: turn ? holderOf(turn) : null, unstopped: unstopped ? { fault: unstopped.fault.code, since: toInstant(unstopped.sinceMs) } : null }
  }

  async #record(turn: Turn, action: string, detail: Record<string, unknown>): Promise<void> {
    const { storage, trail } = this.#deps
    const { caller, cameraId, cameraName, purpose, caseNumber } = turn
    await storage.transaction(async (tx) => {
      await trail.record(tx, { ...caller.principal, ip: caller.ip }, { action, targetKind: 'camera', targetId: cameraId, targetName: cameraName, purpose, caseNumber, detail })
    })
  }
}

/** In scope, or granted for a time on this one camera. */
function mayTurn(principal: Principal, place: { unitId: UnitId; cameraId: CameraId }): boolean {
  return may(principal, 'camera:ptz', place.unitId, place.cameraId)
}

function targetOf(camera: Camera): OnvifTarget | null {
  return camera.hasPtz && camera.onvifPort !== null ? { host: camera.address, port: camera.onvifPort, tls: false } : null
}

function holderOf({ caller: { principal }, tier, sinceMs }: Turn): PtzHolder {
  return { userId: principal.userId, displayName: principal.displayName, unitName: principal.unitName, tier, since: toInstant(sinceMs) }
}

function stopAnswerOf(fault: Fault | null): PtzAnswer {
  return fault === null ? { outcome: 'done' } : { outcome: 'not-stopped', fault: fault.code }
}

function answerOf(fault: Fault | null): PtzAnswer {
  return fault === null ? { outcome: 'done' } : { outcome: 'failed', fault: fault.code }
}
