// Owns the scene of the acceptance tests: simulated cameras behind the cameras of a whole real server, with real ffmpeg.
// Refuses: sleeping; whoever waits, waits for an event of the server, with a limit.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, type Socket } from 'socket.io-client'
import { AddressPolicy } from '#base/address-policy.ts'
import { sleep, systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import { createOnvifPort, deviceFacts } from '../../backend/onvif/index.ts'
import { findFfmpeg, startFleet, type Fleet } from '../fleet/index.ts'
import { startServer, type Client, type TestServer, type TestServerOptions } from '../support/server.ts'

export const ffmpegThere = findFfmpeg(process.env) !== null
export const sceneDir = join(tmpdir(), 'tianwang-test-fleet')
const FLEET = 8
/** Fleet camera behind each camera of the server, in its order: 5 has an MJPEG sub stream, 8 is H.265 throughout. */
const BEHIND = [1, 2, 3, 4, 5, 8] as const

export interface Scene {
  fleet: Fleet
  server: TestServer
  /** Fleet number and id of each camera, in the server's order: stationA, roomA ×2, stationB, roomB, bureau. */
  cameras: { index: number; id: CameraId; password: string }[]
  close(): Promise<void>
}

/** @param passwords of fleet cameras 1 to 8 */
export async function openScene(options: Omit<TestServerOptions, 'devices'> & { passwords?: readonly string[] } = {}): Promise<Scene> {
  const { passwords, ...wanted } = options
  const fleet = await startFleet({ cameras: FLEET, basePort: 0, dataDir: sceneDir, discoveryPort: null, ...(passwords ? { passwords } : {}) })
  try {
    const onvif = createOnvifPort({ clock: systemClock, random: randomBytes, logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8']) })
    const devices = []
    for (const index of BEHIND) {
      const { onvifPort, username, password } = cameraOf(fleet, index)
      const answer = await onvif.identify({ host: '127.0.0.1', port: onvifPort, tls: false }, { username, password: new Secret(password) }, { deadlineMs: 15_000 })
      if (answer.kind === 'fault') throw new Error(`camera ${index} did not identify itself: ${answer.fault.code}`)
      devices.push({ device: { address: '127.0.0.1', onvifPort, ...deviceFacts(answer.device) }, username, password })
    }
    const server = await startServer({ ...wanted, devices })
    const ids = [server.cameraId('stationA'), server.cameraId('roomA'), server.cameraId('roomA', 1), server.cameraId('stationB'), server.cameraId('roomB'), server.cameraId('bureau')]
    return {
      fleet,
      server,
      cameras: BEHIND.flatMap((index, at) => {
        const id = ids[at]
        return id === undefined ? [] : [{ index, id, password: cameraOf(fleet, index).password }]
      }),
      async close() {
        await server.close()
        await fleet.close()
      },
    }
  } catch (error) {
    await fleet.close()
    throw error
  }
}

function cameraOf(fleet: Fleet, index: number) {
  const camera = fleet.cameras[index - 1]
  if (camera === undefined) throw new RangeError(`there is no camera ${index}`)
  return camera
}

/** Sections of the configuration under which statuses settle by sweeps that the test makes itself. */
export const sweptByHand = {
  health: { sweepPeriodMs: 600_000, sweepDeadlineMs: 2_000, patrolPeriodMs: 600_000, startupPatrolMs: 10_000 },
}

/** Sweeps until every camera is as wanted (`status cause`), or says which is not. Waits on the watch's own events. */
export async function untilStatuses(scene: Scene, wanted: ReadonlyMap<CameraId, RegExp>, limitMs: number): Promise<void> {
  const { app } = scene.server
  const deadlineMs = performance.now() + limitMs
  const wrongNow = async () => {
    const { items } = await app.cameras.list('all', {}, 'all')
    return items.flatMap(({ id, health }) => {
      const said = `${health.status} ${health.cause ?? '-'}`
      return wanted.get(id)?.test(said) === false ? [{ id, text: `camera ${scene.cameras.find((one) => one.id === id)?.index} is "${said}", not ${String(wanted.get(id))}` }] : []
    })
  }
  for (let round = 1; ; round++) {
    const over = new AbortController()
    const off = app.health.events.on('status', () => over.abort())
    // Every third round: a sweep finds what a port says, and gives the look at the picture time in between.
    if (round % 3 === 1) await app.health.sweepNow()
    const wrong = await wrongNow()
    if (wrong.length === 0) return off()
    if (performance.now() > deadlineMs) throw new Error(wrong.map(({ text }) => text).join('; '))
    if (round % 3 === 2) for (const { id } of wrong) app.health.proveSoon(id)
    await sleep(systemClock, 2_000, over.signal)
    off()
  }
}

/** Opens a live stream and waits for its first playlist. */
export async function watch(client: Client, cameraId: CameraId, stream: StreamKind): Promise<{ playlistUrl: string; playlist: string }> {
  const opened = await client.request('POST', '/api/live', { cameraId, stream })
  if (opened.status !== 200) throw new Error(`live answered ${opened.status} ${opened.code}`)
  const { playlistUrl } = opened.as(api.openLive.result)
  for (let tries = 0; ; tries++) {
    const answer = await client.get(playlistUrl)
    if (answer.status === 200) return { playlistUrl, playlist: answer.text }
    if (tries >= 4) throw new Error(`no picture: ${answer.status} ${answer.code}`)
  }
}

/** A console's socket. Rejects with the reason when the server does not admit it. */
export function connectSocket(origin: string, headers: Record<string, string>, more: { query?: Record<string, string>; auth?: Record<string, unknown> } = {}): Promise<Socket> {
  const socket = io(origin, { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: headers, timeout: 5_000, ...more })
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', (error) => {
      socket.disconnect()
      reject(error)
    })
  })
}

/** The promise, or a rejection that says what did not come in time. */
export async function within<Result>(limitMs: number, what: string, promise: Promise<Result>): Promise<Result> {
  const over = new AbortController()
  const late = sleep(systemClock, limitMs, over.signal).then((): never => {
    throw new Error(`${what} did not come within ${limitMs} ms`)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    over.abort()
  }
}
