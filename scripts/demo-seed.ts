// Owns filling an empty database with the demo district: units, accounts, the fleet’s cameras as their devices describe
// themselves over ONVIF. Refuses: touching a database that already has the district, but for passwords.
import { randomBytes } from 'node:crypto'
import { Secret } from '#base/secret.ts'
import { newId } from '#base/ids.ts'
import { demoAccounts, demoCamerasFor, demoUnits, withDevice } from '#config/demo/district.ts'
import type { UnitId } from '#contract/ids.ts'
import type { App } from '../backend/app.ts'
import { systemActor } from '../backend/audit/index.ts'
import { deviceFacts, forEachLimited } from '../backend/onvif/index.ts'
import type { Device } from '../backend/registry/index.ts'

export interface FleetAddress {
  index: number
  onvifPort: number
  username: string
  password: string
}

export async function seedDistrict(app: App, options: { password: string; host: string; fleet: readonly FleetAddress[]; nowMs: number }): Promise<void> {
  await seedUnits(app, options.nowMs)
  await seedAccounts(app, options.password)
  await seedCameras(app, options)
}

async function unitIds(app: App): Promise<Map<string, UnitId>> {
  app.units.forget()
  return new Map((await app.units.tree()).all().map((unit) => [unit.code, unit.id]))
}

async function seedUnits(app: App, nowMs: number): Promise<void> {
  const known = await unitIds(app)
  await app.storage.transaction(async (tx) => {
    for (const unit of demoUnits) {
      if (known.has(unit.code)) continue
      const id = newId<UnitId>(nowMs, randomBytes)
      known.set(unit.code, id)
      await app.units.add(tx, { id, parentId: unit.parentCode === null ? null : (known.get(unit.parentCode) ?? null), tier: unit.tier, code: unit.code, name: unit.name })
    }
  })
}

/** Accounts of the demo, all with the password of this run, whatever an earlier run gave them. */
async function seedAccounts(app: App, password: string): Promise<void> {
  const ids = await unitIds(app)
  for (const { unitCode, ...account } of demoAccounts) {
    const unitId = ids.get(unitCode)
    if (unitId === undefined) throw new Error(`the demo has no unit ${unitCode}`)
    const existing = await app.users.byUsername(account.username)
    const built = await app.userService.build({ ...account, password, unitId })
    await app.storage.transaction((tx) =>
      existing === null ? app.userService.addBySystem(tx, built) : app.users.update(tx, { ...existing, passwordHash: built.passwordHash, disabled: false }),
    )
  }
}

async function seedCameras(app: App, options: { host: string; fleet: readonly FleetAddress[] }): Promise<void> {
  const ids = await unitIds(app)
  const wanted = demoCamerasFor(options.fleet.length)
  const known = new Set((await app.cameraService.watchList()).map((camera) => camera.archive.gbCode))
  const described: { device: Device; at: number }[] = []
  const missing = options.fleet.filter((_, at) => !known.has(wanted[at]?.archive.gbCode ?? ''))
  await forEachLimited(missing, 16, async (camera) => {
    const credential = { username: camera.username, password: new Secret(camera.password) }
    const answer = await app.onvif.identify({ host: options.host, port: camera.onvifPort, tls: false }, credential, { deadlineMs: 20_000 })
    if (answer.kind === 'fault') throw new Error(`simulated camera ${camera.index} did not identify itself: ${answer.fault.code}`)
    described.push({ device: { address: options.host, onvifPort: camera.onvifPort, ...deviceFacts(answer.device) }, at: camera.index - 1 })
  })
  await app.storage.transaction(async (tx) => {
    for (const { device, at } of described.sort((a, b) => a.at - b.at)) {
      const camera = wanted[at]
      const login = options.fleet[at]
      const unitId = ids.get(camera?.unitCode ?? '')
      if (camera === undefined || login === undefined || unitId === undefined) throw new Error(`the demo has no place for camera ${at + 1}`)
      const mainCodec = device.profiles.find((profile) => profile.stream === 'main')?.codec ?? null
      await app.cameraService.add(tx, systemActor, {
        unitId,
        archive: withDevice(camera.archive, { ...device, mainCodec }),
        device,
        credentialSetId: null,
        credential: { username: login.username, password: new Secret(login.password) },
      })
    }
  })
}
