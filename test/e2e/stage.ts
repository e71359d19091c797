// Owns what a browser test stands on: built console, real server, simulated cameras added as their devices describe
// themselves, Chromium. What the machine lacks makes the suite skip by name.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { Secret } from '#base/secret.ts'
import { demoCamerasFor, withDevice } from '#config/demo/district.ts'
import type { CameraId } from '#contract/ids.ts'
import { systemActor } from '../../backend/audit/index.ts'
import { deviceFacts, forEachLimited } from '../../backend/onvif/index.ts'
import { ensureConsole } from '../../scripts/ensure-console.ts'
import { findFfmpeg, startFleet, type Fleet, type FleetCamera, type FleetOptions } from '../fleet/index.ts'
import { findChromium, launchChromium } from '../support/browser.ts'
import { startServer, type TestServer, type TestServerOptions, type UnitName } from '../support/server.ts'

/** Cameras that every test server has; nothing listens at their addresses. */
export const DEAD_CAMERAS = 6

export interface Stage {
  browser: Browser
  server: TestServer
  /** @throws when the stage was made without cameras */
  fleet(): Fleet
  /** Registered id by number of the simulated camera, from 1. */
  cameraIds: ReadonlyMap<number, CameraId>
  close(): Promise<void>
}

/** Browsers of the stages that stand, and what was open in them before the test. */
const standing = new Set<Browser>()
let openBefore: ReadonlySet<BrowserContext> = new Set()
const openNow = () => [...standing].flatMap((browser) => browser.contexts())

// A test that failed before it closed its pages leaves no watcher to those that follow, which would then fail for it. A
// bench stands on a stage too, and has no tests.
if ('afterEach' in globalThis) {
  beforeEach(() => {
    openBefore = new Set(openNow())
  })
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return
    for (const context of openNow()) if (!openBefore.has(context)) await context.close()
  })
}

/** Sentence about what this machine lacks for a browser test; null when there is everything. */
export function lacking(options: { cameras: boolean }): string | null {
  if (findChromium() === null) return 'needs Chromium (CHROMIUM_PATH)'
  return options.cameras && findFfmpeg(process.env) === null ? 'needs ffmpeg' : null
}

/**
 * @param unitOf unit of each simulated camera, first = camera 1; none = a server with the dead cameras only.
 * @param options `faults`: what is wrong with cameras before anybody asks them
 */
export async function openStage(unitOf: readonly UnitName[] = [], options: Pick<TestServerOptions, 'config'> & Pick<FleetOptions, 'faults'> = {}): Promise<Stage> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('no Chromium')
  await ensureConsole()
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const fleet = unitOf.length === 0 ? null : await startFleet({ cameras: unitOf.length, basePort: 0, dataDir: join(tmpdir(), 'tianwang-test-fleet'), discoveryPort: null, faults: options.faults ?? [] })
    if (fleet) closers.push(() => fleet.close())
    const server = await startServer({ config: { ...options.config, health: { sweepPeriodMs: 5_000, startupPatrolMs: 10_000, patrolConcurrency: 6 } } })
    closers.push(() => server.close())
    const cameraIds = fleet === null ? new Map<number, CameraId>() : await register(server, fleet, unitOf)
    await server.app.start()
    const browser = await launchChromium(executablePath)
    standing.add(browser)
    closers.push(() => {
      standing.delete(browser)
      return browser.close()
    })
    return {
      browser,
      server,
      fleet() {
        if (fleet === null) throw new Error('a stage without cameras')
        return fleet
      },
      cameraIds,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function register(server: TestServer, fleet: Fleet, unitOf: readonly UnitName[]): Promise<Map<number, CameraId>> {
  const { app } = server
  const loginOf = (camera: FleetCamera) => ({ username: camera.username, password: new Secret(camera.password) })
  const described = new Map<number, ReturnType<typeof deviceFacts>>()
  await forEachLimited(fleet.cameras, 8, async (camera) => {
    const answer = await app.onvif.identify({ host: '127.0.0.1', port: camera.onvifPort, tls: false }, loginOf(camera), { deadlineMs: 20_000 })
    if (answer.kind === 'fault') throw new Error(`simulated camera ${camera.index}: ${answer.fault.code}`)
    described.set(camera.index, deviceFacts(answer.device))
  })
  const places = demoCamerasFor(DEAD_CAMERAS + fleet.cameras.length).slice(DEAD_CAMERAS)
  const ids = new Map<number, CameraId>()
  await app.storage.transaction(async (tx) => {
    for (const [at, camera] of fleet.cameras.entries()) {
      const [facts, place, unit] = [described.get(camera.index), places[at], unitOf[at]]
      if (facts === undefined || place === undefined || unit === undefined) throw new Error(`no place for camera ${camera.index}`)
      const device = { address: '127.0.0.1', onvifPort: camera.onvifPort, ...facts }
      const mainCodec = device.profiles.find(({ stream }) => stream === 'main')?.codec ?? null
      const added = await app.cameraService.add(tx, systemActor, { unitId: server.unitId(unit), archive: withDevice(place.archive, { ...device, mainCodec }), device, credentialSetId: null, credential: loginOf(camera) })
      ids.set(camera.index, added.id)
    }
  })
  return ids
}
