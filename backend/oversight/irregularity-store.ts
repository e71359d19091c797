// Owns finding and keeping irregularities. A state changes by one conditional UPDATE, so that of two reviewers one wins;
// who may see what is part of every WHERE.
import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { IrregularityId, UnitId, UserId } from '#contract/ids.ts'
import type { IrregularityState, OversightRule } from '#contract/oversight.ts'
import { contains, rowInstantMs, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { Irregularity, TakenStep } from './irregularity.ts'
import { evidenceColumns, grownRow, irregularityColumns, irregularityRow, irregularityRowSchema, neverRead, readToColumns, stepColumns, stepRowSchema } from './irregularity-row.ts'

/** Whose irregularities a caller sees: as a reviewer, those of these units but for the own; or the own that were asked about. */
export type Sight = { kind: 'reviewer'; unitIds: readonly UnitId[]; userId: UserId; policeNumber: string } | { kind: 'own'; userId: UserId }

export interface IrregularityFilter {
  rule?: OversightRule | undefined
  states?: readonly IrregularityState[] | undefined
  userId?: UserId | undefined
  q?: string | undefined
  unitIds?: readonly UnitId[] | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
}
/** One as the rules must know it: with the rows that it has spoken about. */
export type Known = Irregularity & { seqs: ReadonlySet<number> }

const rowsAStatement = 500

export class IrregularityStore {
  readonly #table: Table
  readonly #evidence: Table
  readonly #steps: Table
  readonly #readTo: Table

  constructor(storage: Storage) {
    this.#table = storage.table('oversight_irregularities', irregularityColumns)
    this.#evidence = storage.table('oversight_evidence', evidenceColumns)
    this.#steps = storage.table('oversight_steps', stepColumns)
    this.#readTo = storage.table('oversight_read_to', readToColumns)
  }

  /** @throws SequelizeUniqueConstraintError when another machine has found the same */
  async add(tx: Tx, one: Irregularity, seqs: readonly number[]): Promise<void> {
    await this.#table.create(irregularityRow(one), { transaction: tx })
    await this.#addEvidence(tx, one.id, seqs)
  }

  /** Adds rows to one that is still open; false when it is not. */
  async grow(tx: Tx, one: Irregularity, seqs: readonly number[]): Promise<boolean> {
    const [changed] = await this.#table.update(grownRow(one), { where: { id: one.id, state: 'open' }, transaction: tx })
    if (changed === 1) await this.#addEvidence(tx, one.id, seqs)
    return changed === 1
  }

  async #addEvidence(tx: Tx, id: IrregularityId, seqs: readonly number[]): Promise<void> {
    for (let from = 0; from < seqs.length; from += rowsAStatement) {
      await this.#evidence.bulkCreate(seqs.slice(from, from + rowsAStatement).map((seq) => ({ irregularity_id: id, seq })), { transaction: tx })
    }
  }

  /** What is known of a person's day, in the order of being found. */
  async ofDay(userId: UserId, dayMs: number): Promise<Known[]> {
    const found = z.array(irregularityRowSchema).parse(await this.#table.findAll({ where: { user_id: userId, day_ms: dayMs }, order: [['id', 'ASC']], raw: true }))
    const rows = found.length === 0 ? [] : z.array(evidenceSchema).parse(await this.#evidence.findAll({ where: { irregularity_id: found.map(({ id }) => id) }, raw: true }))
    return found.map((one) => ({ ...one, seqs: new Set(rows.filter(({ irregularity_id }) => irregularity_id === one.id).map(({ seq }) => seq)) }))
  }

  /** The first rows that gave rise to it, in order of the chain. */
  async evidenceOf(id: IrregularityId, limit: number): Promise<number[]> {
    return z.array(evidenceSchema).parse(await this.#evidence.findAll({ where: { irregularity_id: id }, order: [['seq', 'ASC']], limit, raw: true })).map(({ seq }) => seq)
  }

  /** Takes a step out of the state that the caller saw; false when it is in another by now. */
  async move(tx: Tx, one: Irregularity, to: IrregularityState, taken: TakenStep & { id: string }): Promise<boolean> {
    const asked = taken.step === 'ask' ? { asked_at_ms: taken.atMs } : {}
    const [changed] = await this.#table.update({ state: to, ...asked }, { where: { id: one.id, state: one.state }, transaction: tx })
    if (changed !== 1) return false
    await this.#steps.create(
      { id: taken.id, irregularity_id: one.id, step: taken.step, at_ms: taken.atMs, user_id: taken.userId, officer: JSON.stringify(taken.officer), conclusion: taken.conclusion, text: taken.text },
      { transaction: tx },
    )
    return true
  }

  async stepsOf(ids: readonly IrregularityId[]): Promise<Map<IrregularityId, TakenStep[]>> {
    const rows = ids.length === 0 ? [] : await this.#steps.findAll({ where: { irregularity_id: [...ids] }, order: [['id', 'ASC']], raw: true })
    const taken = new Map<IrregularityId, TakenStep[]>(ids.map((id) => [id, []]))
    for (const row of rows) taken.get(placeSchema.parse(row).irregularity_id as IrregularityId)?.push(stepRowSchema.parse(row))
    return taken
  }

  async get(sight: Sight, id: IrregularityId): Promise<Irregularity | null> {
    const row = await this.#table.findOne({ where: { [Op.and]: [{ id }, inSight(sight)] }, raw: true })
    return row === null ? null : irregularityRowSchema.parse(row)
  }

  /** Newest first. */
  async list(sight: Sight, filter: IrregularityFilter, page: { page: number; pageSize: number }): Promise<{ items: Irregularity[]; total: number }> {
    const where = { [Op.and]: [inSight(sight), ...termsOf(filter)] }
    const total = await this.#table.count({ where })
    const rows = await this.#table.findAll({ where, order: [['to_ms', 'DESC'], ['id', 'DESC']], limit: page.pageSize, offset: (page.page - 1) * page.pageSize, raw: true })
    return { items: z.array(irregularityRowSchema).parse(rows), total }
  }

  count(sight: Sight, states: readonly IrregularityState[]): Promise<number> {
    return this.#table.count({ where: { [Op.and]: [inSight(sight), { state: [...states] }] } })
  }

  /** The last audit row that was read; null before the first look. */
  async readTo(): Promise<number | null> {
    const { seq } = z.object({ seq: rowInstantMs }).parse(await this.#readTo.findOne({ where: { id: 1 }, raw: true }))
    return seq === neverRead ? null : seq
  }

  /** Never goes back: another machine may be further. */
  async setReadTo(tx: Tx, seq: number): Promise<void> {
    await this.#readTo.update({ seq }, { where: { id: 1, seq: { [Op.lt]: seq } }, transaction: tx })
  }
}

const evidenceSchema = z.object({ irregularity_id: z.string(), seq: rowInstantMs })
const placeSchema = z.object({ irregularity_id: z.string() })

function inSight(sight: Sight): WhereOptions {
  if (sight.kind === 'own') return { user_id: sight.userId, asked_at_ms: { [Op.ne]: null } }
  const others: WhereOptions[] = [{ unit_id: [...sight.unitIds] }, { user_id: { [Op.ne]: sight.userId } }]
  if (sight.policeNumber !== '') others.push({ police_number: { [Op.ne]: sight.policeNumber } })
  return { [Op.and]: others }
}

function termsOf({ rule, states, userId, q, unitIds, fromMs, toMs }: IrregularityFilter): WhereOptions[] {
  const terms: WhereOptions[] = []
  if (rule !== undefined) terms.push({ rule })
  if (states !== undefined) terms.push({ state: [...states] })
  if (userId !== undefined) terms.push({ user_id: userId })
  if (q) terms.push({ [Op.or]: [contains('name', q), { police_number: q }] })
  if (unitIds !== undefined) terms.push({ unit_id: [...unitIds] })
  if (fromMs !== undefined) terms.push({ to_ms: { [Op.gte]: fromMs } })
  if (toMs !== undefined) terms.push({ from_ms: { [Op.lt]: toMs } })
  return terms
}
