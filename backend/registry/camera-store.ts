// Owns the cameras table. Scope is applied here, in the same WHERE for lists, counts and single look-ups, so that a
// list, a count, a search and a picture can never disagree.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Op, col, fn, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { cameraStatusSchema, type CameraStatus } from '#contract/cameras.ts'
import { cameraIdSchema, unitIdSchema, type CameraId, type UnitId } from '#contract/ids.ts'
import type { Posture } from '#contract/posture.ts'
import type { CameraCounts } from '#contract/units.ts'
import type { Reach } from '../access/index.ts'
import { contains, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { Camera, CameraHealth } from './camera.ts'
import { cameraColumns, cameraColumnsNow, healthToRow, toRow } from './camera-row.ts'
import type { CameraRows } from './camera-rows.ts'

/** Which cameras may be seen: of units, and single ones by grant; `all` is for the server's own work (watching, adopting), never for a caller. */
export type CameraScope = ReadonlySet<UnitId> | Reach | 'all'

export interface CameraFilter {
  unitIds?: readonly UnitId[] | undefined
  status?: CameraStatus | undefined
  posture?: Posture | undefined
  q?: string | undefined
}

const sortColumns = { name: 'name', gbCode: 'gb_code', status: 'status', statusSince: 'status_since_ms' } as const
export type CameraSort = keyof typeof sortColumns

export const noCameras = (): CameraCounts => ({ total: 0, online: 0, offline: 0, abnormal: 0, unauthorized: 0, suspended: 0, unknown: 0 })

/** Rows that are read and judged in one go: some 20 ms; ten thousand at once would hold everybody up for a second. */
const ROWS_A_TURN = 250
/** Rows of one statement of a long write. */
const ROWS_A_WRITE = 200
const IDS_A_READ = 2_000
const writtenColumns = Object.keys(cameraColumns).filter((name) => !['id', 'status', 'cause', 'status_since_ms', 'picture_proven_ms', 'created_at_ms'].includes(name))
/** 设备状态 3 拆除. */
const DISMANTLED = 3
const idSchema = z.object({ id: cameraIdSchema })
const versionSchema = z.object({ id: cameraIdSchema, version: z.number().int() })

export class CameraStore {
  readonly #table: Table
  readonly #rows: CameraRows

  constructor(storage: Storage, rows: CameraRows) {
    this.#rows = rows
    this.#table = storage.table('cameras', cameraColumnsNow)
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

  /**
   * As `update`, of many cameras by few statements. @returns the cameras whose version has moved on: not written
   */
  async updateMany(tx: Tx, cameras: readonly Camera[]): Promise<Set<CameraId>> {
    const late = new Set<CameraId>()
    for (let from = 0; from < cameras.length; from += ROWS_A_WRITE) {
      const some = cameras.slice(from, from + ROWS_A_WRITE)
      const where = { id: some.map((camera) => camera.id) }
      const rows = await this.#table.findAll({ attributes: ['id', 'version'], where, lock: tx.LOCK.UPDATE, raw: true, transaction: tx })
      const present = new Map(z.array(versionSchema).parse(rows).map((row) => [row.id, row.version]))
      const fresh = some.filter((camera) => present.get(camera.id) === camera.version)
      for (const camera of some) if (present.get(camera.id) !== camera.version) late.add(camera.id)
      // The rows are there and locked, so nothing is inserted; the status columns are for the statement's form only.
      const written = fresh.map((camera) => ({ id: camera.id, ...toRow(camera), ...healthToRow(camera.health), version: camera.version + 1 }))
      if (written.length > 0) await this.#table.bulkCreate(written, { updateOnDuplicate: writtenColumns, transaction: tx })
      await nextTurn()
    }
    return late
  }

  async setHealth(tx: Tx, id: CameraId, health: CameraHealth): Promise<void> {
    await this.#table.update(healthToRow(health), { where: { id }, transaction: tx })
  }

  async setPosture(tx: Tx, id: CameraId, posture: Posture): Promise<void> {
    await this.#table.update({ posture }, { where: { id }, transaction: tx })
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
    return row === null ? null : this.#rows.read(row)
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
    if (filter.posture) terms.push({ posture: filter.posture, device_status: { [Op.ne]: DISMANTLED } })
    for (const word of (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)) terms.push(contains('search_text', word))
    const where = { [Op.and]: terms }
    if (page === 'all') {
      const items = await this.#find(where)
      return { items, total: items.length }
    }
    const total = await this.#table.count({ where })
    // Ids first: a deep page walks over all rows before it, and in the index they are small.
    const ids = await this.#table.findAll({
      attributes: ['id'],
      where,
      order: [[sortColumns[page.sort], 'ASC'], ['id', 'ASC']],
      limit: page.pageSize,
      offset: (page.page - 1) * page.pageSize,
      raw: true,
    })
    const order = z.array(idSchema).parse(ids).map(({ id }) => id)
    const found = new Map((await this.byIds(scope, order)).map((camera) => [camera.id, camera]))
    return { items: order.flatMap((id) => found.get(id) ?? []), total }
  }

  /** The camera of a device: the same serial, or the same MAC. */
  async byDevice(device: { serial: string; mac: string }, tx?: Tx): Promise<Camera | null> {
    const same: WhereOptions[] = []
    if (device.serial !== '') same.push({ serial: device.serial })
    if (device.mac !== '') same.push({ mac: device.mac })
    if (same.length === 0) return null
    const row = await this.#table.findOne({ where: { [Op.or]: same }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : this.#rows.read(row)
  }

  /** Cameras by their 国标编码, for deciding about grants; never for a list of a caller. */
  async byGbCodes(gbCodes: readonly string[]): Promise<Camera[]> {
    return gbCodes.length === 0 ? [] : this.#find({ gb_code: [...gbCodes] })
  }

  async byGbCode(scope: CameraScope, gbCode: string, tx?: Tx): Promise<Camera | null> {
    const row = await this.#table.findOne({ where: { [Op.and]: [{ gb_code: gbCode }, scoped(scope)] }, raw: true, ...(tx ? { transaction: tx } : {}) })
    return row === null ? null : this.#rows.read(row)
  }

  /** The highest 国标编码 that starts with the 14 digits of `prefix`. */
  async highestGbCode(tx: Tx, prefix: string): Promise<string | null> {
    const row = await this.#table.findOne({ where: { gb_code: { [Op.like]: `${prefix}%` } }, order: [['gb_code', 'DESC']], raw: true, transaction: tx })
    return row === null ? null : this.#rows.read(row).archive.gbCode
  }

  /** Id and version of every camera that is not dismantled: what the watch compares with what it knows. */
  async versions(): Promise<Map<CameraId, number>> {
    const versions = new Map<CameraId, number>()
    for (let after = ''; ; ) {
      const rows = await this.#table.findAll({
        attributes: ['id', 'version'],
        where: { id: { [Op.gt]: after }, device_status: { [Op.ne]: DISMANTLED } },
        order: [['id', 'ASC']],
        limit: IDS_A_READ,
        raw: true,
      })
      const found = z.array(versionSchema).parse(rows)
      for (const { id, version } of found) versions.set(id, version)
      after = found.at(-1)?.id ?? ''
      if (found.length < IDS_A_READ) return versions
      await nextTurn()
    }
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

  /** By name. Read along the ids, a part a turn; a camera that changes meanwhile is there once, as before or after. */
  async #find(where: WhereOptions): Promise<Camera[]> {
    const cameras: Camera[] = []
    for (let after = ''; ; ) {
      const rows = await this.#table.findAll({ where: { [Op.and]: [where, { id: { [Op.gt]: after } }] }, order: [['id', 'ASC']], limit: ROWS_A_TURN, raw: true })
      const found = this.#rows.readAll(rows)
      cameras.push(...found)
      after = found.at(-1)?.id ?? ''
      if (found.length < ROWS_A_TURN) return cameras.sort(byName)
      await nextTurn()
    }
  }
}

function scoped(scope: CameraScope): WhereOptions {
  if (scope === 'all') return {}
  if (!('cameraIds' in scope)) return { unit_id: [...scope] }
  const units = { unit_id: [...scope.unitIds] }
  return scope.cameraIds.size === 0 ? units : { [Op.or]: [units, { id: [...scope.cameraIds] }] }
}

/** As both databases sort text: by code point, not by language. */
function byName(a: Camera, b: Camera): number {
  if (a.archive.name !== b.archive.name) return a.archive.name < b.archive.name ? -1 : 1
  return a.id < b.id ? -1 : 1
}
