// Owns rights given for a time: asking, deciding by another person, ending by revocation, giving back, or by themselves.
// Refuses: deciding about one's own, about cameras outside the own subtree, and telling an asker which codes exist.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import { longestGrantDays, type GrantAction, type GrantState } from '#contract/grants.ts'
import type { CameraId, GrantId, UserId } from '#contract/ids.ts'
import { systemActor, type Actor, type AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { toInstant, type Storage, type Tx } from '../storage/index.ts'
import { mayDecide, type Grant, type GrantCamera } from './grant.ts'
import type { GrantStore } from './grant-store.ts'

export interface GrantEvents {
  /** After commit: the person's rights are others now. `endedAtMs` is set when a right ended. */
  changed: { grantId: GrantId; state: GrantState; userId: UserId; cameraIds: CameraId[]; endedAtMs: number | null }
}

export interface GrantServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  grants: GrantStore
  /** Cameras by their 20-digit codes, whoever asks; the answer never reaches an asker. */
  byGbCodes: (codes: readonly string[]) => Promise<GrantCamera[]>
  onListenerError: (error: unknown) => void
}

export interface NewGrant {
  gbCodes: readonly string[]
  actions: readonly GrantAction[]
  fromMs: number
  toMs: number
  reason: string
  caseNumber: string | null
  incidentNumber: string | null
}

const dueEveryMs = 1_000

export class GrantService {
  readonly #deps: GrantServiceDeps
  readonly #timer: Timer
  readonly events: TypedEmitter<GrantEvents>

  constructor(deps: GrantServiceDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<GrantEvents>((error) => deps.onListenerError(error))
    this.#timer = deps.clock.every(dueEveryMs, () => void this.endDue().catch(deps.onListenerError))
  }

  /** The answer is the same for codes that exist and codes that do not. @throws AppError invalid_request, purpose_incomplete */
  async ask(principal: Principal, wanted: NewGrant, from: { ip: string }): Promise<Grant> {
    const { clock, random, storage, grants } = this.#deps
    const now = clock.now()
    if (wanted.toMs <= Math.max(wanted.fromMs, now) || wanted.toMs - wanted.fromMs > longestGrantDays * 24 * 3_600_000) {
      throw new AppError('invalid', 'invalid_request', `A grant ends in the future and lasts ${longestGrantDays} days at most.`)
    }
    if (wanted.caseNumber === null && wanted.incidentNumber === null) {
      throw new AppError('invalid', 'purpose_incomplete', errorCodes.purpose_incomplete, { issues: [{ path: 'body.caseNumber', message: 'a case or an incident is needed' }] })
    }
    const grant: Grant = {
      ...wanted,
      id: newId<GrantId>(now, random),
      state: 'asked',
      askedAtMs: now,
      userId: principal.userId,
      asker: { displayName: principal.displayName, policeNumber: principal.policeNumber, unitName: principal.unitName },
      gbCodes: [...new Set(wanted.gbCodes)],
      actions: [...new Set(wanted.actions)],
      cameras: [],
      decidedById: null,
      decidedBy: null,
      decidedAtMs: null,
      note: '',
    }
    await storage.transaction(async (tx) => {
      await grants.add(tx, grant)
      await this.#record(tx, { ...principal, ip: from.ip }, 'grant.ask', grant)
    })
    return grant
  }

  ownOf(principal: Principal): Promise<Grant[]> {
    return this.#deps.grants.ofUser(principal.userId)
  }

  /** Those that the caller may decide or has in sight as a supervisor, with the cameras behind the codes. */
  async inSight(principal: Principal, state: GrantState | undefined): Promise<Grant[]> {
    const all = await this.#deps.grants.all(state)
    const known = new Map((await this.#deps.byGbCodes([...new Set(all.flatMap(({ gbCodes }) => gbCodes))])).map((camera) => [camera.gbCode, camera]))
    return all
      .map((grant) => ({ ...grant, cameras: grant.cameras.length > 0 ? grant.cameras : grant.gbCodes.flatMap((code) => known.get(code) ?? []) }))
      .filter((grant) => mayDecide(principal, grant.cameras))
  }

  /** @throws AppError not_found, no_permission (one's own), conflict (decided meanwhile, or its time is over) */
  async decide(principal: Principal, id: GrantId, decision: { approve: boolean; note: string }, from: { ip: string }): Promise<Grant> {
    const { clock } = this.#deps
    const { grant, cameras } = await this.#decidable(principal, id)
    const now = clock.now()
    if (decision.approve && grant.toMs <= now) throw new AppError('conflict', 'conflict', 'The time that was asked for is over.')
    const state = decision.approve ? 'approved' : 'refused'
    return this.#move(grant, 'asked', { state, cameras: decision.approve ? cameras : [], note: decision.note, ...decidedBy(principal, now) }, { ...principal, ip: from.ip }, decision.approve ? 'grant.approve' : 'grant.refuse', null)
  }

  /** @throws AppError not_found, no_permission (one's own), conflict (not approved any more) */
  async revoke(principal: Principal, id: GrantId, note: string, from: { ip: string }): Promise<Grant> {
    const { grant } = await this.#decidable(principal, id)
    const now = this.#deps.clock.now()
    return this.#move(grant, 'approved', { state: 'revoked', note, ...decidedBy(principal, now) }, { ...principal, ip: from.ip }, 'grant.revoke', now)
  }

  /** The asker takes back the question, or gives back the right. @throws AppError not_found, conflict */
  async withdraw(principal: Principal, id: GrantId, from: { ip: string }): Promise<Grant> {
    const grant = await this.#deps.grants.byId(id)
    if (grant === null || grant.userId !== principal.userId) throw missing()
    return this.#move(grant, grant.state === 'approved' ? 'approved' : 'asked', { state: 'withdrawn' }, { ...principal, ip: from.ip }, 'grant.withdraw', this.#deps.clock.now())
  }

  /** Ends what time has ended; the server does so by itself every second. */
  async endDue(): Promise<void> {
    for (const grant of await this.#deps.grants.due(this.#deps.clock.now())) {
      await this.#move(grant, 'approved', { state: 'ended' }, systemActor, 'grant.end', grant.toMs).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error // another machine has ended it
      })
    }
  }

  close(): void {
    this.#timer.cancel()
  }

  async #decidable(principal: Principal, id: GrantId): Promise<{ grant: Grant; cameras: GrantCamera[] }> {
    const grant = await this.#deps.grants.byId(id)
    if (grant === null) throw missing()
    const cameras = grant.cameras.length > 0 ? grant.cameras : await this.#deps.byGbCodes(grant.gbCodes)
    if (!mayDecide(principal, cameras)) throw missing()
    if (grant.userId === principal.userId) throw new AppError('forbidden', 'no_permission', 'Nobody decides about their own grant.')
    return { grant, cameras }
  }

  async #move(grant: Grant, from: GrantState, change: Partial<Grant>, actor: Actor, action: string, endedAtMs: number | null): Promise<Grant> {
    const { storage, grants } = this.#deps
    const moved: Grant = { ...grant, ...change }
    await storage.transaction(async (tx) => {
      if (!(await grants.move(tx, moved, from))) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      await this.#record(tx, actor, action, moved, endedAtMs)
      const cameraIds = moved.cameras.map(({ id }) => id)
      storage.afterCommit(tx, () => this.events.emit('changed', { grantId: grant.id, state: moved.state, userId: grant.userId, cameraIds, endedAtMs }))
    })
    return moved
  }

  #record(tx: Tx, actor: Actor, action: string, grant: Grant, endedAtMs: number | null = null): Promise<unknown> {
    const { clock, trail } = this.#deps
    return trail.record(tx, actor, {
      action,
      targetKind: 'grant',
      targetId: grant.id,
      targetName: grant.asker.displayName,
      caseNumber: grant.caseNumber ?? grant.incidentNumber ?? '',
      purpose: grant.reason,
      detail: {
        gbCodes: grant.gbCodes,
        actions: grant.actions,
        from: toInstant(grant.fromMs),
        to: toInstant(grant.toMs),
        ...(endedAtMs === null ? {} : { rightEndedAt: toInstant(endedAtMs), cutAt: toInstant(clock.now()) }),
      },
    })
  }
}

function decidedBy(principal: Principal, atMs: number): Pick<Grant, 'decidedById' | 'decidedBy' | 'decidedAtMs'> {
  return { decidedById: principal.userId, decidedBy: principal.displayName, decidedAtMs: atMs }
}
