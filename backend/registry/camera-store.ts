// Owns the cameras table. Scope is applied here, in the same WHERE for lists, counts and single look-ups, so that a
// list, a count, a search and a picture can never disagree.
import { Op, col, fn, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { cameraStatusSchema, type CameraStatus } from '#contract/cameras.ts'
import { unitIdSchema, type CameraId, type UnitId } from '#contract/ids.ts'
import type { CameraCounts } from '#contract/units.ts'
import { contains, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { Camera, CameraHealth } from './camera.ts'
import { cameraColumns, cameraRowSchema, healthToRow, toRow } from './camera-row.ts'

/** Which units' cameras may be seen; `all` is for the server's own work (watching, adopting), never for a caller. */
export type CameraScope = ReadonlySet<UnitId> | 'all'

export interface CameraFilter {
  unitIds?: readonly UnitId[] | undefined
  status?: CameraStatus | undefined
  q?: string | undefined
}

const sortColumns = { name: 'name', gbCode: 'gb_code', status: 'status', statusSince: 'status_since_ms' } as const
export type CameraSort = keyof typeof sortColumns

export const noCameras = (): CameraCounts => ({ total: 0, online: 0, offline: 0, abnormal: 0, unauthorized: 0, suspended: 0, unknown: 0 })

export class CameraStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('cameras', cameraColumns)
  }

  async add(tx: Tx, camera: Camera): Promise<void> {
    await this.#table.create({ id: camera.id, ...toRow(camera), ...healthToRow(camera.health) }, { transaction: tx })
  }

  /** Writes everything but the status. Returns false when `version` has moved on; the new version is one higher. */
  async update(tx: Tx, camera: Camera): Promise<boolean> {
    const [changed] = await this.#table.update(
      { ...toRow(camera), version: camera.version + 1 },
      { where: { id: camera.id, version: camera.version }, transaction: tx },
    )
    return changed === 1
  }

  async setHealth(tx: Tx, id: CameraId, health: CameraHealth): Promise<void> {
    await this.#table.update(healthToRow(health), { where: { id }, transaction: tx })
  }

  async setMeasured(tx: Tx, id: CameraId, measured: { pictureProvenMs?: number; clockOffsetMs?: number }): Promise<void> {
    await this.#table.update(
      {
        ...(measured.pictureProvenMs === undefined ? {} : { picture_proven_ms: measured.pictureProvenMs }),
        ...(measured.clockOffsetMs === undefined ? {} : { clock_offset_ms: Math.round(measured.clockOffsetMs) }),
      },
      { where: { id }, transaction: tx },
    )
  }

  async get(scope: CameraScope, id: CameraId, tx?: Tx): Promise<Camera | null> {
    const row = await this.#table.findOne({ where: { [Op.and]: [{ id }, scoped(scope)] }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : cameraRowSchema.parse(row)
  }

  async byIds(scope: CameraScope, ids: readonly CameraId[]): Promise<Camera[]> {
    if (ids.length === 0) return []
    return this.#find({ [Op.and]: [{ id: [...ids] }, scoped(scope)] })
  }

  async list(
    scope: CameraScope,
    filter: CameraFilter,
    page: { page: number; pageSize: number; sort: CameraSort } | 'all',
  ): Promise<{ items: Camera[]; total: number }> {
    const terms: WhereOptions[] = [scoped(scope)]
    if (filter.unitIds) terms.push({ unit_id: [...filter.unitIds] })
    if (filter.status) terms.push({ status: filter.status })
    for (const word of (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)) terms.push(contains('search_text', word))
    const where = { [Op.and]: terms }
    if (page === 'all') {
      const items = await this.#find(where)
      return { items, total: items.length }
    }
    const total = await this.#table.count({ where })
    const rows = await this.#table.findAll({
      where,
      order: [[sortColumns[page.sort], 'ASC'], ['id', 'ASC']],
      limit: page.pageSize,
      offset: (page.page - 1) * page.pageSize,
      raw: true,
    })
    return { items: z.array(cameraRowSchema).parse(rows), total }
  }

  /** The camera of a device: the same serial, or the same MAC. */
  async byDevice(device: { serial: string; mac: string }, tx?: Tx): Promise<Camera | null> {
    const same: WhereOptions[] = []
    if (device.serial !== '') same.push({ serial: device.serial })
    if (device.mac !== '') same.push({ mac: device.mac })
    if (same.length === 0) return null
    const row = await this.#table.findOne({ where: { [Op.or]: same }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : cameraRowSchema.parse(row)
  }

  async byGbCode(scope: CameraScope, gbCode: string, tx?: Tx): Promise<Camera | null> {
    const row = await this.#table.findOne({ where: { [Op.and]: [{ gb_code: gbCode }, scoped(scope)] }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : cameraRowSchema.parse(row)
  }

  /** The highest 国标编码 that starts with the 14 digits of `prefix`. */
  async highestGbCode(tx: Tx, prefix: string): Promise<string | null> {
    const row = await this.#table.findOne({ where: { gb_code: { [Op.like]: `${prefix}%` } }, order: [['gb_code', 'DESC']], raw: true, transaction: tx })
    return row === null ? null : cameraRowSchema.parse(row).archive.gbCode
  }

  /** Counts per unit, not summed up the tree. */
  async countsByUnit(scope: CameraScope): Promise<Map<UnitId, CameraCounts>> {
    const rows = await this.#table.findAll({
      attributes: ['unit_id', 'status', [fn('COUNT', col('id')), 'cameras']],
      where: scoped(scope),
      group: ['unit_id', 'status'],
      raw: true,
    })
    const counts = new Map<UnitId, CameraCounts>()
    const parsed = z.array(z.object({ unit_id: unitIdSchema, status: cameraStatusSchema, cameras: z.coerce.number() })).parse(rows)
    for (const { unit_id, status, cameras } of parsed) {
      const of = counts.get(unit_id) ?? noCameras()
      of[status] += cameras
      of.total += cameras
      counts.set(unit_id, of)
    }
    return counts
  }

  async #find(where: WhereOptions): Promise<Camera[]> {
    return z.array(cameraRowSchema).parse(await this.#table.findAll({ where, order: [['name', 'ASC'], ['id', 'ASC']], raw: true }))
  }
}

function scoped(scope: CameraScope): WhereOptions {
  return scope === 'all' ? {} : { unit_id: [...scope] }
}
