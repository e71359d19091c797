// Owns the findings table. A device found again is the same row (address and port), whatever its state.
import { literal, Op, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { findingStateSchema, type FindingState } from '#contract/discovery.ts'
import { faultCodeSchema } from '#contract/faults.ts'
import { cameraIdSchema, credentialSetIdSchema, findingIdSchema, unitIdSchema, type CameraId, type FindingId, type UnitId } from '#contract/ids.ts'
import { deviceColumns, deviceFields, deviceOfRow, deviceToRow } from '../registry/index.ts'
import { column, contains, rowInstantMs, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { FoundRecord } from './finding.ts'

const columns = {
  id: column.id(),
  state: column.text(12),
  found_by: column.text(10),
  ...deviceColumns,
  onvif_port: column.int(),
  fault: column.text(24, true),
  credential_set_id: column.ref(true),
  unit_id: column.ref(true),
  name: column.text(50),
  known_camera_id: column.ref(true),
  found_at_ms: column.instantMs(),
  last_seen_ms: column.instantMs(),
}
export const findingMigrations: readonly Migration[] = [
  {
    name: '0040-onvif-findings',
    async up(schema) {
      await schema.createTable('findings', columns)
      await schema.addIndex('findings', ['address', 'onvif_port'], { unique: true })
      await schema.addIndex('findings', ['state'])
    },
  },
]

const rowSchema = z
  .object({
    id: findingIdSchema,
    state: findingStateSchema,
    found_by: z.enum(['multicast', 'unicast', 'manual']),
    ...deviceFields,
    onvif_port: z.number().int(),
    fault: faultCodeSchema.nullable(),
    credential_set_id: credentialSetIdSchema.nullable(),
    unit_id: unitIdSchema.nullable(),
    name: z.string(),
    known_camera_id: cameraIdSchema.nullable(),
    found_at_ms: rowInstantMs,
    last_seen_ms: rowInstantMs,
  })
  .transform(
    (row): FoundRecord => ({
      id: row.id,
      state: row.state,
      foundBy: row.found_by,
      ...deviceOfRow(row),
      onvifPort: row.onvif_port,
      fault: row.fault,
      credentialSetId: row.credential_set_id,
      unitId: row.unit_id,
      name: row.name,
      knownCameraId: row.known_camera_id,
      foundAtMs: row.found_at_ms,
      lastSeenMs: row.last_seen_ms,
    }),
  )

function toRow(record: FoundRecord) {
  return {
    id: record.id,
    state: record.state,
    found_by: record.foundBy,
    ...deviceToRow(record),
    fault: record.fault,
    credential_set_id: record.credentialSetId,
    unit_id: record.unitId,
    name: record.name,
    known_camera_id: record.knownCameraId,
    found_at_ms: record.foundAtMs,
    last_seen_ms: record.lastSeenMs,
  }
}

/** Not yet assigned findings belong to nobody; only a caller of the top unit sees them. */
export interface FindingScope {
  unitIds: ReadonlySet<UnitId>
  seesUnassigned: boolean
}

export class FindingStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('findings', columns)
  }

  async save(tx: Tx, record: FoundRecord): Promise<void> {
    const [changed] = await this.#table.update(toRow(record), { where: { id: record.id }, transaction: tx })
    if (changed === 0 && (await this.#table.count({ where: { id: record.id }, transaction: tx })) === 0) {
      await this.#table.create(toRow(record), { transaction: tx })
    }
  }

  async byAddress(tx: Tx, address: string, onvifPort: number): Promise<FoundRecord | null> {
    return this.#first(tx, { address, onvif_port: onvifPort })
  }

  /** The row of the same device, by serial or MAC, wherever it was found. */
  async byDevice(tx: Tx, device: { serial: string; mac: string }): Promise<FoundRecord | null> {
    const same: WhereOptions[] = [...(device.serial === '' ? [] : [{ serial: device.serial }]), ...(device.mac === '' ? [] : [{ mac: device.mac }])]
    return same.length === 0 ? null : this.#first(tx, { [Op.or]: same })
  }

  async byId(tx: Tx, id: FindingId): Promise<FoundRecord | null> {
    return this.#first(tx, { id })
  }

  /** Findings that are said to be this camera. */
  async ofCamera(tx: Tx, cameraId: CameraId): Promise<FoundRecord[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ where: { known_camera_id: cameraId }, raw: true, transaction: tx }))
  }

  async remove(tx: Tx, id: FindingId): Promise<void> {
    await this.#table.destroy({ where: { id }, transaction: tx })
  }

  async byIds(scope: FindingScope, ids: readonly FindingId[]): Promise<FoundRecord[]> {
    const rows = await this.#table.findAll({ where: { [Op.and]: [{ id: [...ids] }, scoped(scope)] }, raw: true })
    return z.array(rowSchema).parse(rows)
  }

  async list(
    scope: FindingScope,
    filter: { state?: FindingState | undefined; q?: string | undefined; page: number; pageSize: number },
  ): Promise<{ items: FoundRecord[]; total: number }> {
    const terms: WhereOptions[] = [scoped(scope), filter.state ? { state: filter.state } : { state: { [Op.ne]: 'ignored' } }]
    if (filter.q) terms.push({ [Op.or]: ['model', 'serial', 'address', 'name', 'mac', 'manufacturer'].map((name) => contains(name, filter.q ?? '')) })
    const where = { [Op.and]: terms }
    const total = await this.#table.count({ where })
    const rows = await this.#table.findAll({
      where,
      // What waits for somebody comes first: a network of known cameras would hide the few new ones.
      order: [[literal("CASE WHEN state = 'adopted' THEN 1 ELSE 0 END"), 'ASC'], ['address', 'ASC'], ['onvif_port', 'ASC']],
      limit: filter.pageSize,
      offset: (filter.page - 1) * filter.pageSize,
      raw: true,
    })
    return { items: z.array(rowSchema).parse(rows), total }
  }

  async #first(tx: Tx, where: WhereOptions): Promise<FoundRecord | null> {
    const row = await this.#table.findOne({ where, order: [['found_at_ms', 'ASC']], raw: true, transaction: tx })
    return row === null ? null : rowSchema.parse(row)
  }
}

function scoped(scope: FindingScope): WhereOptions {
  const own: WhereOptions = { unit_id: [...scope.unitIds] }
  return scope.seesUnassigned ? { [Op.or]: [own, { unit_id: null }] } : own
}
