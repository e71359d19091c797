// Owns a whole server for a test: the real application on a free port of loopback, a small district, signed-in clients.
// Refuses: fakes; what runs here is what `npm start` runs, with a temporary data directory.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '#base/ids.ts'
import type { z } from 'zod'
import { systemClock } from '#base/clock.ts'
import { silentLogger, type Logger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { configSchema } from '#config/schema.ts'
import { demoCamerasFor, withDevice } from '#config/demo/district.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import type { Role } from '#contract/permissions.ts'
import { sessionSchema } from '#contract/session.ts'
import { problemSchema } from '#contract/wire.ts'
import { createApp, type App } from '../../backend/app.ts'
import { systemActor } from '../../backend/audit/index.ts'
import type { Device } from '../../backend/registry/index.ts'

export const testPassword = 'correct horse battery 42'

export interface TestServer {
  readonly app: App
  origin: string
  dataDir: string
  unitId(name: UnitName): UnitId
  /** Cameras by unit name, in order of being added. */
  cameraId(unit: UnitName, position?: number): CameraId
  signIn(username: TestUser): Promise<Client>
  /** Ends the application; nothing answers at the origin until `startAgain`. */
  stop(): Promise<void>
  /** A new application at the same origin with the same data, as after a restart of the machine. */
  startAgain(): Promise<void>
  close(): Promise<void>
}

export interface Client {
  origin: string
  cookie: string
  csrfToken: string
  userId: string
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string): Promise<Answer>
}
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** `code` of a problem answer, otherwise empty. */
  code: string
  /** The answer parsed by a schema of the contract. @throws when it does not fit */
  as<Shape extends z.ZodType>(schema: Shape): z.output<Shape>
}

const units = { bureau: ['149903000000', null], stationA: ['149903510000', 'bureau'], stationB: ['149903520000', 'bureau'], roomA: ['14990351000001', 'stationA'], roomB: ['14990352000001', 'stationB'] } as const
export type UnitName = keyof typeof units
const users = {
  supervisor: ['bureau_supervisor', 'bureau'],
  investigator: ['investigator', 'bureau'],
  operatorA: ['operator', 'stationA'],
  chiefA: ['station_supervisor', 'stationA'],
  officerA: ['operator', 'roomA'],
  operatorB: ['operator', 'stationB'],
  chiefB: ['station_supervisor', 'stationB'],
  maintainer: ['maintainer', 'bureau'],
  inspector: ['inspector', 'bureau'],
  sysadmin: ['sysadmin', 'bureau'],
  secadmin: ['secadmin', 'bureau'],
  auditor: ['auditor', 'bureau'],
} as const satisfies Record<string, readonly [Role, UnitName]>
export type TestUser = keyof typeof users
const layout: UnitName[] = ['stationA', 'roomA', 'roomA', 'stationB', 'roomB', 'bureau']

export interface TestServerOptions {
  databaseUrl?: string
  logger?: Logger
  /** Devices behind the cameras, in the order of `layout`; 127.0.0.1 ports that nothing listens on otherwise. */
  devices?: { device: Device; username: string; password: string }[]
  config?: { [Section in keyof ReturnType<typeof configSchema.parse>]?: Partial<ReturnType<typeof configSchema.parse>[Section]> }
  env?: Record<string, string | undefined>
}

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tianwang-'))
  const defaults = configSchema.parse({})
  const { config: wanted = {} } = options
  const config = configSchema.parse({
    ...defaults,
    ...wanted,
    server: { ...defaults.server, port: 0, ...wanted.server },
    storage: { dataDir, databaseUrl: options.databaseUrl ?? '' },
    cameras: { ...defaults.cameras, networks: ['127.0.0.0/8'], ...wanted.cameras },
  })
  const make = (port: number) => createApp({ config: { ...config, server: { ...config.server, port } }, logger: options.logger ?? silentLogger, clock: systemClock, random: randomBytes, env: options.env ?? process.env, consoleDir: 'dist/frontend' })
  let app = await make(config.server.port)
  const ids = new Map<string, UnitId>()
  const cameras = new Map<UnitName, CameraId[]>()
  await app.storage.transaction(async (tx) => {
    for (const [name, [code, parent]] of Object.entries(units)) {
      const id = newId<UnitId>(systemClock.now())
      ids.set(name, id)
      const tier = parent === null ? 'bureau' : parent === 'bureau' ? 'station' : 'community'
      await app.units.add(tx, { id, parentId: parent === null ? null : (ids.get(parent) ?? null), tier, code, name })
    }
  })
  const unitId = (name: UnitName) => {
    const id = ids.get(name)
    if (id === undefined) throw new Error(`no unit ${name}`)
    return id
  }
  const sample = await app.userService.build({ username: 'sample', displayName: '', policeNumber: '', password: testPassword, roles: ['operator'], unitId: unitId('bureau') })
  await app.storage.transaction(async (tx) => {
    for (const [username, [role, unit]] of Object.entries(users)) {
      await app.userService.addBySystem(tx, { ...sample, id: newId(systemClock.now()), username, displayName: username, policeNumber: `T-${username}`.slice(0, 16), roles: [role], unitId: unitId(unit) })
    }
    const places = demoCamerasFor(layout.length)
    for (const [at, unit] of layout.entries()) {
      const place = places[at]
      const given = options.devices?.[at]
      if (place === undefined) throw new Error('no place')
      const device: Device = given?.device ?? {
        address: '127.0.0.1', onvifPort: 9, manufacturer: 'Test', model: 'T1', firmware: '1', serial: `SERIAL${at}`, mac: `02-00-00-00-00-0${at}`, hasPtz: false, clockOffsetMs: null, profiles: [],
        streamPaths: [{ stream: 'sub', tls: false, port: 9, path: '/sub' }],
      }
      const camera = await app.cameraService.add(tx, systemActor, {
        unitId: unitId(unit),
        archive: withDevice(place.archive, { ...device, mainCodec: 'h264' }),
        device,
        credentialSetId: null,
        credential: { username: given?.username ?? 'admin', password: new Secret(given?.password ?? 'camera-canary-7391') },
      })
      cameras.set(unit, [...(cameras.get(unit) ?? []), camera.id])
    }
  })
  const origin = `${config.server.tlsCertificateFile === '' ? 'http' : 'https'}://127.0.0.1:${await app.listen()}`
  return {
    get app() {
      return app
    },
    origin,
    dataDir,
    unitId,
    cameraId(unit, position = 0) {
      const id = cameras.get(unit)?.[position]
      if (id === undefined) throw new Error(`no camera ${position} in ${unit}`)
      return id
    },
    signIn: (username) => signIn(origin, username),
    stop: () => app.close(),
    async startAgain() {
      app = await make(Number(new URL(origin).port))
      await app.listen()
    },
    async close() {
      await app.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export async function call(origin: string, method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const isText = typeof body === 'string'
  const response = await fetch(`${origin}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': isText ? 'text/csv' : 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json: unknown = /[/+]json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : null
  const problem = problemSchema.safeParse(json)
  return { status: response.status, headers: response.headers, text, code: problem.success ? problem.data.code : '', as: (schema) => schema.parse(json) }
}

export async function signIn(origin: string, username: string, password = testPassword): Promise<Client> {
  const answer = await call(origin, 'POST', '/api/session', { username, password }, {})
  if (answer.status !== 200) throw new Error(`sign-in of ${username} answered ${answer.status}`)
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  const { csrfToken, user } = answer.as(sessionSchema)
  const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(origin, method, path, body, { cookie, ...(method === 'GET' ? {} : { 'x-csrf-token': csrfToken }), ...headers })
  return { origin, cookie, csrfToken, userId: user.id, request, get: (path) => request('GET', path) }
}
