// Owns tagging footage under a case, and handing out the kept pictures only while they are what was kept.
// Refuses: cameras out of the caller's scope, and a picture whose SHA-256 has changed.
import { AppError, missing } from '#base/app-error.ts'
import { beijingDayStartMs } from '#base/beijing-time.ts'
import type { Clock } from '#base/clock.ts'
import type { TypedEmitter } from '#base/emitter.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, CaseId, ExhibitId, TagId, UserId } from '#contract/ids.ts'
import { reach, type UnitStore, type UserStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Camera, CameraStore } from '../registry/index.ts'
import { toInstant, type Storage, type Tx } from '../storage/index.ts'
import type { Case } from './case.ts'
import { isSupervisor, sightOf } from './case-policy.ts'
import type { CaseStore } from './case-store.ts'
import type { ExhibitCapture } from './exhibit-capture.ts'
import { sha256Of, type ExhibitFiles } from './exhibit-files.ts'
import { assertTagTimes, type Exhibit, type Tag, type TagCategory } from './tag.ts'
import type { TagStore } from './tag-store.ts'

export interface CaseEvents {
  /** After commit. `userIds`: members of the case and the supervisors who see it, nobody else. */
  tagged: { tagId: TagId; caseId: CaseId; userIds: UserId[] }
}

/** 调用登记: on record before the first picture is taken. */
export interface RegisterPort {
  enter(
    principal: Principal,
    entry: { purpose: 'case' | 'incident'; act: 'exhibit'; note: string; caseNumber: string | null; incidentNumber: string | null; secondPoliceNumber: null; cameraIds: readonly CameraId[]; fromMs: number; toMs: number },
    from: { ip: string },
  ): Promise<unknown>
}

export interface TagServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  cases: CaseStore
  tags: TagStore
  cameras: CameraStore
  units: UnitStore
  users: UserStore
  files: ExhibitFiles
  capture: ExhibitCapture
  register: RegisterPort
  events: TypedEmitter<CaseEvents>
}

export interface NewTag {
  caseId: CaseId
  cameraIds: readonly CameraId[]
  fromMs: number
  toMs: number
  /** Which moment the exhibits show. */
  pictureAtMs: number
  category: TagCategory
  note: string
}

export class TagService {
  readonly #deps: TagServiceDeps

  constructor(deps: TagServiceDeps) {
    this.#deps = deps
  }

  /**
   * Keeps the tag whatever becomes of the pictures; what could not be kept is told with its reason.
   * @throws AppError not_found (the case or one of the cameras is not for the caller), invalid_request
   */
  async create(principal: Principal, wanted: NewTag, from: { ip: string }): Promise<Tag> {
    const { storage, clock, random, trail, cases, tags, capture, register, events } = this.#deps
    assertTagTimes(wanted, clock.now())
    const sight = sightOf(principal)
    const before = await cases.get(sight, wanted.caseId)
    if (before === null) throw missing()
    const cameras = await this.#camerasOf(principal, wanted.cameraIds)
    const supervisors = await this.#supervisorsOf(before)
    const { caseNumber, incidentNumber } = before
    await register.enter(
      principal,
      { purpose: caseNumber === null ? 'incident' : 'case', act: 'exhibit', note: '', caseNumber, incidentNumber, secondPoliceNumber: null, cameraIds: cameras.map(({ id }) => id), fromMs: wanted.fromMs, toMs: wanted.toMs },
      from,
    )
    // Before the transaction: cameras may take seconds, and on SQLite everybody else's writing would wait for them.
    const { exhibits, missing: exhibitsMissing } = await capture.take(cameras, wanted.pictureAtMs)
    const createdAtMs = clock.now()
    const tag: Tag = {
      id: newId<TagId>(createdAtMs, random),
      caseId: wanted.caseId,
      category: wanted.category,
      note: wanted.note,
      fromMs: wanted.fromMs,
      toMs: wanted.toMs,
      cameras: cameras.map((camera) => ({ id: camera.id, name: camera.archive.name, unitId: camera.unitId })),
      exhibits,
      exhibitsMissing,
      createdAtMs,
      createdBy: { id: principal.userId, displayName: principal.displayName, policeNumber: principal.policeNumber },
    }
    try {
      await storage.transaction(async (tx) => {
        const found = await cases.get(sight, wanted.caseId, tx)
        if (found === null) throw missing()
        await tags.add(tx, tag)
        await trail.record(tx, { ...principal, ip: from.ip }, actOf(tag, found))
        const userIds = [...new Set([...(await this.#memberIds(tx, found.id)), ...supervisors])]
        storage.afterCommit(tx, () => events.emit('tagged', { tagId: tag.id, caseId: found.id, userIds }))
      })
    } catch (error) {
      await capture.discard(exhibits)
      throw error
    }
    return tag
  }

  /** @throws AppError not_found, also for a tag of a case that is not for the caller */
  async get(principal: Principal, id: TagId): Promise<Tag> {
    const tag = await this.#deps.tags.get(sightOf(principal), id)
    if (tag === null) throw missing()
    return tag
  }

  /**
   * The kept JPEG, proven to be what was kept; who looked is on record.
   * @throws AppError not_found; internal when the file is gone or altered, which is on record too
   */
  async picture(principal: Principal, id: ExhibitId, from: { ip: string }): Promise<Uint8Array> {
    const { tags, files, logger } = this.#deps
    const found = await tags.exhibit(sightOf(principal), id)
    if (found === null) throw missing()
    const bytes = await files.read(found.exhibit)
    if (bytes !== null && sha256Of(bytes) === found.exhibit.sha256) {
      await this.#recordLook(principal, from, found, 'exhibit.view')
      return bytes
    }
    logger.error({ exhibitId: id, tagId: found.tagId, gone: bytes === null }, 'an exhibit is not what was kept')
    await this.#recordLook(principal, from, found, 'exhibit.mismatch')
    throw new AppError('internal', 'internal', errorCodes.internal, { cause: new Error(`exhibit ${id} is ${bytes === null ? 'gone' : 'altered'}`) })
  }

  /** Tags made since midnight by 北京时间, of the cases that the caller sees. */
  countToday(principal: Principal): Promise<number> {
    return this.#deps.tags.countSince(sightOf(principal), beijingDayStartMs(this.#deps.clock.now()))
  }

  async #camerasOf(principal: Principal, ids: readonly CameraId[]): Promise<Camera[]> {
    const found = new Map((await this.#deps.cameras.byIds(reach(principal, 'tag:create'), ids)).map((camera) => [camera.id, camera]))
    return [...new Set(ids)].map((id) => {
      const camera = found.get(id)
      if (camera === undefined) throw missing()
      return camera
    })
  }

  /** Supervisors of the case's unit and of all above it. */
  async #supervisorsOf(found: Case): Promise<UserId[]> {
    const { units, users } = this.#deps
    const above = await users.inUnits((await units.tree()).lineage(found.unitId))
    return above.filter((user) => !user.disabled && isSupervisor(user.roles)).map((user) => user.id)
  }

  async #memberIds(tx: Tx, id: CaseId): Promise<UserId[]> {
    return (await this.#deps.cases.membersOf(id, tx)).map((member) => member.userId)
  }

  async #recordLook(principal: Principal, from: { ip: string }, found: { tagId: TagId; exhibit: Exhibit }, action: 'exhibit.view' | 'exhibit.mismatch'): Promise<void> {
    const { storage, trail } = this.#deps
    const { exhibit, tagId } = found
    await storage.transaction((tx) =>
      trail.record(
        tx,
        { ...principal, ip: from.ip },
        {
          action,
          targetKind: 'exhibit',
          targetId: exhibit.id,
          targetName: exhibit.cameraName,
          outcome: action === 'exhibit.view' ? 'done' : 'refused',
          detail: { tagId, cameraId: exhibit.cameraId, sha256: exhibit.sha256 },
        },
      ),
    )
  }
}

function actOf(tag: Tag, found: Case) {
  return {
    action: 'tag.create',
    targetKind: 'tag',
    targetId: tag.id,
    targetName: found.caseNumber ?? found.incidentNumber ?? '',
    detail: {
      caseId: tag.caseId,
      cameraIds: tag.cameras.map((camera) => camera.id),
      from: toInstant(tag.fromMs),
      to: toInstant(tag.toMs),
      exhibits: tag.exhibits.map(({ id, sha256 }) => ({ id, sha256 })),
      exhibitsMissing: tag.exhibitsMissing,
    },
  }
}
