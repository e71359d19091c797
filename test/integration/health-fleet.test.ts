// Owns proof of the watch against simulated cameras, the real ONVIF port and the real media plane: every fault that the
// fleet knows, in random order, on watched and on unwatched cameras; every state right within two sweeps, no false state
// on another camera, and nothing left behind: no process, no timer, no handle, no memory.
import assert from 'node:assert/strict'
import { sleep, systemClock } from '#base/clock.ts'
import type { CameraId } from '#contract/ids.ts'
import { faultNames, findFfmpeg, type FaultName } from '../fleet/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { handles, liveBytes } from './census.ts'
import { FleetScene, healthy, type Expected } from './health-fleet-scene.ts'

/** The rules are the same on either database; one round with every fault proves that its SQL is too. */
const SIZES = { SQLite: { cameras: 40, faults: 100 }, MariaDB: { cameras: 24, faults: 20 } }
const PER_ROUND = { faults: 25, cleared: 3 }
/** Two sweeps as the default configuration makes them; a proof that a loaded machine spoilt is made again within it. */
const TWO_SWEEPS_MS = 60_000
/** The pool of connections to a database grows and shrinks by itself; the scene's other sockets end with their children. */
const DATABASE_HANDLE = 'TCPSocketWrap'
/** What the rounds after the first may add, code that was compiled late included: 0.4 MB was measured; two pictures kept of every look would be 6 MB. */
const GROWTH_BYTES = 2 * 1024 * 1024

type Seen = Omit<Expected, 'provenAfterMs'> & { value?: number }
const online: Seen = { status: 'online', causes: [] }
const abnormal = (...causes: string[]): Seen => ({ status: 'abnormal', causes })
/**
 * What each fault must be seen as; faults of what the watch does not look at (PTZ) are left out. A camera that is to be
 * online must have shown a picture since the fault came.
 */
const expectations: Partial<Record<FaultName, Seen>> = {
  off: { status: 'offline', causes: ['unreachable'] },
  // Off for its first half hour: of its rises and falls another test tells.
  flapping: { status: 'offline', causes: ['unreachable'], value: 3_600 },
  'wrong-password': { status: 'unauthorized', causes: ['onvif_refused'] },
  'basic-auth': { status: 'unauthorized', causes: ['auth_downgrade'] },
  'rtsp-silent': abnormal('rtsp_silent'),
  'stream-silent': abnormal('stream_silent'),
  'slow-soap': abnormal('onvif_silent'),
  reset: abnormal('onvif_malformed'),
  redirect: abnormal('rtsp_redirected'),
  'malformed-soap': abnormal('onvif_malformed'),
  'frozen-picture': abnormal('picture_frozen'),
  'black-picture': abnormal('picture_black'),
  'clock-off': online,
  'off-host-uri': online,
  'mid-gop-join': online,
  'slow-ptz': online,
  'gop-10s': online,
  'codec-change': online,
  'sps-change': online,
}
const kinds = faultNames.filter((name) => expectations[name] !== undefined)

/** Repeatable choices; a failing order can be run again. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) % below
  }
}

function shuffled<Item>(items: readonly Item[], roll: (below: number) => number): Item[] {
  const left = [...items]
  return Array.from(items, () => left.splice(roll(left.length), 1)).flat()
}

eachDatabase('the watch over a simulated fleet', (make) => {
  const ffmpeg = findFfmpeg(process.env)
  let database: TestDatabase
  let scene: FleetScene

  before(async function () {
    if (ffmpeg === null) return this.skip()
    this.timeout(300_000)
    database = make()
    scene = await FleetScene.open(database, SIZES[database.name].cameras)
    await scene.health.start()
    await scene.twoSweeps(new Map())
    await scene.becomes(new Map(scene.ids.map((id) => [id, healthy])), 2 * TWO_SWEEPS_MS, () => 'after the start')
  })
  after(async function () {
    this.timeout(30_000)
    if (ffmpeg === null) return
    await scene.close()
    await database.drop()
  })
  afterEach(() => {
    if (ffmpeg !== null) assert.deepEqual(scene.takeOwnFaults(), [])
  })

  it('sees every fault, in random order, right within two sweeps, nothing that is not there, and gives back what it took', async function () {
    this.timeout(240_000)
    const seed = Number(process.env['FAULT_SEED'] ?? 20_260_105)
    const roll = dice(seed)
    const count = SIZES[database.name].faults
    const deck = shuffled(Array.from({ length: count }, (_, at) => kinds[at % kinds.length] ?? 'off'), roll)
    const expected = new Map<CameraId, Expected>(scene.ids.map((id) => [id, healthy]))
    await scene.quiet()
    const before = { handles: await handles(), timers: scene.census.timers }
    let afterFirstBytes: number | null = null
    for (let round = 1; deck.length > 0; round++) {
      scene.skipHours()
      const order = shuffled(scene.ids, roll)
      const faults = new Map<CameraId, FaultName | null>()
      for (const id of order.slice(0, PER_ROUND.faults)) {
        const name = deck.pop()
        if (name !== undefined) faults.set(id, name)
      }
      for (const id of order.slice(PER_ROUND.faults, PER_ROUND.faults + PER_ROUND.cleared)) faults.set(id, null)
      const touched = await inject(faults)
      for (const [id, seen] of touched) expected.set(id, seen)
      const story = () => [...faults].map(([id, name]) => `${scene.numberOf(id)} ${name ?? 'cleared'}`).join(', ')
      scene.said.length = 0
      await scene.twoSweeps(touched)
      await scene.becomes(expected, TWO_SWEEPS_MS, () => `seed ${seed} round ${round} (${story()})`)
      const falsely = scene.said.filter((status) => !touched.has(status.cameraId) && status.status !== expected.get(status.cameraId)?.status)
      assert.deepEqual(falsely, [], `seed ${seed} round ${round}`)
      await scene.quiet()
      afterFirstBytes ??= await liveBytes()
    }
    await mend('after all faults were cleared')
    await scene.quiet()
    assert.equal(scene.census.children, 0, 'child processes')
    const left = Object.entries(await handles()).filter(([kind, count]) => kind !== DATABASE_HANDLE && count > (before.handles[kind] ?? 0))
    assert.deepEqual(left, [], `handles; before: ${JSON.stringify(before.handles)}`)
    assert.ok(scene.census.timers <= before.timers, `${scene.census.timers} timers, ${before.timers} before`)
    const grownBytes = (await liveBytes()) - (afterFirstBytes ?? 0)
    assert.ok(grownBytes < GROWTH_BYTES, `${grownBytes} bytes more than after the first round`)
  })

  it('keeps watched streams and their states right through faults, while a camera that flaps is told once', async function () {
    this.timeout(180_000)
    scene.skipHours()
    scene.said.length = 0
    const copied = scene.fleet.cameras.filter((camera) => camera.codec.sub === 'h264').flatMap((camera) => scene.ids[camera.index - 1] ?? [])
    await Promise.all([watchedStory(copied.slice(1, 7)), flappingStory(copied.slice(0, 1))])
    await mend('after watched and flapping cameras were mended')
    await scene.quiet()
    assert.equal(scene.census.children, 0)
  })

  async function watchedStory(watched: readonly CameraId[]): Promise<void> {
    const names = ['codec-change', 'sps-change', 'frozen-picture', 'gop-10s', 'off', null] as const
    const faults = new Map(watched.map((id, at) => [id, names[at] ?? null]))
    const sources = await Promise.all(watched.map((id) => scene.source(id)))
    for (const source of sources) await scene.plane.open(source)
    await run(watched, 0)
    await scene.health.sweepNow()

    const startedAtMs = Date.now()
    scene.reports.length = 0
    const expected = await inject(faults)
    await scene.twoSweeps(expected)
    await scene.becomes(expected, TWO_SWEEPS_MS, () => 'watched')
    await run(watched.filter((id) => faults.get(id) !== 'off'), startedAtMs)
    const forms = await Promise.all(sources.map(async (source) => (await scene.plane.open(source)).form))
    assert.deepEqual(forms, watched.map((_, at) => (at === 0 ? 'h264' : 'original')), 'the stream that is H.265 now is transcoded for who asks for it again')
    assert.deepEqual(scene.reports.filter((report) => report.cameraId === watched.at(-1)), [], 'a stream that nobody touched kept running')
    assert.deepEqual(scene.said.filter((status) => watched.includes(status.cameraId) && status.status !== expected.get(status.cameraId)?.status), [])

    const mendedAtMs = Date.now()
    for (const id of watched) await scene.fleet.clearFault(scene.numberOf(id))
    await run(watched, mendedAtMs)
    for (const source of sources) await scene.plane.stop(source)
  }

  async function flappingStory([id]: readonly CameraId[]): Promise<void> {
    assert.ok(id)
    const index = scene.numberOf(id)
    const off: Expected = { status: 'offline', causes: ['unreachable'], provenAfterMs: null }
    const told = () => scene.said.filter((status) => status.cameraId === id).map((status) => status.status)
    const becomes = (expected: Expected) => scene.becomes(new Map([[id, expected]]), TWO_SWEEPS_MS, () => `after ${told().join(', ')}`)
    for (let fall = 1; fall < 4; fall++) {
      await scene.fleet.fault(index, 'off')
      await scene.health.checkNow(id)
      await becomes(off)
      await scene.fleet.clearFault(index)
      await scene.health.checkNow(id)
      await becomes(healthy)
    }
    await scene.fleet.fault(index, 'flapping', 16)
    await scene.health.checkNow(id)
    await becomes(off)
    // Up for eight seconds: it answers, its picture is proven, and still it is not believed.
    const upMs = performance.now()
    while (!(await scene.rungsOf(id)).includes('rtsp passed')) {
      await sleep(systemClock, 100)
      await scene.health.checkNow(id)
    }
    await scene.until(async () => {
      const last = scene.proofOf(id)
      return last !== undefined && last.askedMs > upMs && last.proof.kind === 'picture' ? null : () => 'its picture was not proven'
    }, 40_000)
    assert.deepEqual(told(), ['offline', 'online', 'offline', 'online', 'offline', 'online', 'offline'])
    await scene.fleet.clearFault(index)
    for (let sweep = 0; sweep < 10; sweep++) await scene.health.checkNow(id)
  }

  /** Sets each camera's one fault, or clears it. @returns what each of them must be seen as */
  async function inject(faults: ReadonlyMap<CameraId, FaultName | null>): Promise<Map<CameraId, Expected>> {
    const expected = new Map<CameraId, Expected>()
    for (const [id, name] of faults) {
      const index = scene.numberOf(id)
      const { value, ...seen } = (name === null ? undefined : expectations[name]) ?? online
      await scene.fleet.clearFault(index)
      if (name !== null) await scene.fleet.fault(index, name, value)
      expected.set(id, { ...seen, provenAfterMs: seen.status === 'online' ? performance.now() : null })
    }
    return expected
  }

  async function mend(when: string): Promise<void> {
    await scene.fleet.clearFaults()
    scene.skipHours()
    await scene.twoSweeps(new Map())
    await scene.becomes(new Map(scene.ids.map((id) => [id, healthy])), TWO_SWEEPS_MS, () => when)
  }

  /** Waits until the streams run with frames that were sent after `sinceMs` (UTC). */
  async function run(ids: readonly CameraId[], sinceMs: number): Promise<void> {
    await scene.until(async () => {
      const running = (await scene.plane.reports()).filter((report) => report.state === 'running' && (report.newestFrameMs ?? 0) > sinceMs)
      const still = ids.filter((id) => !running.some((report) => report.cameraId === id))
      return still.length === 0 ? null : () => `the streams of cameras ${still.map((id) => scene.numberOf(id)).join(', ')} do not run`
    }, 40_000)
  }
})
