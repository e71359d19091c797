// Owns what is done with cases: opening, changing (also 警情 → 案件), setting members; each on record.
// Refuses: telling a case that is not there from one that is not for the caller.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CaseId, UserId } from '#contract/ids.ts'
import { rolePermissions } from '#contract/permissions.ts'
import type { UserStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { isUniqueViolation, type Storage, type Tx } from '../storage/index.ts'
import { assertTimesInOrder, invalid, type Case, type CaseFields, type CaseMember, type CaseNumbers } from './case.ts'
import { mayEdit, sightOf } from './case-policy.ts'
import type { CaseFilter, CaseStore } from './case-store.ts'

export interface CaseServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  cases: CaseStore
  users: UserStore
  numbers: CaseNumbers
}

export class CaseService {
  readonly #deps: CaseServiceDeps

  constructor(deps: CaseServiceDeps) {
    this.#deps = deps
  }

  /** @throws AppError not_found, also for a case that is not for the caller */
  async get(principal: Principal, id: CaseId): Promise<Case> {
    const found = await this.#deps.cases.get(sightOf(principal), id)
    if (found === null) throw missing()
    return found
  }

  /** A case for a person's eyes, on record. @throws AppError not_found, also for a case that is not for the caller */
  async read(principal: Principal, id: CaseId, from: { ip: string }): Promise<Case> {
    const { storage, trail } = this.#deps
    const found = await this.get(principal, id)
    await storage.transaction((tx) => trail.record(tx, { ...principal, ip: from.ip }, this.#act('case.read', found, {})))
    return found
  }

  /** Cases that the caller sees, newest first; what was asked and how much of it was shown is on record. */
  async list(principal: Principal, filter: CaseFilter, page: { page: number; pageSize: number }, from: { ip: string }): Promise<{ items: Case[]; total: number }> {
    const { storage, trail, cases } = this.#deps
    const found = await cases.list(sightOf(principal), filter, page)
    const { unitIds: _subtree, ...asked } = filter
    const detail = { ...asked, page: page.page, shown: found.items.length, total: found.total }
    await storage.transaction((tx) => trail.record(tx, { ...principal, ip: from.ip }, { action: 'case.read', targetKind: 'case', targetId: '', detail }))
    return found
  }

  /** Opens a case in the caller's unit; the caller becomes its lead. @throws AppError case_number_refused, already_exists */
  async create(principal: Principal, fields: CaseFields, from: { ip: string }): Promise<Case> {
    const { storage, clock, random, trail, cases, numbers } = this.#deps
    numbers.assertAccepted(fields)
    assertTimesInOrder(fields)
    const nowMs = clock.now()
    const opened: Case = {
      ...fields,
      id: newId<CaseId>(nowMs, random),
      unitId: principal.unitId,
      createdAtMs: nowMs,
      createdById: principal.userId,
      createdByName: principal.displayName,
      version: 1,
    }
    await refusingDoubles(
      storage.transaction(async (tx) => {
        await cases.add(tx, opened)
        await cases.setMembers(tx, opened.id, [{ userId: principal.userId, duty: 'lead' }])
        await trail.record(tx, { ...principal, ip: from.ip }, this.#act('case.create', opened, { caseNumber: opened.caseNumber, incidentNumber: opened.incidentNumber }))
      }),
    )
    return opened
  }

  /**
   * Changes the given fields. A case that was opened under a 警情编号 gets its 案件编号 here and keeps both.
   * @throws AppError not_found, no_permission (a member who does not lead), conflict, case_number_refused, already_exists
   */
  async update(principal: Principal, id: CaseId, version: number, wanted: { [Key in keyof CaseFields]?: CaseFields[Key] | undefined }, from: { ip: string }): Promise<Case> {
    const { storage, trail, numbers } = this.#deps
    return refusingDoubles(
      storage.transaction(async (tx) => {
        const found = await this.#toEdit(tx, principal, id, version)
        const fields = given(wanted)
        const changed: Case = { ...found, ...fields }
        numbers.assertAccepted(changed, found)
        assertTimesInOrder(changed)
        await this.#save(tx, changed)
        await trail.record(tx, { ...principal, ip: from.ip }, this.#act('case.update', changed, { ...fields }))
        return { ...changed, version: version + 1 }
      }),
    )
  }

  /**
   * Sets the members. One from another station gets the case with its tags and exhibits by this, never a camera.
   * @throws AppError not_found, no_permission, conflict, invalid_request (no lead, somebody twice, somebody who cannot work on cases)
   */
  async setMembers(principal: Principal, id: CaseId, version: number, members: readonly CaseMember[], from: { ip: string }): Promise<Case> {
    const { storage, trail, cases } = this.#deps
    if (!members.some((member) => member.duty === 'lead')) throw invalid('members', 'has no lead')
    if (new Set(members.map((member) => member.userId)).size !== members.length) throw invalid('members', 'names somebody twice')
    return storage.transaction(async (tx) => {
      const found = await this.#toEdit(tx, principal, id, version)
      const before = await cases.membersOf(id, tx)
      const known = new Set(before.map((member) => member.userId))
      for (const { userId } of members) if (!known.has(userId)) await this.#assertMayJoin(tx, userId)
      await this.#save(tx, found)
      await cases.setMembers(tx, id, members)
      await trail.record(tx, { ...principal, ip: from.ip }, this.#act('case.set-members', found, { before, members }))
      return { ...found, version: version + 1 }
    })
  }

  countOpen(principal: Principal): Promise<number> {
    return this.#deps.cases.countOpen(sightOf(principal))
  }

  async #toEdit(tx: Tx, principal: Principal, id: CaseId, version: number): Promise<Case> {
    const { cases } = this.#deps
    const found = await cases.get(sightOf(principal), id, tx)
    if (found === null) throw missing()
    if (!mayEdit(principal, found, await cases.membersOf(id, tx))) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    if (found.version !== version) throw new AppError('conflict', 'conflict', errorCodes.conflict)
    return found
  }

  async #save(tx: Tx, changed: Case): Promise<void> {
    if (!(await this.#deps.cases.update(tx, changed))) throw new AppError('conflict', 'conflict', errorCodes.conflict)
  }

  async #assertMayJoin(tx: Tx, userId: UserId): Promise<void> {
    const user = await this.#deps.users.byId(userId, tx)
    const worksOnCases = user !== null && !user.disabled && user.roles.some((role) => rolePermissions[role].includes('case:view'))
    if (!worksOnCases) throw invalid('members', 'names somebody who cannot work on cases')
  }

  #act(action: string, on: Case, detail: Record<string, unknown>) {
    return { action, targetKind: 'case', targetId: on.id, targetName: on.caseNumber ?? on.incidentNumber ?? '', detail }
  }
}

/** Either number names one case; the answer does not say whose. */
async function refusingDoubles<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', errorCodes.already_exists) : error
  }
}

function given(wanted: { [Key in keyof CaseFields]?: CaseFields[Key] | undefined }): Partial<CaseFields> {
  const fields: Partial<CaseFields> = {}
  if (wanted.caseNumber !== undefined) fields.caseNumber = wanted.caseNumber
  if (wanted.incidentNumber !== undefined) fields.incidentNumber = wanted.incidentNumber
  if (wanted.title !== undefined) fields.title = wanted.title
  if (wanted.category !== undefined) fields.category = wanted.category
  if (wanted.status !== undefined) fields.status = wanted.status
  if (wanted.summary !== undefined) fields.summary = wanted.summary
  if (wanted.place !== undefined) fields.place = wanted.place
  if (wanted.occurredFromMs !== undefined) fields.occurredFromMs = wanted.occurredFromMs
  if (wanted.occurredToMs !== undefined) fields.occurredToMs = wanted.occurredToMs
  return fields
}
