// Owns importing and exporting archives: by 设备编码, within the caller's scope, good rows kept, every bad row reported.
// Refuses: making cameras, and telling a 设备编码 or a unit out of scope from one that is not there.
import { archiveHeadings } from '#contract/archive.ts'
import type { RowError } from '#contract/cameras.ts'
import type { UnitId } from '#contract/ids.ts'
import type { UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Storage, Tx } from '../storage/index.ts'
import { archiveKeys, unitCodeHeading } from './archive-column.ts'
import { readArchiveFile, writeArchiveFile, type ArchiveRecord, type ArchiveRow } from './archive-file.ts'
import type { Camera } from './camera.ts'
import { allowedFilter, type AskedFilter } from './camera-policy.ts'
import type { CameraService } from './camera-service.ts'
import type { CameraStore } from './camera-store.ts'

export interface ArchiveServiceDeps {
  storage: Storage
  trail: AuditTrail
  cameras: CameraStore
  cameraService: CameraService
  units: UnitStore
}

export interface ImportOutcome {
  rows: number
  updated: number
  unchanged: number
  errors: RowError[]
}

interface Change {
  row: number
  camera: Camera
  changed: Camera
  keys: string[]
}

/** Changes of one transaction: others who write have their turn between, and the end of the audit is held shortly. */
const changesAtOnce = 500
/** Beyond this many, a bad row is reported by its first fault only, so that an answer stays of a size that can be shown. */
const allFaultsUpTo = 1_000

export class ArchiveService {
  readonly #deps: ArchiveServiceDeps

  constructor(deps: ArchiveServiceDeps) {
    this.#deps = deps
  }

  /** The file of what the same filter lists. Taking a copy of the archives away is recorded. */
  async export(
    principal: Principal,
    asked: AskedFilter,
    from: { ip: string },
  ): Promise<Uint8Array> {
    const { storage, trail, cameras, units } = this.#deps
    const tree = await units.tree()
    // Not what is only granted: a file of archives is of the own units.
    const { items } = await cameras.list(principal.scope.unitIds, allowedFilter(principal, asked, tree).filter, 'all')
    const file = await writeArchiveFile(items.map((camera) => ({ archive: camera.archive, unitCode: tree.get(camera.unitId)?.code ?? '' })))
    await storage.transaction((tx) =>
      trail.record(tx, { ...principal, ip: from.ip }, { action: 'camera.export', targetKind: 'camera', targetId: '', detail: { cameras: items.length, ...asked } }),
    )
    return file
  }

  /**
   * Some hundred rows a transaction. When the database goes away in the middle, the rows before are changed and on record;
   * the same file again finds them unchanged.
   * @throws AppError csv_broken when the file as a whole cannot be read; then nothing is changed
   */
  async import(principal: Principal, text: string, options: { dryRun: boolean }, from: { ip: string }): Promise<ImportOutcome> {
    const rows = await readArchiveFile(text)
    const { changes, faults, unchanged } = await this.#plan(principal, rows)
    const late: RowError[] = []
    for (let at = 0; at < changes.length && !options.dryRun; at += changesAtOnce) late.push(...(await this.#apply(principal, changes.slice(at, at + changesAtOnce), from)))
    return { rows: rows.length, updated: changes.length - late.length, unchanged, errors: [...faults, ...late].sort((a, b) => a.row - b.row) }
  }

  async #plan(principal: Principal, rows: readonly ArchiveRow[]): Promise<{ changes: Change[]; faults: RowError[]; unchanged: number }> {
    const tree = await this.#deps.units.tree()
    const { items } = await this.#deps.cameras.list(principal.scope.unitIds, {}, 'all')
    const byCode = new Map(items.map((camera) => [camera.archive.gbCode, camera]))
    const unitByCode = new Map(tree.all().filter((unit) => principal.scope.unitIds.has(unit.id)).map((unit) => [unit.code, unit.id]))
    const timesInFile = new Map<string, number>()
    for (const { gbCode } of rows) timesInFile.set(gbCode, (timesInFile.get(gbCode) ?? 0) + 1)
    const changes: Change[] = []
    const faults: RowError[] = []
    let unchanged = 0
    for (const row of rows) {
      const own = 'faults' in row ? [...row.faults] : []
      const camera = byCode.get(row.gbCode)
      const unitId = 'record' in row ? unitByCode.get(row.record.unitCode) : undefined
      if (row.gbCode !== '' && timesInFile.get(row.gbCode) !== 1) own.push({ row: row.row, column: archiveHeadings.gbCode, code: 'duplicate_row', message: 'is in the file more than once' })
      else if ('record' in row && camera === undefined) own.push({ row: row.row, column: archiveHeadings.gbCode, code: 'unknown_camera', message: 'is not the code of a camera of yours' })
      if ('record' in row && unitId === undefined) own.push({ row: row.row, column: unitCodeHeading, code: 'unknown_unit', message: 'is not the code of a unit of yours' })
      if (own.length > 0 || camera === undefined || unitId === undefined || !('record' in row)) {
        faults.push(...(faults.length < allFaultsUpTo ? own : own.slice(0, 1)))
        continue
      }
      const keys = changedKeys(camera, unitId, row.record)
      if (keys.length === 0) unchanged++
      else changes.push({ row: row.row, camera, changed: { ...camera, archive: row.record.archive, unitId }, keys })
    }
    return { changes, faults, unchanged }
  }

  /** @returns a fault for each row whose camera somebody changed since it was read */
  async #apply(principal: Principal, changes: readonly Change[], from: { ip: string }): Promise<RowError[]> {
    const { storage, cameras, trail } = this.#deps
    return storage.transaction(async (tx) => {
      const late: RowError[] = []
      const unwritten = await cameras.updateMany(tx, changes.map(({ changed }) => changed))
      for (const { row, camera, changed, keys } of changes) {
        if (unwritten.has(camera.id)) {
          late.push({ row, column: '', code: 'changed_meanwhile', message: 'was changed by somebody else meanwhile; import it again' })
          continue
        }
        await trail.record(
          tx,
          { ...principal, ip: from.ip },
          { action: 'camera.import', targetKind: 'camera', targetId: camera.id, targetName: camera.archive.name, detail: { changed: keys } },
        )
        this.#tell(tx, changed)
        if (changed.unitId !== camera.unitId) this.#tell(tx, camera)
      }
      return late
    })
  }

  #tell(tx: Tx, camera: Camera): void {
    const { storage, cameraService } = this.#deps
    storage.afterCommit(tx, () => cameraService.events.emit('changed', { cameraId: camera.id, unitId: camera.unitId, streamsChanged: false }))
  }
}

function changedKeys(camera: Camera, unitId: UnitId, record: ArchiveRecord): string[] {
  const keys: string[] = archiveKeys.filter((key) => camera.archiveUnread.includes(key) || JSON.stringify(camera.archive[key]) !== JSON.stringify(record.archive[key]))
  return camera.unitId === unitId ? keys : [...keys, 'unitId']
}
