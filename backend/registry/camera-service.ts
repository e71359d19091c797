// Owns what is done with cameras: registering, adopting, editing, moving, replacing a device, setting a login.
// Refuses: addresses outside the camera networks, losing history (a camera keeps its id), handing out passwords.
import { AppError, missing } from '#base/app-error.ts'
import type { AddressPolicy } from '#base/address-policy.ts'
import type { Clock } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { Secret } from '#base/secret.ts'
import type { Archive } from '#contract/archive.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, CredentialSetId, UnitId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import type { Permission } from '#contract/permissions.ts'
import type { StreamSource } from '#streams'
import { reach } from '../access/index.ts'
import type { Actor, AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { isUniqueViolation, type Storage, type Tx } from '../storage/index.ts'
import type { Camera, CameraHealth, Device } from './camera.ts'
import type { CameraStore } from './camera-store.ts'
import type { CredentialStore } from './credential-store.ts'
import type { Vault } from './vault.ts'

export interface Credential {
  username: string
  password: Secret
}

export interface RegistryEvents {
  /** A camera was added, moved, edited, or its device or login changed. Emitted after commit. */
  changed: { cameraId: CameraId; unitId: UnitId; streamsChanged: boolean }
}

export interface CameraServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  cameras: CameraStore
  credentials: CredentialStore
  vault: Vault
  addressPolicy: AddressPolicy
  onListenerError: (error: unknown) => void
}

export interface NewCamera {
  unitId: UnitId
  archive: Archive
  device: Device
  credentialSetId: CredentialSetId | null
  credential: Credential | null
}

const IDS_A_READ = 500

export class CameraService {
  readonly #deps: CameraServiceDeps
  readonly events: TypedEmitter<RegistryEvents>

  constructor(deps: CameraServiceDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<RegistryEvents>((error) => deps.onListenerError(error))
  }

  /**
   * One camera of the caller's subtree; with `by`, also one on which a live grant gives that permission.
   * @throws AppError not_found, also for what is out of scope
   */
  async get(principal: Principal, id: CameraId, by?: Permission): Promise<Camera> {
    const camera = await this.#deps.cameras.get(by === undefined ? principal.scope.unitIds : reach(principal, by), id)
    if (camera === null || (principal.ticket !== null && principal.ticket.cameraId !== id)) throw missing()
    return camera
  }

  /**
   * Adds a camera in the caller's transaction. The caller has checked its right to the unit.
   * @throws AppError camera_address_refused, already_exists (国标编码 in use)
   */
  async add(tx: Tx, actor: Actor, wanted: NewCamera): Promise<Camera> {
    const { clock, random, cameras, trail, addressPolicy } = this.#deps
    if (!addressPolicy.check(wanted.device.address).allowed) throw addressRefused()
    const now = clock.now()
    const id = newId<CameraId>(now, random)
    const camera: Camera = {
      ...wanted.device,
      id,
      unitId: wanted.unitId,
      archive: wanted.archive,
      archiveUnread: [],
      health: { status: 'unknown', cause: 'not_checked', sinceMs: now, pictureProvenMs: null },
      posture: 'unknown',
      credentialSetId: wanted.credentialSetId,
      ownCredential: wanted.credential === null ? null : this.#seal(id, wanted.credential),
      version: 1,
      createdAtMs: now,
    }
    try {
      await cameras.add(tx, camera)
    } catch (error) {
      throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', 'This 设备编码 is in use.') : error
    }
    await trail.record(tx, actor, {
      action: 'camera.add',
      targetKind: 'camera',
      targetId: id,
      targetName: camera.archive.name,
      detail: { gbCode: camera.archive.gbCode, unitId: camera.unitId, address: camera.address, serial: camera.serial },
    })
    this.#changed(tx, camera, true)
    return camera
  }

  /** Changes archive and unit. @throws AppError conflict when `version` is not the present one */
  async update(
    principal: Principal,
    id: CameraId,
    wanted: { version: number; archive?: { [Key in keyof Archive]?: Archive[Key] | undefined } | undefined; unitId?: UnitId | undefined },
    from: { ip: string },
  ): Promise<Camera> {
    if (wanted.unitId !== undefined && !principal.scope.unitIds.has(wanted.unitId)) throw missing()
    return this.#change(principal, id, wanted.version, from, 'camera.update', { archive: wanted.archive, unitId: wanted.unitId }, (camera) => ({
      ...camera,
      archive: { ...camera.archive, ...defined(wanted.archive ?? {}) },
      unitId: wanted.unitId ?? camera.unitId,
    }))
  }

  /**
   * Puts another device behind the camera; id, archive, unit, history stay. The login is the new device's.
   * @param also what the caller must write in the same transaction
   */
  async replaceDevice(
    principal: Principal,
    id: CameraId,
    wanted: { version: number; device: Device; credentialSetId: CredentialSetId | null },
    from: { ip: string },
    also?: (tx: Tx, before: Camera) => Promise<void>,
  ): Promise<Camera> {
    if (!this.#deps.addressPolicy.check(wanted.device.address).allowed) throw addressRefused()
    return this.#change(principal, id, wanted.version, from, 'camera.replace-device', { serial: wanted.device.serial, address: wanted.device.address }, (camera) => ({
      ...camera,
      ...wanted.device,
      archive: { ...camera.archive, ipv4: wanted.device.address.includes(':') ? camera.archive.ipv4 : wanted.device.address, mac: wanted.device.mac || camera.archive.mac, model: wanted.device.model || camera.archive.model },
      credentialSetId: wanted.credentialSetId,
      ownCredential: wanted.credentialSetId === null ? camera.ownCredential : null,
    }), also)
  }

  async setCredential(principal: Principal, id: CameraId, credential: Credential, from: { ip: string }): Promise<void> {
    await this.#change(principal, id, undefined, from, 'camera.set-credential', { username: credential.username }, (camera) => ({
      ...camera,
      credentialSetId: null,
      ownCredential: this.#seal(camera.id, credential),
    }))
  }

  async #change(
    principal: Principal,
    id: CameraId,
    version: number | undefined,
    from: { ip: string },
    action: string,
    detail: Record<string, unknown>,
    apply: (camera: Camera) => Camera,
    also?: (tx: Tx, before: Camera) => Promise<void>,
  ): Promise<Camera> {
    const { storage, cameras, trail } = this.#deps
    return storage.transaction(async (tx) => {
      const camera = await cameras.get(principal.scope.unitIds, id, tx)
      if (camera === null) throw missing()
      if (version !== undefined && camera.version !== version) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      const changed = apply(camera)
      if (!(await cameras.update(tx, changed))) throw new AppError('conflict', 'conflict', errorCodes.conflict)
      await trail.record(tx, { ...principal, ip: from.ip }, { action, targetKind: 'camera', targetId: id, targetName: camera.archive.name, detail: defined(detail) })
      await also?.(tx, camera)
      const streamsChanged = action !== 'camera.update'
      this.#changed(tx, changed, streamsChanged)
      if (changed.unitId !== camera.unitId) this.#changed(tx, camera, streamsChanged)
      return { ...changed, archiveUnread: [], version: changed.version + 1 }
    })
  }

  /** The health room writes the status through here, so that lists and counts see it in the same table. */
  async setHealth(tx: Tx, id: CameraId, health: CameraHealth): Promise<void> {
    await this.#deps.cameras.setHealth(tx, id, health)
  }

  async setMeasured(tx: Tx, id: CameraId, measured: { pictureProvenMs?: number; clockOffsetMs?: number }): Promise<void> {
    await this.#deps.cameras.setMeasured(tx, id, measured)
  }

  /** Every camera, for the server's own watch; never for a caller. */
  async watchList(): Promise<Camera[]> {
    const { items } = await this.#deps.cameras.list('all', {}, 'all')
    return items.filter((camera) => camera.archive.deviceStatus !== 3)
  }

  /**
   * What differs from what a watcher knows, whoever changed it: ten thousand versions are compared, only what is new is read.
   * @param known version of a camera as the watcher has it; undefined = it has not
   */
  async watchChanges(known: (id: CameraId) => number | undefined): Promise<{ listed: ReadonlySet<CameraId>; changed: Camera[] }> {
    const versions = await this.#deps.cameras.versions()
    const differing = [...versions].filter(([id, version]) => known(id) !== version).map(([id]) => id)
    const changed: Camera[] = []
    for (let from = 0; from < differing.length; from += IDS_A_READ) changed.push(...(await this.#deps.cameras.byIds('all', differing.slice(from, from + IDS_A_READ))))
    return { listed: new Set(versions.keys()), changed: changed.filter((camera) => camera.archive.deviceStatus !== 3) }
  }

  async find(id: CameraId): Promise<Camera | null> {
    return this.#deps.cameras.get('all', id)
  }

  /** The camera's login: its own, or its credential set's; null when it has none. */
  async credentialOf(camera: Camera): Promise<Credential | null> {
    if (camera.ownCredential !== null) {
      return { username: camera.ownCredential.username, password: this.#deps.vault.open(camera.ownCredential.sealed, camera.id) }
    }
    return camera.credentialSetId === null ? null : this.credentialOfSet(camera.credentialSetId)
  }

  async credentialOfSet(id: CredentialSetId): Promise<Credential | null> {
    const set = await this.#deps.credentials.get(id)
    return set === null ? null : { username: set.username, password: this.#deps.vault.open(set.sealed, set.id) }
  }

  /** The stream as the media plane takes it; main stands in for a missing sub and the other way round. Null = no stream. */
  async sourceOf(camera: Camera, stream: StreamKind): Promise<StreamSource | null> {
    const place = this.placeOf(camera, stream)
    return place === null ? null : { ...place, credential: await this.credentialOf(camera) }
  }

  /** As `sourceOf`, without the login: for who must not have it. */
  placeOf(camera: Camera, stream: StreamKind): Omit<StreamSource, 'credential'> | null {
    const path = camera.streamPaths.find((candidate) => candidate.stream === stream) ?? camera.streamPaths[0]
    if (path === undefined) return null
    const profile = camera.profiles.find((candidate) => candidate.stream === path.stream)
    return {
      cameraId: camera.id,
      stream: path.stream,
      tls: path.tls,
      host: camera.address,
      port: path.port,
      path: path.path,
      codec: profile?.codec ?? null,
      pixels: profile ? profile.width * profile.height : null,
    }
  }

  #seal(id: CameraId, credential: Credential): { username: string; sealed: string } {
    return { username: credential.username, sealed: this.#deps.vault.seal(credential.password, id) }
  }

  #changed(tx: Tx, camera: Camera, streamsChanged: boolean): void {
    this.#deps.storage.afterCommit(tx, () => this.events.emit('changed', { cameraId: camera.id, unitId: camera.unitId, streamsChanged }))
  }
}

function addressRefused(): AppError {
  return new AppError('invalid', 'camera_address_refused', errorCodes.camera_address_refused)
}

function defined<Shape extends object>(shape: Shape): { [Key in keyof Shape]: Exclude<Shape[Key], undefined> } {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as { [Key in keyof Shape]: Exclude<Shape[Key], undefined> }
}
