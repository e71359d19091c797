// Owns proof of when cameras are asked whether they answer strangers: on a clock that the test moves, with scripted doors.
import assert from 'node:assert/strict'
import { TypedEmitter } from '#base/emitter.ts'
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { StreamSource } from '#streams'
import { silentLogger } from '#base/logger.ts'
import { healthMigrations, type HealthEvents } from '../../backend/health/index.ts'
import { standingAt } from '../../backend/health/hysteresis.ts'
import { PostureStore } from '../../backend/health/posture-store.ts'
import { PostureWatch } from '../../backend/health/posture-watch.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { migrate } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { startMs, unchecked } from './health-room.ts'
import { openRegistryRoom, type RegistryRoom } from './registry-room.ts'

const weekMs = 7 * 24 * 3_600_000
const dayMs = weekMs / 7

class Scene {
  readonly clock = new FakeClock(startMs)
  readonly asked: { host: string; atMs: number; credential: unknown }[] = []
  readonly doors = new Map<string, FaultCode>()
  readonly statuses = new Map<string, CameraStatus>()
  readonly events = new TypedEmitter<HealthEvents>((error) => {
    throw error
  })
  readonly told: string[] = []
  present: Camera[] = []
  atOnce = 0
  most = 0
  /** Questions wait for it. */
  gate: Promise<void> = Promise.resolve()
  readonly registry: RegistryRoom
  readonly postures: PostureStore
  watch: PostureWatch

  constructor(registry: RegistryRoom) {
    this.registry = registry
    this.postures = new PostureStore(registry.storage)
    this.watch = this.make()
    this.events.on('posture', ({ posture }) => this.told.push(posture))
  }

  make(): PostureWatch {
    const { registry } = this
    return new PostureWatch({
      ...registry,
      clock: this.clock,
      logger: silentLogger,
      postures: this.postures,
      events: this.events,
      deadlineMs: 3_000,
      onvif: { askAsStranger: async () => ({ kind: 'fault', fault: { code: 'onvif_refused', retry: 'later', detail: '' } }) },
      plane: {
        probe: async ({ host, credential }: StreamSource) => {
          this.asked.push({ host, atMs: this.clock.now(), credential })
          this.most = Math.max(this.most, ++this.atOnce)
          await this.gate
          this.atOnce--
          const code = this.doors.get(host)
          return code === undefined ? { kind: 'answered', codec: 'h264', hasAudio: false, tookMs: 1 } : { kind: 'fault', fault: { code, retry: 'soon', detail: '' }, tookMs: 1 }
        },
      },
      watched: () => this.present.map((camera) => ({ camera, standing: standingAt(this.statuses.get(camera.address) ?? 'online', null) })),
      limits: { posturePeriodMs: weekMs, postureConcurrency: 2 },
    })
  }

  async add(...cameras: Camera[]): Promise<void> {
    await this.registry.put(...cameras)
    this.present.push(...cameras)
  }

  /** Lets the time pass by steps, with whatever is asked meanwhile written. */
  async pass(ms: number, step = 5_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(step)
      await this.watch.atRest()
    }
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + 5_000
    while (!(await holds())) {
      if (performance.now() > deadline) assert.fail(`${what} did not come about`)
      this.clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async postureOf(camera: Camera): Promise<string | undefined> {
    return (await this.registry.cameraService.find(camera.id))?.posture
  }
}

eachDatabase('the watch over devices’ doors', (make) => {
  let database: TestDatabase
  let scene: Scene
  const one = unchecked('first', 1)
  const two = unchecked('first', 2)
  const three = unchecked('second', 3)
  const askedOf = (camera: Camera) => scene.asked.filter(({ host }) => host === camera.address)

  beforeEach(async () => {
    database = make()
    const registry = await openRegistryRoom(database)
    await migrate(registry.storage, healthMigrations)
    scene = new Scene(registry)
  })
  afterEach(async () => {
    await scene.watch.stop()
    await database.drop()
  })

  it('asks every camera soon after the start, a few at once, and writes what each gave', async () => {
    await scene.add(one, two, three, unchecked('first', 4), unchecked('first', 5))
    for (const camera of [two, three]) scene.doors.set(camera.address, 'rtsp_refused')
    await scene.watch.start()
    await scene.until(async () => (await Promise.all(scene.present.map((camera) => scene.postureOf(camera)))).every((posture) => posture !== 'unknown'), 'an answer of every camera')
    assert.equal(scene.asked.length, 5)
    assert.ok(scene.most <= 2, `${scene.most} at once`)
    assert.ok(scene.clock.now() - startMs < 60_000)
    assert.equal(await scene.postureOf(one), 'weak')
    assert.equal(await scene.postureOf(two), 'closed')
  })

  it('asks nobody again for half a period, and everybody about once in each', async () => {
    await scene.add(one, two, three)
    for (const camera of scene.present) scene.doors.set(camera.address, 'rtsp_refused')
    await scene.watch.start()
    await scene.until(() => scene.asked.length === 3, 'the first round')
    await scene.pass(weekMs / 2 - dayMs / 2, dayMs / 4)
    assert.equal(scene.asked.length, 3)
    await scene.pass(3.5 * weekMs, dayMs / 4)
    for (const camera of scene.present) {
      const times = askedOf(camera).map(({ atMs }) => atMs)
      assert.ok(times.length === 4 || times.length === 5, `${times.length} times`)
      for (let at = 2; at < times.length; at++) assert.ok(Math.abs((times[at] ?? 0) - (times[at - 1] ?? 0) - weekMs) <= dayMs / 4 + 5_000)
    }
  })

  it('asks no camera that is offline, suspended or not known, and asks it when it is back', async () => {
    await scene.add(one, two, three)
    scene.statuses.set(one.address, 'offline').set(two.address, 'suspended').set(three.address, 'unknown')
    await scene.watch.start()
    await scene.pass(60_000)
    assert.equal(scene.asked.length, 0)
    for (const camera of scene.present) assert.equal(await scene.postureOf(camera), 'unknown')
    scene.statuses.set(one.address, 'unauthorized')
    await scene.until(() => askedOf(one).length === 1, 'a question to the camera that is back')
    assert.equal(scene.asked.length, 1)
  })

  it('remembers over a restart when each was asked', async () => {
    await scene.add(one, two)
    for (const camera of scene.present) scene.doors.set(camera.address, 'rtsp_refused')
    await scene.watch.start()
    await scene.until(async () => (await scene.postureOf(one)) === 'closed' && (await scene.postureOf(two)) === 'closed', 'the first round')
    await scene.watch.stop()
    scene.watch = scene.make()
    await scene.watch.start()
    await scene.pass(120_000)
    assert.equal(scene.asked.length, 2)
  })

  it('asks a camera soon whose address changed, and takes nothing that the one before said for its own', async () => {
    await scene.add(one)
    await scene.watch.start()
    await scene.until(async () => (await scene.postureOf(one)) === 'weak', 'the open door')
    const moved: Camera = { ...one, address: '10.12.0.99' }
    await scene.registry.storage.transaction((tx) => scene.registry.cameras.update(tx, moved))
    scene.doors.set(moved.address, 'rtsp_silent')
    scene.present = [{ ...moved, version: one.version + 1 }]
    scene.statuses.set(moved.address, 'offline')
    await scene.until(async () => (await scene.postureOf(one)) === 'unknown', 'nothing known of it')
    assert.equal(askedOf(moved).length, 0)
    scene.statuses.set(moved.address, 'online')
    await scene.until(() => askedOf(moved).length === 1, 'a question to the new address')
    assert.equal(askedOf(one).length, 1)
  })

  it('drops the answer of a device that was replaced while it was asked', async () => {
    await scene.add(one)
    let answer = () => {}
    scene.gate = new Promise<void>((resolve) => (answer = resolve))
    const asking = scene.watch.ask(one)
    await scene.until(() => scene.asked.length === 1, 'the question')
    await scene.registry.storage.transaction((tx) => scene.registry.cameras.update(tx, { ...one, address: '10.12.0.98', serial: 'other' }))
    answer()
    assert.equal(await asking, null)
    assert.equal(await scene.postureOf(one), 'unknown')
  })

  it('keeps what was found while a camera cannot be asked, tries daily, and says why', async () => {
    await scene.add(one)
    await scene.watch.start()
    await scene.until(async () => (await scene.postureOf(one)) === 'weak', 'the open door')
    scene.doors.set(one.address, 'rtsp_silent')
    await scene.until(() => (scene.clock.advance(dayMs / 4), askedOf(one).length === 2), 'the next turn')
    await scene.watch.atRest()
    const at = askedOf(one)[1]?.atMs ?? 0
    await scene.until(() => (scene.clock.advance(dayMs / 12), askedOf(one).length === 3), 'the second try')
    const again = (askedOf(one)[2]?.atMs ?? 0) - at
    assert.ok(again >= dayMs && again < 1.5 * dayMs, `${again / dayMs} days later`)
    await scene.watch.atRest()
    assert.equal(await scene.postureOf(one), 'weak')
    const camera = await scene.registry.cameraService.find(one.id)
    assert.ok(camera)
    const [rtsp] = (await scene.postures.all()).filter(({ record }) => record.door === 'rtsp')
    assert.deepEqual([rtsp?.record.answer, rtsp?.record.fault], ['open', 'rtsp_silent'])
  })

  it('has no login to send, whatever the camera’s is', async () => {
    await scene.add({ ...one, ownCredential: { username: 'admin', sealed: 'not to be opened' } })
    await scene.watch.start()
    await scene.until(() => scene.asked.length === 1, 'the question')
    assert.equal(scene.asked[0]?.credential, null)
  })

  it('records and tells what is newly weak and what no longer is, once each', async () => {
    await scene.add(one)
    await scene.watch.ask(one)
    await scene.watch.ask(one)
    scene.doors.set(one.address, 'rtsp_refused')
    await scene.watch.ask(one)
    await scene.watch.ask(one)
    const { items } = await scene.registry.audit.list({ page: 1, pageSize: 10 })
    const told = items.filter(({ action }) => action === 'camera.posture').reverse()
    assert.deepEqual(told.map(({ detail }) => detail), [{ weak: ['rtsp open'], before: [] }, { weak: [], before: ['rtsp open'] }])
    assert.deepEqual(scene.told, ['weak', 'closed'])
  })
})
