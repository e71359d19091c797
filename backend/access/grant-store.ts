// Owns the grants table. A state changes by one conditional UPDATE, so that two deciders, or two machines, never both win.
import { Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { grantActionSchema, grantStateSchema, type GrantState } from '#contract/grants.ts'
import { cameraIdSchema, grantIdSchema, unitIdSchema, userIdSchema, type GrantId, type UserId } from '#contract/ids.ts'
import { column, rowInstantMs, rowJson, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { Grant } from './grant.ts'

const columns = {
  id: column.id(),
  state: column.text(12),
  asked_at_ms: column.instantMs(),
  user_id: column.ref(),
  asker: column.json(),
  gb_codes: column.json(),
  cameras: column.json(),
  actions: column.json(),
  from_ms: column.instantMs(),
  to_ms: column.instantMs(),
  reason: column.text(200),
  case_number: column.text(40, true),
  incident_number: column.text(40, true),
  decided_by_id: column.ref(true),
  decided_by: column.text(40, true),
  decided_at_ms: column.instantMs(true),
  note: column.text(200),
}
export const grantMigration: Migration = {
  name: '0026-access-grants',
  async up(schema) {
    await schema.createTable('grants', columns)
    await schema.addIndex('grants', ['user_id', 'state'])
    await schema.addIndex('grants', ['state', 'to_ms'])
  },
}
const rowSchema = z
  .object({
    id: grantIdSchema,
    state: grantStateSchema,
    asked_at_ms: rowInstantMs,
    user_id: userIdSchema,
    asker: rowJson(z.object({ displayName: z.string(), policeNumber: z.string(), unitName: z.string() })),
    gb_codes: rowJson(z.array(z.string())),
    cameras: rowJson(z.array(z.object({ id: cameraIdSchema, gbCode: z.string(), name: z.string(), unitId: unitIdSchema }))),
    actions: rowJson(z.array(grantActionSchema)),
    from_ms: rowInstantMs,
    to_ms: rowInstantMs,
    reason: z.string(),
    case_number: z.string().nullable(),
    incident_number: z.string().nullable(),
    decided_by_id: userIdSchema.nullable(),
    decided_by: z.string().nullable(),
    decided_at_ms: rowInstantMs.nullable(),
    note: z.string(),
  })
  .transform((row): Grant => ({
    id: row.id,
    state: row.state,
    askedAtMs: row.asked_at_ms,
    userId: row.user_id,
    asker: row.asker,
    gbCodes: row.gb_codes,
    cameras: row.cameras,
    actions: row.actions,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    reason: row.reason,
    caseNumber: row.case_number,
    incidentNumber: row.incident_number,
    decidedById: row.decided_by_id,
    decidedBy: row.decided_by,
    decidedAtMs: row.decided_at_ms,
    note: row.note,
  }))

export class GrantStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('grants', columns)
  }

  async add(tx: Tx, grant: Grant): Promise<void> {
    await this.#table.create({ id: grant.id, asked_at_ms: grant.askedAtMs, user_id: grant.userId, ...changing(grant), ...fixed(grant) }, { transaction: tx })
  }

  /** Writes the new state and what goes with it; false when the grant is no longer in `from`. */
  async move(tx: Tx, grant: Grant, from: GrantState): Promise<boolean> {
    const [changed] = await this.#table.update(changing(grant), { where: { id: grant.id, state: from }, transaction: tx })
    return changed === 1
  }

  async byId(id: GrantId, tx?: Tx): Promise<Grant | null> {
    const row = await this.#table.findOne({ where: { id }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : rowSchema.parse(row)
  }

  async approvedOf(userId: UserId): Promise<Grant[]> {
    return this.#find({ user_id: userId, state: 'approved' }, 200)
  }

  /** Approved ones whose time is over. */
  async due(nowMs: number): Promise<Grant[]> {
    return this.#find({ state: 'approved', to_ms: { [Op.lte]: nowMs } }, 200)
  }

  async ofUser(userId: UserId): Promise<Grant[]> {
    return this.#find({ user_id: userId }, 1_000)
  }

  /** Newest first. */
  async all(state: GrantState | undefined): Promise<Grant[]> {
    return this.#find(state === undefined ? {} : { state }, 2_000)
  }

  async #find(where: WhereOptions, limit: number): Promise<Grant[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ where, order: [['id', 'DESC']], limit, raw: true }))
  }
}

function changing(grant: Grant) {
  return { state: grant.state, cameras: JSON.stringify(grant.cameras), decided_by_id: grant.decidedById, decided_by: grant.decidedBy, decided_at_ms: grant.decidedAtMs, note: grant.note }
}

function fixed(grant: Grant) {
  return {
    asker: JSON.stringify(grant.asker),
    gb_codes: JSON.stringify(grant.gbCodes),
    actions: JSON.stringify(grant.actions),
    from_ms: grant.fromMs,
    to_ms: grant.toMs,
    reason: grant.reason,
    case_number: grant.caseNumber,
    incident_number: grant.incidentNumber,
  }
}
