// Owns proof of the inbox on each database: found → identified → assigned and tested → adopted, and every way off that road.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { AppError } from '#base/app-error.ts'
import { systemClock } from '#base/clock.ts'
import { brandId, newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import type { Profile } from '#contract/cameras.ts'
import type { CameraId, CredentialSetId, FindingId, UnitId } from '#contract/ids.ts'
import type { MediaPlane } from '#streams'
import { accessMigrations, UnitStore } from '../../backend/access/index.ts'
import { auditMigrations, AuditStore, AuditTrail } from '../../backend/audit/index.ts'
import { findingMigrations, FindingService, FindingStore, type DeviceIdentity, type Discovery, type Identification, type OnvifCredential, type OnvifPort, type OnvifTarget } from '../../backend/onvif/index.ts'
import { onvifFault } from '../../backend/onvif/onvif-fault.ts'
import { CameraRows, CameraService, CameraStore, CredentialService, CredentialStore, GbCodes, registryMigrations, Vault } from '../../backend/registry/index.ts'
import type { Storage } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { sampleArchive, sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'

const from = { ip: '10.9.9.9' }
const page = { page: 1, pageSize: 100 }
const profile = (stream: 'main' | 'sub'): Profile => ({ stream, token: stream, name: stream, codec: 'h264', width: 640, height: 360, fps: 15, hasAudio: false })

/** Devices by their last address byte; each has a password and may hang before it answers. */
interface ScriptedDevice {
  serial: string
  mac: string
  password: string
  /** RTSP refuses though ONVIF lets us in. */
  isMuteOnRtsp?: boolean
}

class Network {
  readonly devices = new Map<string, ScriptedDevice>()
  readonly slowOnce = new Set<string>()
  readonly logins: { host: string; password: string | null }[] = []

  plug(last: number, serial: string, changes: Partial<ScriptedDevice> = {}): string {
    const host = `10.12.0.${last}`
    this.devices.set(host, { serial, mac: `02-00-00-00-00-${serial.padStart(2, '0').slice(-2)}`, password: 'good', ...changes })
    return host
  }

  readonly discovery: Discovery = {
    discover: async ({ onFound, onProgress }) => {
      const found = [...this.devices.keys()].map((host) => ({ target: { host, port: 80, tls: false }, foundBy: 'unicast' as const, endpoint: '', name: '', hardware: '' }))
      for (const device of found) onFound?.(device)
      const progress = { asked: found.length, toAsk: found.length, found: found.length, refused: 0 }
      onProgress?.(progress)
      return { found, progress }
    },
  }

  readonly onvif: Pick<OnvifPort, 'identify'> = {
    identify: async ({ host }: OnvifTarget, credential: OnvifCredential | null): Promise<Identification> => {
      this.logins.push({ host, password: credential?.password.reveal() ?? null })
      const device = this.devices.get(host)
      if (device === undefined) return { kind: 'fault', fault: onvifFault('unreachable', 'no connection'), clockOffsetMs: null }
      if (this.slowOnce.delete(host)) return { kind: 'fault', fault: onvifFault('onvif_silent', 'no whole answer in time'), clockOffsetMs: null }
      if (credential?.password.reveal() !== device.password) return { kind: 'fault', fault: onvifFault('onvif_refused', 'refused'), clockOffsetMs: 40 }
      const identity: DeviceIdentity = {
        manufacturer: 'Dahua', model: 'IPC-1', firmware: '1', serial: device.serial, mac: device.mac, hasPtz: false, clockOffsetMs: 40,
        profiles: [profile('main'), profile('sub')],
        streamPaths: { main: { port: 554, path: '/main', tls: false }, sub: { port: 554, path: '/sub', tls: false } },
      }
      return { kind: 'identified', device: identity }
    },
  }

  readonly mediaPlane: Pick<MediaPlane, 'probe'> = {
    probe: async ({ host }) =>
      this.devices.get(host)?.isMuteOnRtsp
        ? { kind: 'fault', fault: { code: 'rtsp_refused', retry: 'after-change', detail: '' }, tookMs: 1 }
        : { kind: 'answered', codec: 'h264', hasAudio: false, tookMs: 1 },
  }
}

eachDatabase('the inbox', (make) => {
  let database: TestDatabase
  let storage: Storage
  let network: Network
  let service: FindingService
  let cameraService: CameraService
  let cameras: CameraStore
  let audit: AuditStore
  let goodSet: CredentialSetId
  let wrongSet: CredentialSetId
  const unit = { bureau: newId<UnitId>(1), first: newId<UnitId>(2), second: newId<UnitId>(3) }
  const bureau = { ...samplePrincipal([unit.bureau, unit.first, unit.second]), unitId: unit.bureau }
  const firstStation = samplePrincipal([unit.first], 'maintainer')

  before(() => (database = make()))
  after(() => database.drop())
  beforeEach(async function () {
    this.timeout(60_000)
    storage = await database.open([...auditMigrations, ...accessMigrations, ...registryMigrations, ...findingMigrations])
    network = new Network()
    audit = new AuditStore(storage)
    const shared = { storage, clock: systemClock, random: randomBytes, logger: silentLogger, trail: new AuditTrail({ store: audit, clock: systemClock, random: randomBytes }) }
    const units = new UnitStore({ storage, monotonicMs: () => systemClock.monotonicMs() })
    const credentials = new CredentialStore(storage)
    const vault = new Vault({ key: randomBytes(32), random: randomBytes })
    cameras = new CameraStore(storage, new CameraRows({ logger: silentLogger }))
    const onListenerError = (error: unknown) => {
      throw error
    }
    cameraService = new CameraService({ ...shared, cameras, credentials, vault, addressPolicy: new AddressPolicy(['10.12.0.0/16']), onListenerError })
    const onvif: OnvifPort = { ...network.onvif, readClock: () => assert.fail('not asked'), ping: () => assert.fail('not asked'), askAsStranger: () => assert.fail('not asked') }
    const { discovery, mediaPlane } = network
    service = new FindingService({ ...shared, findings: new FindingStore(storage), cameras, cameraService, gbCodes: new GbCodes({ cameras }), units, onvif, discovery, mediaPlane })
    await storage.transaction(async (tx) => {
      await units.add(tx, { id: unit.bureau, parentId: null, tier: 'bureau', code: '149903000000', name: '分局' })
      await units.add(tx, { id: unit.first, parentId: unit.bureau, tier: 'station', code: '149903510000', name: '一所' })
      await units.add(tx, { id: unit.second, parentId: unit.bureau, tier: 'station', code: '149903520000', name: '二所' })
    })
    const sets = new CredentialService({ ...shared, credentials, vault })
    goodSet = (await sets.create({ ...bureau, ...from }, { name: 'good', username: 'admin', password: new Secret('good') })).id
    wrongSet = (await sets.create({ ...bureau, ...from }, { name: 'wrong', username: 'admin', password: new Secret('wrong') })).id
  })

  const run = async (credentialSetIds: CredentialSetId[] = [goodSet]) => {
    await service.start(bureau, { multicast: true, ranges: [], ports: ['80'], credentialSetIds }, from)
    await service.finished()
  }
  const inbox = async () => (await service.list(bureau, page)).items
  const at = async (host: string) => {
    const found = (await inbox()).find(({ address }) => address === host)
    assert.ok(found, `${host} is in the inbox`)
    return found
  }
  const assign = (findingIds: FindingId[], credentialSetId: CredentialSetId | null = goodSet, unitId = unit.first, caller = bureau) =>
    service.assign(caller, { findingIds, unitId, credentialSetId, nameTemplate: '{model}-{n}' }, from)
  const actions = async (action: string) => (await audit.list({ action, ...page })).items
  const adopted = async (host: string): Promise<CameraId> => {
    await run()
    const { id } = await at(host)
    await assign([id])
    const [outcome] = await service.adopt(bureau, [id], from)
    assert.ok(outcome?.cameraId)
    return outcome.cameraId
  }
  const missingError = (error: unknown) => error instanceof AppError && error.kind === 'missing'

  it('leads a device from found to a camera, each step on record', async () => {
    const host = network.plug(1, '1')
    await run([])
    assert.deepEqual([(await at(host)).state, (await at(host)).fault], ['found', 'onvif_refused'])
    await run()
    const identified = await at(host)
    assert.deepEqual([identified.state, identified.serial, identified.manufacturer, identified.profiles.length, identified.fault], ['identified', '1', 'Dahua', 2, null])
    assert.equal(service.state.identified, 1)
    const [tested] = await assign([identified.id])
    assert.deepEqual([tested?.state, tested?.unitId, tested?.name, tested?.credentialSetId], ['tested', unit.first, 'IPC-1-1', goodSet])
    const [outcome] = await service.adopt(bureau, [identified.id], from)
    assert.equal(outcome?.outcome, 'adopted')
    const camera = await cameras.get(new Set([unit.first]), outcome?.cameraId ?? brandId(''))
    assert.deepEqual([camera?.archive.name, camera?.address, camera?.archive.vendor, camera?.archive.policeCode, camera?.health.status], ['IPC-1-1', host, 2, '149903510000', 'unknown'])
    assert.match(camera?.archive.gbCode ?? '', /^14990351001320\d{6}$/)
    assert.equal((await cameraService.credentialOf(camera ?? assert.fail()))?.password.reveal(), 'good')
    assert.deepEqual([(await at(host)).state, (await at(host)).knownCameraId], ['adopted', camera?.id])
    const [entry] = await actions('discovery.adopt')
    assert.deepEqual([entry?.targetId, entry?.cameraId, entry?.ip, entry?.actorName], [identified.id, camera?.id, from.ip, bureau.displayName])
    assert.equal((await actions('camera.add')).length, 1)
    assert.equal((await actions('discovery.assign')).length, 1)
  })

  it('says which of many could not be adopted, and adopts the others with codes of their own', async () => {
    for (let last = 1; last <= 6; last++) network.plug(last, `${last}`, last === 2 ? { password: 'other' } : last === 3 ? { isMuteOnRtsp: true } : {})
    await run()
    const ids = await Promise.all([1, 2, 3, 4, 5].map(async (last) => (await at(`10.12.0.${last}`)).id))
    const tested = await assign(ids)
    assert.deepEqual(tested.map(({ fault }) => fault).toSorted(), ['onvif_refused', 'rtsp_refused', null, null, null].toSorted())
    const outcomes = await service.adopt(bureau, [...ids, (await at('10.12.0.6')).id], from)
    assert.deepEqual(outcomes.map(({ outcome }) => outcome), ['adopted', 'not-tested', 'not-tested', 'adopted', 'adopted', 'not-tested'])
    const { items } = await cameras.list('all', {}, 'all')
    assert.deepEqual([items.length, new Set(items.map(({ archive }) => archive.gbCode)).size], [3, 3])
    assert.equal((await actions('discovery.adopt')).length, 3)
  })

  it('tests an assigned device again with another credential set when the first was wrong', async () => {
    const host = network.plug(1, '1')
    await run([])
    const { id } = await at(host)
    const [refused] = await assign([id], wrongSet)
    assert.deepEqual([refused?.state, refused?.fault], ['assigned', 'onvif_refused'])
    assert.equal((await service.adopt(bureau, [id], from))[0]?.outcome, 'not-tested')
    const [tested] = await assign([id], goodSet)
    assert.deepEqual([tested?.state, tested?.fault], ['tested', null])
    assert.ok(network.logins.every(({ password }) => password === null || ['good', 'wrong'].includes(password)))
  })

  it('asks a device that was too slow once more in the same run', async () => {
    const host = network.plug(1, '1')
    network.slowOnce.add(host)
    await run()
    assert.equal((await at(host)).state, 'identified')
    assert.equal(network.logins.length, 2)
  })

  it('keeps one finding of a device that is found again, at its address or at another', async () => {
    const host = network.plug(1, '1')
    await run()
    const first = await at(host)
    await run()
    assert.deepEqual((await inbox()).map(({ id }) => id), [first.id])
    network.devices.clear()
    const moved = network.plug(7, '1')
    await run()
    assert.deepEqual((await inbox()).map(({ id, address }) => [id, address]), [[first.id, moved]])
  })

  it('makes one camera of a device that is adopted twice', async () => {
    const host = network.plug(1, '1')
    const cameraId = await adopted(host)
    const { id } = await at(host)
    assert.deepEqual(await service.adopt(bureau, [id], from), [{ findingId: id, outcome: 'already-known', cameraId }])
    await run()
    assert.deepEqual([(await at(host)).knownCameraId, (await cameras.list('all', {}, 'all')).total], [cameraId, 1])
  })

  it('makes one camera when two people adopt the device at the same time', async () => {
    const host = network.plug(1, '1')
    await run()
    const { id } = await at(host)
    await assign([id])
    const outcomes = (await Promise.all([service.adopt(bureau, [id], from), service.adopt(bureau, [id], from)])).flat()
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'adopted').length, 1)
    assert.equal((await cameras.list('all', {}, 'all')).total, 1)
  })

  it('does not bring back what was ignored, and says who ignored it', async () => {
    const host = network.plug(1, '1')
    await run()
    const { id } = await at(host)
    await service.ignore(bureau, [id], from)
    await run()
    assert.deepEqual(await inbox(), [])
    assert.deepEqual((await service.list(bureau, { ...page, state: 'ignored' })).items.map((one) => one.id), [id])
    assert.deepEqual((await actions('discovery.ignore')).map(({ targetId }) => targetId), [id])
  })

  it('puts a new device behind a camera that keeps its id, name and code; the old device is free', async () => {
    const host = network.plug(1, '1')
    const cameraId = await adopted(host)
    const before = (await cameras.get('all', cameraId)) ?? assert.fail()
    const fresh = network.plug(2, '2')
    await run()
    const after = await service.replaceDevice(bureau, cameraId, { findingId: (await at(fresh)).id, version: before.version }, from)
    assert.deepEqual([after.id, after.archive.name, after.archive.gbCode, after.unitId, after.createdAtMs], [before.id, before.archive.name, before.archive.gbCode, before.unitId, before.createdAtMs])
    assert.deepEqual([after.serial, after.address, after.archive.ipv4], ['2', fresh, fresh])
    assert.deepEqual([(await at(fresh)).state, (await at(fresh)).knownCameraId], ['adopted', cameraId])
    assert.deepEqual([(await at(host)).state, (await at(host)).knownCameraId], ['identified', null])
    await run()
    assert.deepEqual([(await at(host)).state, (await cameras.list('all', {}, 'all')).total], ['identified', 1])
    const [entry] = await actions('discovery.replace')
    assert.equal(entry?.cameraId, cameraId)
    assert.deepEqual(entry?.detail['before'], { address: host, serial: '1', mac: '02-00-00-00-00-01' })
    assert.equal((await actions('camera.replace-device')).length, 1)
  })

  it('offers a new device at the old address as new, and replaces by it', async () => {
    const host = network.plug(1, '1')
    const cameraId = await adopted(host)
    network.plug(1, '2')
    await run()
    const found = await at(host)
    assert.deepEqual([found.state, found.knownCameraId, found.serial], ['identified', null, '2'])
    const { version } = (await cameras.get('all', cameraId)) ?? assert.fail()
    assert.equal((await service.replaceDevice(bureau, cameraId, { findingId: found.id, version }, from)).serial, '2')
  })

  it('says that a device is not identified yet when it is to replace a camera, and not that somebody else changed something', async () => {
    const cameraId = await adopted(network.plug(1, '1'))
    const unknown = network.plug(2, '2')
    await run([])
    await assert.rejects(service.replaceDevice(bureau, cameraId, { findingId: (await at(unknown)).id, version: 1 }, from), (error: unknown) => error instanceof AppError && error.kind === 'conflict' && error.code === 'not_identified')
  })

  it('writes neither camera nor finding when the version has moved on, or the device is another camera', async () => {
    const [one, two, three] = [network.plug(1, '1'), network.plug(2, '2'), network.plug(3, '3')]
    const cameraId = await adopted(one)
    await adopted(two)
    const newcomer = await at(three)
    const isConflict = (code: string) => (error: unknown) => error instanceof AppError && error.kind === 'conflict' && error.code === code
    await assert.rejects(service.replaceDevice(bureau, cameraId, { findingId: newcomer.id, version: 77 }, from), isConflict('conflict'))
    await assert.rejects(service.replaceDevice(bureau, cameraId, { findingId: (await at(two)).id, version: 1 }, from), isConflict('already_exists'))
    assert.deepEqual([(await at(three)).state, (await cameras.get('all', cameraId))?.serial], ['identified', '1'])
    assert.deepEqual(await actions('discovery.replace'), [])
  })

  it('shows a station what is assigned to it and nothing else; what is not its own answers as missing', async () => {
    const [mine, theirs] = [network.plug(1, '1'), network.plug(2, '2')]
    network.plug(3, '3')
    await run()
    await assign([(await at(mine)).id])
    await assign([(await at(theirs)).id], goodSet, unit.second)
    const [own, foreign, unassigned] = [(await at(mine)).id, (await at(theirs)).id, (await at('10.12.0.3')).id]
    assert.deepEqual((await service.list(firstStation, page)).items.map(({ id }) => id), [own])
    for (const id of [foreign, unassigned]) {
      await assert.rejects(assign([own, id], goodSet, unit.first, firstStation), missingError)
      await assert.rejects(service.adopt(firstStation, [own, id], from), missingError)
      await assert.rejects(service.ignore(firstStation, [id], from), missingError)
    }
    await assert.rejects(assign([own], goodSet, unit.second, firstStation), missingError)
    await assert.rejects(assign([own], brandId<CredentialSetId>('0'.repeat(26)), unit.first, firstStation), missingError)
    assert.equal((await service.adopt(firstStation, [own], from))[0]?.outcome, 'adopted')
    const [foreignCamera] = await service.adopt(bureau, [foreign], from)
    const cameraId = foreignCamera?.cameraId ?? assert.fail()
    network.plug(4, '4')
    await run()
    const fourth = (await at('10.12.0.4')).id
    await assign([fourth])
    await assert.rejects(service.replaceDevice(firstStation, cameraId, { findingId: fourth, version: 1 }, from), missingError)
    assert.equal((await service.replaceDevice(bureau, cameraId, { findingId: fourth, version: 1 }, from)).serial, '4')
  })

  it('names no camera of another unit to who adopts the same device', async () => {
    const host = network.plug(1, '1')
    await run()
    const { id } = await at(host)
    await assign([id])
    await storage.transaction((tx) =>
      cameraService.add(tx, { ...bureau, ...from }, { unitId: unit.second, archive: sampleArchive(9), device: { ...sampleCamera(unit.second, 9), address: host, serial: '1' }, credentialSetId: null, credential: null }),
    )
    assert.deepEqual(await service.adopt(firstStation, [id], from), [{ findingId: id, outcome: 'already-known', cameraId: null }])
    assert.deepEqual((await service.list(firstStation, page)).items, [])
  })

  it('refuses a second run while one goes on', async () => {
    network.plug(1, '1')
    const first = service.start(bureau, { multicast: true, ranges: [], ports: [], credentialSetIds: [] }, from)
    await assert.rejects(service.start(bureau, { multicast: true, ranges: [], ports: [], credentialSetIds: [] }, from), (error) => error instanceof AppError && error.kind === 'conflict')
    await first
    await service.finished()
  })
})
