// Owns tags, their cameras and exhibits in the database. A tag is seen by who sees its case; that is in every WHERE.
// Refuses: changing or removing a tag or an exhibit.
import { Op, col, fn, literal, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import { caseIdSchema, exhibitIdSchema, type CameraId, type CaseId, type ExhibitId, type TagId, type UnitId } from '#contract/ids.ts'
import { contains, type Storage, type Table, type Tx } from '../storage/index.ts'
import type { CaseSight } from './case-policy.ts'
import { visibleCaseIds } from './case-store.ts'
import type { Exhibit, Tag, TagCategory, TaggedCamera } from './tag.ts'
import { exhibitColumns, exhibitRowSchema, tagCameraColumns, tagCameraRowSchema, tagColumns, tagRowSchema } from './tag-row.ts'

export interface TagFilter {
  caseId?: CaseId | undefined
  /** Units that the tagged cameras belonged to when they were tagged. */
  unitIds?: readonly UnitId[] | undefined
  cameraId?: CameraId | undefined
  category?: TagCategory | undefined
  /** Tags that overlap from … to. */
  fromMs?: number | undefined
  toMs?: number | undefined
  /** In the note, a camera's name, or the case's title and numbers. */
  q?: string | undefined
}

const IDS_A_READ = 500

export class TagStore {
  readonly #storage: Storage
  readonly #tags: Table
  readonly #cameras: Table
  readonly #exhibits: Table

  constructor(storage: Storage) {
    this.#storage = storage
    this.#tags = storage.table('tags', tagColumns)
    this.#cameras = storage.table('tag_cameras', tagCameraColumns)
    this.#exhibits = storage.table('exhibits', exhibitColumns)
  }

  async add(tx: Tx, tag: Tag): Promise<void> {
    await this.#tags.create(
      {
        id: tag.id,
        case_id: tag.caseId,
        category: tag.category,
        note: tag.note,
        from_ms: tag.fromMs,
        to_ms: tag.toMs,
        exhibits_missing: JSON.stringify(tag.exhibitsMissing),
        created_at_ms: tag.createdAtMs,
        created_by: tag.createdBy.id,
        created_by_name: tag.createdBy.displayName,
        created_by_number: tag.createdBy.policeNumber,
      },
      { transaction: tx },
    )
    const cameras = tag.cameras.map((camera, place) => ({ tag_id: tag.id, camera_id: camera.id, camera_name: camera.name, unit_id: camera.unitId, place }))
    await this.#cameras.bulkCreate(cameras, { transaction: tx })
    if (tag.exhibits.length > 0) await this.#exhibits.bulkCreate(tag.exhibits.map((exhibit) => toExhibitRow(tag.id, exhibit)), { transaction: tx })
  }

  async get(sight: CaseSight, id: TagId): Promise<Tag | null> {
    const [tag] = await this.#read({ where: { [Op.and]: [{ id }, this.#visible(sight)] } })
    return tag ?? null
  }

  /** Newest footage first. */
  async list(sight: CaseSight, filter: TagFilter, page: { page: number; pageSize: number }): Promise<{ items: Tag[]; total: number }> {
    const where = { [Op.and]: [this.#visible(sight), ...this.#terms(filter)] }
    const total = await this.#tags.count({ where })
    const items = await this.#read({ where, order: [['from_ms', 'DESC'], ['id', 'DESC']], limit: page.pageSize, offset: (page.page - 1) * page.pageSize })
    return { items, total }
  }

  countSince(sight: CaseSight, createdFromMs: number): Promise<number> {
    return this.#tags.count({ where: { [Op.and]: [this.#visible(sight), { created_at_ms: { [Op.gte]: createdFromMs } }] } })
  }

  /** For cases that the caller was found to see. */
  async countByCase(caseIds: readonly CaseId[]): Promise<Map<CaseId, number>> {
    if (caseIds.length === 0) return new Map()
    const rows = await this.#tags.findAll({
      attributes: ['case_id', [fn('COUNT', col('id')), 'tags']],
      where: { case_id: [...caseIds] },
      group: ['case_id'],
      raw: true,
    })
    const parsed = z.array(z.object({ case_id: caseIdSchema, tags: z.coerce.number() })).parse(rows)
    return new Map(parsed.map(({ case_id, tags }) => [case_id, tags]))
  }

  async exhibit(sight: CaseSight, id: ExhibitId): Promise<{ tagId: TagId; exhibit: Exhibit } | null> {
    const row = await this.#exhibits.findOne({ where: { id }, raw: true })
    if (row === null) return null
    const found = exhibitRowSchema.parse(row)
    const visible = await this.#tags.count({ where: { [Op.and]: [{ id: found.tagId }, this.#visible(sight)] } })
    return visible === 1 ? found : null
  }

  /** Which of these exhibits a tag names; for the server's own tidying, never for a caller. */
  async knownExhibits(ids: readonly ExhibitId[]): Promise<Set<ExhibitId>> {
    const known = new Set<ExhibitId>()
    for (let from = 0; from < ids.length; from += IDS_A_READ) {
      const rows = await this.#exhibits.findAll({ attributes: ['id'], where: { id: ids.slice(from, from + IDS_A_READ) }, raw: true })
      for (const { id } of z.array(z.object({ id: exhibitIdSchema })).parse(rows)) known.add(id)
    }
    return known
  }

  #visible(sight: CaseSight): WhereOptions {
    return { case_id: { [Op.in]: visibleCaseIds(this.#storage, sight) } }
  }

  #terms(filter: TagFilter): WhereOptions[] {
    const quoted = (value: string) => this.#storage.sequelize.escape(value)
    const withCamera = (condition: string) => ({ id: { [Op.in]: literal(`(SELECT tag_id FROM tag_cameras WHERE ${condition})`) } })
    const terms: WhereOptions[] = []
    if (filter.caseId) terms.push({ case_id: filter.caseId })
    if (filter.category) terms.push({ category: filter.category })
    if (filter.fromMs !== undefined) terms.push({ to_ms: { [Op.gte]: filter.fromMs } })
    if (filter.toMs !== undefined) terms.push({ from_ms: { [Op.lte]: filter.toMs } })
    if (filter.cameraId) terms.push(withCamera(`camera_id = ${quoted(filter.cameraId)}`))
    if (filter.unitIds) terms.push(withCamera(filter.unitIds.length === 0 ? '1 = 0' : `unit_id IN (${filter.unitIds.map(quoted).join(', ')})`))
    for (const word of (filter.q ?? '').split(/\s+/).filter(Boolean)) {
      const inCase = ['title', 'case_number', 'incident_number'].map((name) => `instr(${name}, ${quoted(word)}) > 0`).join(' OR ')
      terms.push({
        [Op.or]: [
          contains('note', word),
          withCamera(`instr(camera_name, ${quoted(word)}) > 0`),
          { case_id: { [Op.in]: literal(`(SELECT id FROM cases WHERE ${inCase})`) } },
        ],
      })
    }
    return terms
  }

  async #read(query: { where: WhereOptions; order?: [string, string][]; limit?: number; offset?: number }): Promise<Tag[]> {
    const tags = z.array(tagRowSchema).parse(await this.#tags.findAll({ ...query, raw: true }))
    if (tags.length === 0) return []
    const ids = { tag_id: tags.map((tag) => tag.id) }
    const cameras = z.array(tagCameraRowSchema).parse(await this.#cameras.findAll({ where: ids, order: [['place', 'ASC']], raw: true }))
    const exhibits = z.array(exhibitRowSchema).parse(await this.#exhibits.findAll({ where: ids, order: [['id', 'ASC']], raw: true }))
    const camerasOf = new Map<TagId, TaggedCamera[]>()
    for (const { tagId, camera } of cameras) camerasOf.set(tagId, [...(camerasOf.get(tagId) ?? []), camera])
    const exhibitsOf = new Map<TagId, Exhibit[]>()
    for (const { tagId, exhibit } of exhibits) exhibitsOf.set(tagId, [...(exhibitsOf.get(tagId) ?? []), exhibit])
    return tags.map((tag) => ({ ...tag, cameras: camerasOf.get(tag.id) ?? [], exhibits: exhibitsOf.get(tag.id) ?? [] }))
  }
}

function toExhibitRow(tagId: TagId, exhibit: Exhibit) {
  return {
    id: exhibit.id,
    tag_id: tagId,
    camera_id: exhibit.cameraId,
    camera_name: exhibit.cameraName,
    picture_at_ms: exhibit.pictureAtMs,
    captured_at_ms: exhibit.capturedAtMs,
    sha256: exhibit.sha256,
    bytes: exhibit.bytes,
    width: exhibit.width,
    height: exhibit.height,
    clock_offset_ms: exhibit.clockOffsetMs === null ? null : Math.round(exhibit.clockOffsetMs),
  }
}
