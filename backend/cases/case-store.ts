// Owns cases and their members in the database. Who sees a case is one piece of SQL, used in every WHERE here and in the
// tag store, so that lists, counts, searches, tags and exhibits can never disagree.
import { Op, literal, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { CaseId, UnitId } from '#contract/ids.ts'
import { contains, type Storage, type Table, type Tx } from '../storage/index.ts'
import { endedStatuses, type Case, type CaseMember, type CaseStatus } from './case.ts'
import type { CaseSight } from './case-policy.ts'
import { caseColumns, caseRowSchema, memberColumns, memberRowSchema, toCaseRow } from './case-row.ts'

export interface CaseFilter {
  q?: string | undefined
  status?: CaseStatus | undefined
  category?: string | undefined
  unitIds?: readonly UnitId[] | undefined
}

/** A sub-query of the ids of all cases that the caller sees. Standard SQL; every value is escaped by the dialect. */
export function visibleCaseIds(storage: Storage, sight: CaseSight) {
  const quoted = (values: readonly string[]) => values.map((value) => storage.sequelize.escape(value)).join(', ')
  const asMember = `id IN (SELECT case_id FROM case_members WHERE user_id = ${quoted([sight.userId])})`
  const asSupervisor = sight.supervisedUnitIds.length === 0 ? '' : ` OR unit_id IN (${quoted(sight.supervisedUnitIds)})`
  return literal(`(SELECT id FROM cases WHERE ${asMember}${asSupervisor})`)
}

export class CaseStore {
  readonly #storage: Storage
  readonly #cases: Table
  readonly #members: Table

  constructor(storage: Storage) {
    this.#storage = storage
    this.#cases = storage.table('cases', caseColumns)
    this.#members = storage.table('case_members', memberColumns)
  }

  async add(tx: Tx, added: Case): Promise<void> {
    await this.#cases.create(
      {
        ...toCaseRow(added),
        id: added.id,
        unit_id: added.unitId,
        created_at_ms: added.createdAtMs,
        created_by: added.createdById,
        created_by_name: added.createdByName,
        version: added.version,
      },
      { transaction: tx },
    )
  }

  /** Returns false when `version` has moved on; the new version is one higher. */
  async update(tx: Tx, changed: Case): Promise<boolean> {
    const [rows] = await this.#cases.update(
      { ...toCaseRow(changed), version: changed.version + 1 },
      { where: { id: changed.id, version: changed.version }, transaction: tx },
    )
    return rows === 1
  }

  async get(sight: CaseSight, id: CaseId, tx?: Tx): Promise<Case | null> {
    const where = { [Op.and]: [{ id }, this.#visible(sight)] }
    const row = await this.#cases.findOne({ where, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : caseRowSchema.parse(row)
  }

  async byIds(sight: CaseSight, ids: readonly CaseId[]): Promise<Case[]> {
    if (ids.length === 0) return []
    return z.array(caseRowSchema).parse(await this.#cases.findAll({ where: { [Op.and]: [{ id: [...ids] }, this.#visible(sight)] }, raw: true }))
  }

  /** Newest first. */
  async list(sight: CaseSight, filter: CaseFilter, page: { page: number; pageSize: number }): Promise<{ items: Case[]; total: number }> {
    const terms: WhereOptions[] = [this.#visible(sight)]
    if (filter.status) terms.push({ status: filter.status })
    if (filter.category) terms.push({ category: filter.category })
    if (filter.unitIds) terms.push({ unit_id: [...filter.unitIds] })
    for (const word of (filter.q ?? '').split(/\s+/).filter(Boolean)) {
      terms.push({ [Op.or]: ['title', 'case_number', 'incident_number', 'place', 'summary'].map((name) => contains(name, word)) })
    }
    const where = { [Op.and]: terms }
    const total = await this.#cases.count({ where })
    const rows = await this.#cases.findAll({ where, order: [['id', 'DESC']], limit: page.pageSize, offset: (page.page - 1) * page.pageSize, raw: true })
    return { items: z.array(caseRowSchema).parse(rows), total }
  }

  countOpen(sight: CaseSight): Promise<number> {
    return this.#cases.count({ where: { [Op.and]: [this.#visible(sight), { status: { [Op.notIn]: [...endedStatuses] } }] } })
  }

  async membersOf(id: CaseId, tx?: Tx): Promise<CaseMember[]> {
    const rows = await this.#members.findAll({ where: { case_id: id }, order: [['duty', 'ASC'], ['user_id', 'ASC']], raw: true, ...(tx ? { transaction: tx } : {}) })
    return z.array(memberRowSchema).parse(rows)
  }

  async setMembers(tx: Tx, id: CaseId, members: readonly CaseMember[]): Promise<void> {
    await this.#members.destroy({ where: { case_id: id }, transaction: tx })
    await this.#members.bulkCreate(members.map((member) => ({ case_id: id, user_id: member.userId, duty: member.duty })), { transaction: tx })
  }

  #visible(sight: CaseSight): WhereOptions {
    return { id: { [Op.in]: visibleCaseIds(this.#storage, sight) } }
  }
}
