// Owns starting the simulated fleet: the door for the demo, the tests and the benches.
// Refuses: defaults that only the command line has (main.ts).
import { once } from 'node:events'
import type { Clock } from '#base/clock.ts'
import { systemClock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { silentLogger } from '#base/logger.ts'
import { SimulatedCamera } from './camera.ts'
import { createControlServer } from './control.ts'
import { newCounters } from './counters.ts'
import { DISCOVERY_PORT, DiscoveryResponder } from './discovery.ts'
import type { CameraFault } from './fault.ts'
import { Fleet } from './fleet.ts'
import { cameraIdentity } from './identity.ts'
import { findFfmpeg } from './loops/find-ffmpeg.ts'
import { openLibrary } from './loops/library.ts'
import type { Loop } from './loops/loop-file.ts'
import { Pacer } from './pacer.ts'
import { toneFrames } from './rtp/audio.ts'
import { prebuild } from './rtp/prebuilt.ts'
import type { PrebuiltLoop } from './rtp/prebuilt.ts'

export { cameraIdentity } from './identity.ts'
export type { CameraIdentity, StreamName, VideoCodec } from './identity.ts'
export { faultNames, parseFaultOption } from './fault.ts'
export type { CameraFault, FaultName } from './fault.ts'
export { Fleet } from './fleet.ts'
export type { FleetCamera, FleetStats } from './fleet.ts'
export { decodeFrameMark, encodeFrameMark } from './frame-mark.ts'
export { findFfmpeg } from './loops/find-ffmpeg.ts'

export const DEFAULT_SEED = 'demo'
/** Cameras started side by side; listening on hundreds of ports at once gains nothing. */
const STARTED_TOGETHER = 32

export interface FleetOptions {
  cameras: number
  /** Camera i has ONVIF on basePort + 2·i and RTSP on basePort + 2·i + 1; 0 = any free ports. */
  basePort: number
  /** Address that the cameras listen on. Default 127.0.0.1. */
  host?: string
  /** Control port on 127.0.0.1; 0 = any free one; null (default) = none. */
  controlPort?: number | null
  /** Where scene loops are kept, under `fleet-scenes/`. */
  dataDir: string
  /** Everything that devices say of themselves, and their passwords, follow from it. Default `demo`. */
  seed?: string
  /** Names by camera, first = camera 1; cameras without one are called `camera 001`. */
  names?: readonly string[]
  /** Passwords by camera, first = camera 1, instead of those that follow from the seed. */
  passwords?: readonly string[]
  /** UDP port of WS-Discovery: 3702 by default, 0 = any free one, null = not answered. */
  discoveryPort?: number | null
  faults?: readonly { fault: CameraFault; indexes: readonly number[] }[]
  /** H.264 sub streams of this constant rate; left out = as the scenes are, about 600 kbit/s. */
  subKbps?: number
  ffmpegPath?: string
  logger?: Logger
  clock?: Clock
  env?: NodeJS.ProcessEnv
}

/**
 * Starts the fleet and resolves when every camera answers. The first start makes the scene loops with ffmpeg.
 * @throws Error when a port is taken, or when loops must be made and there is no ffmpeg
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { cameras: count, basePort, host = '127.0.0.1', seed = DEFAULT_SEED, logger = silentLogger, clock = systemClock } = options
  if (!Number.isInteger(count) || count < 1) throw new RangeError('a fleet has at least one camera')
  if (basePort !== 0 && basePort + 2 * count + 1 > 65_535) throw new RangeError('the last camera would have a port above 65535')
  const ffmpegPath = findFfmpeg(options.env ?? process.env, options.ffmpegPath)
  const library = await openLibrary({ dataDir: options.dataDir, ffmpegPath, logger, ...(options.subKbps !== undefined && { subBitsPerSecond: 1000 * options.subKbps }) })
  const pacer = new Pacer({ clock })
  const counters = newCounters()
  const prebuilt = prebuildOnce()
  const tone = toneFrames()
  const cameras = Array.from({ length: count }, (_, i) => {
    const index = i + 1
    const name = options.names?.[i]
    const password = options.passwords?.[i]
    return new SimulatedCamera({
      identity: cameraIdentity(seed, index, { ...(name === undefined ? {} : { name }), ...(password === undefined ? {} : { password }) }),
      host,
      onvifPort: basePort === 0 ? 0 : basePort + 2 * index,
      rtspPort: basePort === 0 ? 0 : basePort + 2 * index + 1,
      clock, logger, library, pacer, prebuilt, tone, counters,
    })
  })
  const closers: (() => Promise<void>)[] = []
  try {
    for (let from = 0; from < cameras.length; from += STARTED_TOGETHER) await Promise.all(cameras.slice(from, from + STARTED_TOGETHER).map((camera) => camera.start()))
    const fleet = new Fleet({ host, cameras, pacer, counters, closers })
    for (const { fault, indexes } of options.faults ?? []) for (const index of indexes) fleet.setFault(index, fault)
    const discoveryPort = options.discoveryPort === undefined ? DISCOVERY_PORT : options.discoveryPort
    if (discoveryPort !== null) {
      const discovery = new DiscoveryResponder({ cameras, host, port: discoveryPort, clock, logger })
      await discovery.start()
      closers.push(() => discovery.close())
      fleet.discoveryPort = discovery.port
    }
    if (options.controlPort !== undefined && options.controlPort !== null) fleet.controlPort = await startControl(fleet, options.controlPort, closers)
    return fleet
  } catch (error) {
    for (const close of closers) await close()
    await Promise.all(cameras.map((camera) => camera.close()))
    throw error
  }
}

async function startControl(fleet: Fleet, port: number, closers: (() => Promise<void>)[]): Promise<number> {
  const server = createControlServer(fleet)
  const listening = once(server, 'listening')
  server.listen({ port, host: '127.0.0.1' })
  await listening
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : port
}

/** Every loop is cut into packets once, when the first stream shows it. */
function prebuildOnce(): (loop: Loop) => PrebuiltLoop {
  const built = new Map<Loop, PrebuiltLoop>()
  return (loop) => {
    const known = built.get(loop)
    if (known) return known
    const made = prebuild(loop)
    built.set(loop, made)
    return made
  }
}
