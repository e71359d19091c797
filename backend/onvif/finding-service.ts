// Owns the inbox after a run: assigning, testing, adopting, ignoring, replacing, each finding answered for by itself.
// Refuses: adopting what was not tested, units and findings out of the caller's scope (404).
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { DiscoveryState } from '#contract/discovery.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, CredentialSetId, FindingId, UnitId } from '#contract/ids.ts'
import type { MediaPlane } from '#streams'
import type { Unit, UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Camera, CameraService, CameraStore, Credential, GbCodes } from '../registry/index.ts'
import type { Storage } from '../storage/index.ts'
import type { OnvifPort } from './device.ts'
import type { Discovery } from './discovery.ts'
import { DiscoveryRuns, type RunRequest } from './discovery-runs.ts'
import { deviceFacts, deviceOf, firstArchive, nameFrom, released, type FoundRecord } from './finding.ts'
import type { FindingScope, FindingStore } from './finding-store.ts'
import { forEachLimited } from './limited.ts'

export interface FindingServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  findings: FindingStore
  cameras: CameraStore
  cameraService: CameraService
  gbCodes: GbCodes
  units: UnitStore
  onvif: OnvifPort
  discovery: Discovery
  mediaPlane: Pick<MediaPlane, 'probe'>
}

export interface Adoption {
  findingId: FindingId
  outcome: 'adopted' | 'already-known' | 'not-tested' | 'refused'
  cameraId: CameraId | null
}

const testConcurrency = 24

export class FindingService {
  readonly #deps: FindingServiceDeps
  readonly #runs: DiscoveryRuns

  constructor(deps: FindingServiceDeps) {
    this.#deps = deps
    this.#runs = new DiscoveryRuns(deps)
  }

  get events(): DiscoveryRuns['events'] {
    return this.#runs.events
  }

  get state(): DiscoveryState {
    return this.#runs.state
  }

  /** Starts a run and answers at once. @throws AppError conflict while one is running, invalid_request for bad ranges */
  start(principal: Principal, request: RunRequest, from: { ip: string }): Promise<DiscoveryState> {
    const { storage, trail } = this.#deps
    return this.#runs.start(request, () =>
      storage.transaction(async (tx) => {
        await trail.record(tx, { ...principal, ip: from.ip }, { action: 'discovery.start', targetKind: 'discovery', targetId: '', detail: { ...request } })
      }),
    )
  }

  /** Resolves when the present run has ended. */
  finished(): Promise<void> {
    return this.#runs.finished()
  }

  close(): Promise<void> {
    return this.#runs.close()
  }

  async assign(
    principal: Principal,
    request: { findingIds: FindingId[]; unitId: UnitId; credentialSetId: CredentialSetId | null; nameTemplate: string },
    from: { ip: string },
  ): Promise<FoundRecord[]> {
    const { storage, findings, trail, cameraService } = this.#deps
    if (!principal.scope.unitIds.has(request.unitId)) throw missing()
    const records = await this.#own(principal, request.findingIds)
    const credential = request.credentialSetId === null ? null : await cameraService.credentialOfSet(request.credentialSetId)
    if (request.credentialSetId !== null && credential === null) throw missing()
    const tested: FoundRecord[] = []
    const open = records.filter((record) => record.state !== 'adopted')
    await forEachLimited(open.map((record, index) => ({ record, n: index + 1 })), testConcurrency, async ({ record, n }) => {
      const assigned = { ...record, state: 'assigned' as const, unitId: request.unitId, credentialSetId: request.credentialSetId ?? record.credentialSetId }
      const result = await this.#test(assigned, credential)
      tested.push({ ...result, name: nameFrom(request.nameTemplate, result, n) })
    })
    return storage.transaction(async (tx) => {
      const kept: FoundRecord[] = []
      for (const record of tested) {
        // The test took its time: somebody may have made a camera of the device meanwhile, and that stands.
        const now = await findings.byId(tx, record.id)
        if (now === null || now.state === 'adopted') continue
        kept.push(record)
        await findings.save(tx, record)
        await trail.record(tx, { ...principal, ip: from.ip }, { action: 'discovery.assign', targetKind: 'finding', targetId: record.id, targetName: record.name, detail: { unitId: request.unitId, state: record.state, fault: record.fault } })
      }
      return kept
    })
  }

  /** Logs in, reads the profiles, asks RTSP to describe the stream: only what passed all of it may be adopted. */
  async #test(record: FoundRecord, credential: Credential | null): Promise<FoundRecord> {
    const answer = await this.#deps.onvif.identify({ host: record.address, port: record.onvifPort, tls: false }, credential)
    if (answer.kind === 'fault') return { ...record, fault: answer.fault.code }
    const facts = { ...record, ...deviceFacts(answer.device), fault: null }
    const [path] = facts.streamPaths.filter(({ stream }) => stream === 'sub').concat(facts.streamPaths)
    if (path === undefined) return { ...facts, fault: 'no_stream_profile' }
    const proof = await this.#deps.mediaPlane.probe(
      { cameraId: record.id, stream: path.stream, tls: path.tls, host: record.address, port: path.port, path: path.path, credential, codec: null },
      { timeoutMs: 5_000 },
    )
    return proof.kind === 'fault' ? { ...facts, fault: proof.fault.code } : { ...facts, state: 'tested' }
  }

  /** Each finding is answered for by itself; one that fails leaves the others adopted. */
  async adopt(principal: Principal, findingIds: readonly FindingId[], from: { ip: string }): Promise<Adoption[]> {
    const records = await this.#own(principal, findingIds)
    const outcomes = []
    for (const record of records) outcomes.push(await this.#adoptOne(principal, record, from))
    return outcomes
  }

  async #adoptOne(principal: Principal, record: FoundRecord, from: { ip: string }): Promise<Adoption> {
    const { units, logger } = this.#deps
    const findingId = record.id
    if (record.knownCameraId !== null) return { findingId, outcome: 'already-known', cameraId: record.knownCameraId }
    const tree = await units.tree()
    const unit = record.unitId === null ? undefined : tree.get(record.unitId)
    if (record.state !== 'tested' || unit === undefined) return { findingId, outcome: 'not-tested', cameraId: null }
    const station = tree.lineage(unit.id).map((id) => tree.get(id)).find((one) => one?.tier !== 'community')
    const policeCode = station !== undefined && /^\d{12}$/.test(station.code) ? station.code : ''
    try {
      return await this.#makeCamera({ ...principal, ip: from.ip }, record.id, { unit, policeCode })
    } catch (error) {
      if (error instanceof AppError && error.kind === 'unavailable') throw error
      logger.warn({ error, findingId }, 'a finding could not be adopted')
      return { findingId, outcome: 'refused', cameraId: null }
    }
  }

  async #makeCamera(actor: Principal & { ip: string }, findingId: FindingId, place: { unit: Unit; policeCode: string }): Promise<Adoption> {
    const { storage, findings, cameras, cameraService, gbCodes, trail } = this.#deps
    const { unit, policeCode } = place
    return storage.transaction(async (tx) => {
      const record = await findings.byId(tx, findingId)
      if (record?.state !== 'tested') return { findingId, outcome: 'not-tested', cameraId: null }
      const same = await cameras.byDevice(record, tx)
      const adopted = async (camera: Camera, outcome: 'adopted' | 'already-known'): Promise<Adoption> => {
        await findings.save(tx, { ...record, state: 'adopted', knownCameraId: camera.id, unitId: camera.unitId })
        const detail = { cameraId: camera.id, unitId: camera.unitId, outcome, address: record.address, serial: record.serial, mac: record.mac }
        await trail.record(tx, actor, { action: 'discovery.adopt', targetKind: 'finding', targetId: findingId, targetName: record.name, detail })
        // A camera of somebody else's unit is not named to the caller.
        return { findingId, outcome, cameraId: actor.scope.unitIds.has(camera.unitId) ? camera.id : null }
      }
      if (same !== null) return adopted(same, 'already-known')
      const archive = firstArchive(record, { code: unit.code, gbCode: await gbCodes.next(tx, unit.code), managementUnit: unit.name, policeCode })
      const camera = await cameraService.add(tx, actor, { unitId: unit.id, archive, device: deviceOf(record), credentialSetId: record.credentialSetId, credential: null })
      return adopted(camera, 'adopted')
    })
  }

  async ignore(principal: Principal, findingIds: readonly FindingId[], from: { ip: string }): Promise<void> {
    const { storage, findings, trail } = this.#deps
    const records = await this.#own(principal, findingIds)
    await storage.transaction(async (tx) => {
      for (const { id } of records) {
        const record = await findings.byId(tx, id)
        if (record === null || record.state === 'adopted') continue
        await findings.save(tx, { ...record, state: 'ignored' })
        await trail.record(tx, { ...principal, ip: from.ip }, { action: 'discovery.ignore', targetKind: 'finding', targetId: id, targetName: record.name, detail: { address: record.address, serial: record.serial } })
      }
    })
  }

  /**
   * Puts the found device in the place of a camera; the finding is then adopted as that camera, the old device is free.
   * @throws AppError not_found, not_identified, already_exists (it is another camera's), conflict
   */
  async replaceDevice(principal: Principal, cameraId: CameraId, request: { findingId: FindingId; version: number }, from: { ip: string }): Promise<Camera> {
    const { findings, trail, cameraService } = this.#deps
    const [record] = await this.#own(principal, [request.findingId])
    if (record === undefined) throw missing()
    if (record.serial === '' || record.streamPaths.length === 0) throw new AppError('conflict', 'not_identified', errorCodes.not_identified)
    if (record.knownCameraId !== null && record.knownCameraId !== cameraId) throw new AppError('conflict', 'already_exists', 'The device already is another camera.')
    const wanted = { version: request.version, device: deviceOf(record), credentialSetId: record.credentialSetId }
    return cameraService.replaceDevice(principal, cameraId, wanted, from, async (tx, before) => {
      for (const old of await findings.ofCamera(tx, cameraId)) if (old.id !== record.id) await findings.save(tx, released(old))
      await findings.save(tx, { ...record, state: 'adopted', knownCameraId: cameraId, unitId: before.unitId, name: before.archive.name })
      await trail.record(tx, { ...principal, ip: from.ip }, {
        action: 'discovery.replace',
        targetKind: 'finding',
        targetId: record.id,
        targetName: before.archive.name,
        detail: { cameraId, before: { address: before.address, serial: before.serial, mac: before.mac }, after: { address: record.address, serial: record.serial, mac: record.mac } },
      })
    })
  }

  async list(principal: Principal, filter: Parameters<FindingStore['list']>[1]) {
    return this.#deps.findings.list(await this.#scope(principal), filter)
  }

  /** The findings by these ids, in their order, or 404 when one is missing or out of scope. */
  async #own(principal: Principal, ids: readonly FindingId[]): Promise<FoundRecord[]> {
    const wanted = new Set(ids)
    const records = await this.#deps.findings.byIds(await this.#scope(principal), [...wanted])
    if (records.length !== wanted.size) throw missing()
    const order = [...wanted]
    return records.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  }

  async #scope(principal: Principal): Promise<FindingScope> {
    const unit = (await this.#deps.units.tree()).get(principal.unitId)
    return { unitIds: principal.scope.unitIds, seesUnassigned: unit?.parentId === null }
  }
}
