// Owns the audit table: rows are chained on at the end of a transaction, and read; never changed (triggers refuse it).
import { Op, type FindOptions, type Model, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { AppError } from '#base/app-error.ts'
import { canonicalJson } from '#base/canonical-json.ts'
import { errorCodes } from '#contract/errors.ts'
import { userIdSchema, type UserId } from '#contract/ids.ts'
import { contains, rowInstantMs, within, type Storage, type Table, type Tx } from '../storage/index.ts'
import { chainOnto, type AuditEntry, type ChainedRow } from './audit-chain.ts'
import { cutColumns, entryColumns, headColumns, headSchema, readRow, rowOf } from './audit-row.ts'
import type { Cut } from './checkpoint.ts'

const rowsAtOnce = 5_000
/** Rows of one INSERT: an import has ten thousand, and neither database takes a statement of any length. */
const rowsAStatement = 500
const rowsOfPerson = 2_000

/** A row with its detail as an object. */
export type ReadableRow = Omit<ChainedRow, 'detail'> & { detail: Record<string, unknown> }

export interface AuditFilter {
  action?: string | undefined
  q?: string | undefined
  actor?: string | undefined
  unit?: string | undefined
  /** Rows by people of these units; rows from before the unit's id was kept are found by its name. */
  units?: readonly { id: string; name: string }[] | undefined
  camera?: string | undefined
  caseNumber?: string | undefined
  outcome?: string | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
  page: number
  pageSize: number
}

export class AuditStore {
  readonly #storage: Storage
  readonly #table: Table
  readonly #head: Table
  readonly #cuts: Table
  readonly #waiting = new WeakMap<Tx, AuditEntry[]>()

  constructor(storage: Storage) {
    this.#storage = storage
    this.#table = storage.table('audit_entries', entryColumns)
    this.#cuts = storage.table('audit_cuts', cutColumns)
    this.#head = storage.table('audit_head', headColumns)
  }

  /**
   * Adds the entry to the chain when the transaction's own work is done. The end of the chain is locked from then to the
   * commit, so writers come one after another, and none of them waits for anything else while it holds that lock.
   */
  async add(tx: Tx, entry: AuditEntry): Promise<void> {
    const waiting = this.#waiting.get(tx)
    if (waiting !== undefined) return void waiting.push(entry)
    const entries = [entry]
    this.#waiting.set(tx, entries)
    this.#storage.beforeCommit(tx, async () => {
      try {
        await this.#append(tx, entries)
      } catch (error) {
        throw new AppError('unavailable', 'audit_unavailable', errorCodes.audit_unavailable, { cause: error, retryAfterSeconds: 2 })
      }
    })
  }

  async #append(tx: Tx, entries: readonly AuditEntry[]): Promise<void> {
    const head = await within(this.#head.findOne({ where: { id: 1 }, lock: tx.LOCK.UPDATE, transaction: tx, raw: true }))
    const end = headSchema.parse(head)
    const rows = chainOnto(end, entries)
    const last = rows.at(-1)
    if (last === undefined) return
    for (let from = 0; from < rows.length; from += rowsAStatement) await within(this.#table.bulkCreate(rows.slice(from, from + rowsAStatement).map(rowOf), { transaction: tx }))
    const [moved] = await within(this.#head.update({ seq: last.seq, hash: last.hash }, { where: { id: 1, seq: end.seq }, transaction: tx }))
    if (moved !== 1) throw new Error('the end of the audit chain moved while it was locked')
  }

  async list(filter: AuditFilter): Promise<{ items: ReadableRow[]; total: number }> {
    const where = this.#where(filter)
    const total = await this.#table.count({ where })
    return { items: await this.#read({ where, order: [['seq', 'DESC']], limit: filter.pageSize, offset: (filter.page - 1) * filter.pageSize }), total }
  }

  /** Everything that the filter finds, newest first, some hundred rows at a time. */
  async *found(filter: Omit<AuditFilter, 'page' | 'pageSize'>): AsyncGenerator<ReadableRow[]> {
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const where = { [Op.and]: [this.#where(filter), { seq: { [Op.lt]: before } }] }
      const read = await this.#read({ where, order: [['seq', 'DESC']], limit: 500 })
      const last = read.at(-1)
      if (last === undefined) return
      yield read
      before = last.seq
    }
  }

  #where(filter: Omit<AuditFilter, 'page' | 'pageSize'>): WhereOptions {
    const terms: WhereOptions[] = []
    if (filter.action) terms.push({ action: filter.action })
    if (filter.fromMs !== undefined) terms.push({ at_ms: { [Op.gte]: filter.fromMs } })
    if (filter.toMs !== undefined) terms.push({ at_ms: { [Op.lt]: filter.toMs } })
    if (filter.q) terms.push({ [Op.or]: ['actor_name', 'target_name', 'target_id', 'purpose'].map((name) => contains(name, filter.q ?? '')) })
    if (filter.outcome) terms.push({ outcome: filter.outcome })
    if (filter.caseNumber) terms.push({ case_number: filter.caseNumber })
    if (filter.actor) terms.push(contains('actor_name', filter.actor))
    if (filter.unit) terms.push(contains('unit_name', filter.unit))
    if (filter.units !== undefined) {
      const [ids, names] = [filter.units.map(({ id }) => id), filter.units.map(({ name }) => name)]
      terms.push({ [Op.or]: [{ unit_id: ids }, { unit_id: null, unit_name: names }] })
    }
    if (filter.camera) terms.push({ camera_id: { [Op.ne]: '' } }, { [Op.or]: [{ camera_id: filter.camera }, contains('target_name', filter.camera)] })
    return { [Op.and]: terms }
  }

  /** The end of the chain as the application knows it. */
  async head(): Promise<{ seq: number; hash: string }> {
    return headSchema.parse(await this.#head.findOne({ where: { id: 1 }, raw: true }))
  }

  /** Which of these entries are in the chain. */
  async known(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#table.findAll({ attributes: ['id'], where: { id: { [Op.in]: [...ids] } }, transaction: tx, raw: true })
    return new Set(z.array(z.object({ id: z.string() })).parse(rows).map(({ id }) => id))
  }

  /** Records a signed cut; from then on the rows it covers may be removed. */
  async addCut(tx: Tx, cut: Cut): Promise<void> {
    await this.#cuts.create({ seq: cut.size, cut: canonicalJson(cut) }, { transaction: tx })
  }

  /** The last row before which every row is older than `beforeMs`; 0 when there is none. */
  async lastBefore(beforeMs: number): Promise<number> {
    const first = await this.#table.min<number | string | null, Model>('seq', { where: { at_ms: { [Op.gte]: beforeMs } } })
    return first === null ? (await this.head()).seq : Number(first) - 1
  }

  /** Removes rows up to `seq`, some thousand at a time. @throws when a row is not covered by a cut, or too young */
  async removeTo(seq: number): Promise<number> {
    let removed = 0
    for (;;) {
      const [first] = await this.after(Number.MIN_SAFE_INTEGER, 1)
      if (first === undefined || first.seq > seq) return removed
      removed += await this.#table.destroy({ where: { seq: { [Op.lte]: Math.min(seq, first.seq + rowsAtOnce - 1) } } })
    }
  }

  /** Who did one of these actions and when, in the rows behind `seq` up to `upTo`. */
  async actsBetween(seq: number, upTo: number, actions: readonly string[]): Promise<{ actorId: UserId; atMs: number }[]> {
    const where = { seq: { [Op.gt]: seq, [Op.lte]: upTo }, action: [...actions], actor_id: { [Op.ne]: null } }
    return actsSchema.parse(await this.#table.findAll({ attributes: ['actor_id', 'at_ms'], where, raw: true })).map(({ actor_id, at_ms }) => ({ actorId: actor_id, atMs: at_ms }))
  }

  /** What one person did of these actions from `fromMs` to before `toMs`, in order of time, some thousand at a time; read by its index. */
  async *byPerson(actorId: UserId, actions: readonly string[], fromMs: number, toMs: number): AsyncGenerator<ReadableRow[]> {
    let last = { atMs: fromMs, seq: 0 }
    for (;;) {
      const behind = { [Op.or]: [{ at_ms: { [Op.gt]: last.atMs } }, { seq: { [Op.gt]: last.seq } }] }
      const where = { actor_id: actorId, at_ms: { [Op.gte]: last.atMs, [Op.lt]: toMs }, action: [...actions], [Op.and]: behind }
      const rows = await this.#read({ where, order: [['at_ms', 'ASC'], ['seq', 'ASC']], limit: rowsOfPerson })
      if (rows.length > 0) yield rows
      if (rows.length < rowsOfPerson) return
      last = rows.at(-1) ?? last
    }
  }

  /** Midnights by 北京时间 of the days from `fromMs` to before `toMs` in which the person did anything. */
  async daysOf(actorId: UserId, fromMs: number, toMs: number): Promise<number[]> {
    const rows = await this.#storage.select('SELECT DISTINCT at_ms - (at_ms + 28800000) % 86400000 AS day_ms FROM audit_entries WHERE actor_id = ? AND at_ms >= ? AND at_ms < ?', [actorId, fromMs, toMs])
    return z.array(z.object({ day_ms: rowInstantMs })).parse(rows).map(({ day_ms }) => day_ms)
  }

  /** Those of these rows that are still there, in order of the chain. */
  async bySeqs(seqs: readonly number[]): Promise<ReadableRow[]> {
    return this.#read({ where: { seq: [...seqs] }, order: [['seq', 'ASC']] })
  }

  async #read(options: FindOptions): Promise<ReadableRow[]> {
    return records.parse(await this.#table.findAll({ ...options, raw: true })).map((record) => readable(readRow(record)))
  }

  /** Rows in order of the chain behind `seq`. */
  async after(seq: number, limit: number): Promise<ChainedRow[]> {
    const rows = await this.#table.findAll({ where: { seq: { [Op.gt]: seq } }, order: [['seq', 'ASC']], limit, raw: true })
    return records.parse(rows).map(readRow)
  }
}

const records = z.array(z.record(z.string(), z.unknown()))
const actsSchema = z.array(z.object({ actor_id: userIdSchema, at_ms: rowInstantMs }))
const detailSchema = z.record(z.string(), z.unknown())

const readable = (row: ChainedRow): ReadableRow => ({ ...row, detail: readDetail(row.detail) })

/** A detail that somebody broke is shown as it stands; naming it is the verifier's. */
function readDetail(text: string): Record<string, unknown> {
  try {
    return detailSchema.parse(JSON.parse(text))
  } catch {
    return { unreadable: text }
  }
}
