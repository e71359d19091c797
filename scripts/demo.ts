// Owns `npm run demo`: the simulated fleet, the server on SQLite, the built console, the demo district; one command, and
// Ctrl-C ends everything it started. Refuses: root, installed packages, and any address but loopback.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/logger.ts'
import { StartError } from '#base/start-error.ts'
import { demoFaultsFor, demoWeaknessesFor } from '#config/demo/district.ts'
import { loadConfig } from '#config/load.ts'
import { createApp, type App } from '../backend/app.ts'
import { startProblem } from '../backend/start-problem.ts'
import { cameraIdentity } from '../test/fleet/identity.ts'
import { seedCases, seedTags } from './demo-cases.ts'
import { seedDistrict, type FleetAddress } from './demo-seed.ts'
import { seedOversight, seedWatching } from './demo-watching.ts'
import { ensureConsole } from './ensure-console.ts'

const host = '127.0.0.1'
const fleetSeed = 'demo'
const fleetCameras = Number(process.env['FLEET_CAMERAS'] ?? '185')
if (!Number.isInteger(fleetCameras) || fleetCameras < 0 || fleetCameras > 2000) {
  console.error('FLEET_CAMERAS must be a whole number from 0 to 2000')
  process.exit(2)
}
const password = process.env['DEMO_PASSWORD'] || randomBytes(9).toString('base64url')
const dataDir = process.env['DATA_DIR'] || 'var'

/** A base port whose whole range is free, so that two demos can run beside each other. */
async function freeBase(): Promise<number> {
  for (const base of [20_000, 24_000, 28_000, 32_000]) {
    const taken = await Promise.all([base - 1, base + 2, base + 3, base + 2 * fleetCameras + 1].map(isTaken))
    if (!taken.includes(true)) return base
  }
  throw new Error('no free range of ports for the simulated cameras')
}
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

/** The fleet is a process of its own: cameras do not share the server's processor time in the field either. */
function startFleet(basePort: number): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/fleet/main.ts', '--cameras', String(fleetCameras), '--base-port', String(basePort), '--control-port', String(basePort - 1), '--host', host, '--seed', fleetSeed, '--data-dir', dataDir],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: false },
  )
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the simulated fleet ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('fleet ready')) resolve(child)
      else console.log(line)
    })
  })
}

async function breakSome(controlPort: number): Promise<void> {
  for (const { fleetIndex, name, value } of [...demoFaultsFor(fleetCameras), ...demoWeaknessesFor(fleetCameras)]) {
    await fetch(`http://${host}:${controlPort}/cameras/${fleetIndex}/fault`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value === null ? { name } : { name, value }),
    })
  }
}

const config = loadConfig({ ...process.env, DATA_DIR: dataDir, DATABASE_URL: '', CAMERA_NETWORKS: '127.0.0.0/8', LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn' })
const logger = createLogger({ level: config.log.level, name: 'demo' })
let fleet: ChildProcess | undefined
let app: App | undefined
let stopping = false
const work = new AbortController()
const stop = async (code: number) => {
  if (stopping) return
  stopping = true
  work.abort()
  await app?.close()
  fleet?.kill('SIGTERM')
  process.exit(code)
}
process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))

try {
  // Before the cameras are made: who waits for them does not want to hear of it afterwards.
  if (await isTaken(config.server.port)) throw new StartError('port_taken', `another program listens on port ${config.server.port}. See PORT.`)
  const basePort = await freeBase()
  console.log(`building the console and starting ${fleetCameras} simulated cameras …`)
  const [started] = await Promise.all([startFleet(basePort), ensureConsole()])
  fleet = started
  fleet.once('exit', () => void stop(1))
  app = await createApp({ config, logger, clock: systemClock, random: randomBytes, env: process.env, consoleDir: join('dist', 'frontend') })
  const cameras: FleetAddress[] = Array.from({ length: fleetCameras }, (_, at) => {
    const { username, password: cameraPassword } = cameraIdentity(fleetSeed, at + 1)
    return { index: at + 1, onvifPort: basePort + 2 * (at + 1), username, password: cameraPassword }
  })
  await seedDistrict(app, { password, host, fleet: cameras, nowMs: systemClock.now() })
  await seedWatching(app, systemClock.now())
  await breakSome(basePort - 1)
  const port = await app.listen()
  await app.start()
  const people = { origin: `http://${host}:${port}`, password, nowMs: systemClock.now() }
  await seedCases(app, people)
  await seedOversight(app, people)
  if (!process.env['DEMO_PASSWORD']) console.log(`password of all demo accounts (supervisor, operator, officer, investigator, …): ${password}`)
  console.log(`console ready: http://${config.server.host}:${port}`)
  await seedTags(app, people, work.signal).catch((error: unknown) => {
    if (!work.signal.aborted) logger.warn({ error }, 'the demo’s cases have not all of their tags')
  })
} catch (error) {
  const problem = startProblem(error)
  console.error(problem === null ? error : `does not start: ${problem.code}: ${problem.message}`)
  await stop(problem === null ? 1 : 2)
}
