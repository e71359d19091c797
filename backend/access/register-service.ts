// Owns 调用登记: writing an entry before the first byte, and asking for one wherever video beyond standing duty is given.
// Refuses: entries about cameras that the caller may not see, and an access that no entry covers.
import { AppError, missing } from '#base/app-error.ts'
import { beijingDayStartMs } from '#base/beijing-time.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, RegisterId, UserId } from '#contract/ids.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { isOutage, type Storage, type Tx } from '../storage/index.ts'
import { assertPurpose, covers, incomplete, type Officer, type PurposeFields, type RegisterCamera, type RegisterEntry, type WantedAccess } from './register-entry.ts'
import type { RegisterFilter, RegisterStore } from './register-store.ts'
import type { UnitStore } from './unit-store.ts'
import type { UserStore } from './user-store.ts'

/** What this room needs to know of cameras; the registry answers it. */
export interface CameraDirectory {
  /** Those of the cameras that the caller may see. */
  visible(principal: Principal, ids: readonly CameraId[]): Promise<RegisterCamera[]>
}

export interface RegisterServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  entries: RegisterStore
  users: UserStore
  units: UnitStore
  directory: CameraDirectory
  patterns: { caseNumberPatterns: readonly string[]; incidentNumberPatterns: readonly string[] }
  /** How long an entry opens what it names. */
  purposeMs: number
}

export interface NewEntry extends PurposeFields {
  cameraIds: readonly CameraId[]
  fromMs: number
  toMs: number
}

const freshMs = 2_000
const longestMs = 31 * 24 * 3_600_000

export class RegisterService {
  readonly #deps: RegisterServiceDeps
  readonly #isCaseNumber: (text: string) => boolean
  readonly #isIncidentNumber: (text: string) => boolean
  readonly #good = new Map<UserId, { entries: RegisterEntry[]; readMs: number }>()

  constructor(deps: RegisterServiceDeps) {
    this.#deps = deps
    const anyOf = (patterns: readonly string[]) => {
      const compiled = patterns.map((pattern) => new RegExp(pattern))
      return (text: string) => compiled.some((pattern) => pattern.test(text))
    }
    this.#isCaseNumber = anyOf(deps.patterns.caseNumberPatterns)
    this.#isIncidentNumber = anyOf(deps.patterns.incidentNumberPatterns)
  }

  /** @throws AppError not_found (a camera out of sight), purpose_incomplete, invalid_request (the stretch of time) */
  async enter(principal: Principal, wanted: NewEntry, from: { ip: string }): Promise<RegisterEntry> {
    const { clock, random, directory, storage, entries, trail, purposeMs } = this.#deps
    assertPurpose(wanted, this.#isCaseNumber, this.#isIncidentNumber)
    if (wanted.toMs < wanted.fromMs || wanted.toMs - wanted.fromMs > longestMs) throw new AppError('invalid', 'invalid_request', 'The stretch of time is empty or longer than 31 days.')
    const ids = [...new Set(wanted.cameraIds)]
    const cameras = await directory.visible(principal, ids)
    if (cameras.length !== ids.length) throw missing()
    const atMs = clock.now()
    const entry = await storage.transaction(async (tx) => {
      const made: RegisterEntry = {
        id: newId<RegisterId>(atMs, random),
        atMs,
        purpose: wanted.purpose,
        act: wanted.act,
        note: wanted.note,
        caseNumber: wanted.caseNumber,
        incidentNumber: wanted.incidentNumber,
        cameras,
        fromMs: wanted.fromMs,
        toMs: wanted.toMs,
        goodUntilMs: atMs + purposeMs,
        userId: principal.userId,
        user: { displayName: principal.displayName, policeNumber: principal.policeNumber, unitName: principal.unitName },
        unitId: principal.unitId,
        secondOfficer: wanted.secondPoliceNumber === null ? null : await this.#secondOfficer(tx, principal, wanted.secondPoliceNumber),
      }
      await entries.add(tx, made)
      await trail.record(
        tx,
        { ...principal, ip: from.ip },
        {
          action: 'register.enter',
          targetKind: 'register',
          targetId: made.id,
          targetName: cameras.map(({ name }) => name).join('、'),
          caseNumber: made.caseNumber ?? made.incidentNumber ?? '',
          purpose: made.purpose,
          detail: { act: made.act, cameraIds: cameras.map(({ id }) => id), fromMs: made.fromMs, toMs: made.toMs, secondOfficer: made.secondOfficer?.policeNumber ?? null },
        },
      )
      return made
    })
    this.#good.delete(principal.userId)
    return entry
  }

  /**
   * The caller's entry that covers this access. Whoever gives video that is not standing duty asks here before the first byte.
   * @throws AppError purpose_needed
   */
  async require(principal: Principal, wanted: WantedAccess): Promise<RegisterEntry> {
    const { clock, entries } = this.#deps
    let known = this.#good.get(principal.userId)
    if (known === undefined || clock.monotonicMs() - known.readMs >= freshMs) {
      if (this.#good.size > 5_000) this.#good.clear()
      try {
        known = { entries: await entries.goodOf(principal.userId, clock.now()), readMs: clock.monotonicMs() }
        this.#good.set(principal.userId, known)
      } catch (error) {
        // Entries are never changed, and until when they are good is asked below: what was read before stays true.
        if (known === undefined || !isOutage(error)) throw error
      }
    }
    const found = known.entries.find((entry) => covers(entry, wanted, clock.now()))
    if (found === undefined) throw new AppError('forbidden', 'purpose_needed', errorCodes.purpose_needed)
    return found
  }

  listOwn(principal: Principal, page: { page: number; pageSize: number }): Promise<{ items: RegisterEntry[]; total: number }> {
    return this.#deps.entries.list({ userId: principal.userId }, page)
  }

  /** Entries made since midnight by 北京时间: of the caller's subtree by whoever may read it, else of the caller. A figure without a name is no reading. */
  countToday(principal: Principal): Promise<number> {
    const whose = principal.permissions.has('register:view') ? { unitIds: [...principal.scope.unitIds] } : { userId: principal.userId }
    return this.#deps.entries.count({ ...whose, fromMs: beijingDayStartMs(this.#deps.clock.now()) })
  }

  /** Entries of people of the caller's subtree; the reading is on record. */
  async list(principal: Principal, filter: RegisterFilter, page: { page: number; pageSize: number }, from: { ip: string }, action: 'register.read' | 'register.export' = 'register.read'): Promise<{ items: RegisterEntry[]; total: number }> {
    const { storage, trail, entries } = this.#deps
    const unitIds = filter.unitIds === undefined ? [...principal.scope.unitIds] : filter.unitIds.filter((id) => principal.scope.unitIds.has(id))
    const { unitIds: _unitIds, ...shown } = filter
    await storage.transaction((tx) => trail.record(tx, { ...principal, ip: from.ip }, { action, targetKind: 'register', targetId: '', detail: { ...shown } }))
    return entries.list({ ...filter, unitIds }, page)
  }

  /** Another person with an account that may watch. @throws AppError purpose_incomplete */
  async #secondOfficer(tx: Tx, principal: Principal, policeNumber: string): Promise<Officer> {
    const { users, units } = this.#deps
    const found = (await users.byPoliceNumber(policeNumber, tx)).find(
      (user) => user.id !== principal.userId && user.policeNumber !== principal.policeNumber && !user.disabled && user.roles.some((role) => !['sysadmin', 'secadmin', 'auditor', 'maintainer'].includes(role)),
    )
    if (found === undefined) throw incomplete('secondPoliceNumber')
    return { displayName: found.displayName, policeNumber, unitName: (await units.tree()).get(found.unitId)?.name ?? '' }
  }
}
