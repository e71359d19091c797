// Owns the simulated fleet as a process of its own, so that its cost is not taken for the server's.
// Refuses: faults of the fleet's making; the control port sets them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { StreamSource } from '#streams'
import { Secret } from '#base/secret.ts'
import { cameraIdentity, type CameraIdentity, type FaultName, type StreamName } from '../fleet/index.ts'

export const host = '127.0.0.1'
const seed = 'demo'
/** `bytesSent` on RTSP connections since the fleet's start, with the heads of RTP. */
const statsSchema = z.object({ viewers: z.number(), bytesSent: z.number() })

export function benchCameras(count: number): CameraIdentity[] {
  return Array.from({ length: count }, (_, at) => cameraIdentity(seed, at + 1))
}

export function streamSource(basePort: number, camera: CameraIdentity, stream: StreamName): StreamSource {
  const { username, password, index } = camera
  return { cameraId: `bench-${index}`, stream, tls: false, host, port: basePort + 2 * index + 1, path: camera.rtspPaths[stream], credential: { username, password: new Secret(password) }, codec: null }
}

export class FleetProcess {
  readonly child: ChildProcess
  readonly basePort: number
  readonly cameras: CameraIdentity[]

  private constructor(child: ChildProcess, basePort: number, count: number) {
    this.child = child
    this.basePort = basePort
    this.cameras = benchCameras(count)
  }

  /** @param subKbps constant rate of the copied sub streams; left out = as the scenes are */
  static async start(count: number, subKbps?: number): Promise<FleetProcess> {
    const basePort = await freeBase(2 * count + 2)
    const options = ['--cameras', String(count), '--base-port', String(basePort), '--control-port', String(basePort), '--host', host, '--seed', seed, '--data-dir', join(tmpdir(), 'tianwang-test-fleet'), ...(subKbps === undefined ? [] : ['--sub-kbps', String(subKbps)])]
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/fleet/main.ts', ...options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error' } })
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the fleet ended with ${code}`)))
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('fleet ready') && resolve())
    })
    return new FleetProcess(child, basePort, count)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  onvifPort(index: number): number {
    return this.basePort + 2 * index
  }

  rtspPort(index: number): number {
    return this.basePort + 2 * index + 1
  }

  source(camera: CameraIdentity, stream: StreamName): StreamSource {
    return streamSource(this.basePort, camera, stream)
  }

  /** For reference programs that know no other way to log in than by their address. Simulated cameras only. */
  openUrl(camera: CameraIdentity, stream: StreamName): string {
    return `rtsp://${camera.username}:${encodeURIComponent(camera.password)}@${host}:${this.rtspPort(camera.index)}${camera.rtspPaths[stream]}`
  }

  /** @param value in the unit of the fault's table; its default when left out */
  async fault(index: number, name: FaultName, value?: number): Promise<void> {
    await fetch(`http://${host}:${this.basePort}/cameras/${index}/fault`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, value }) })
  }

  /** Clears all faults of one camera. */
  async clearFault(index: number): Promise<void> {
    await fetch(`http://${host}:${this.basePort}/cameras/${index}/fault`, { method: 'DELETE' })
  }

  async clearFaults(): Promise<void> {
    await fetch(`http://${host}:${this.basePort}/faults`, { method: 'DELETE' })
  }

  async stats(): Promise<z.infer<typeof statsSchema>> {
    return statsSchema.parse(await (await fetch(`http://${host}:${this.basePort}/stats`)).json())
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await ended
  }
}

/** A base whose whole range is free, below the ports that the system gives to outgoing connections. */
async function freeBase(ports: number): Promise<number> {
  for (let base = 10_000; base + ports < 32_000; base += 1_000) {
    const free = await Promise.all(Array.from({ length: ports }, (_, at) => isFree(base + at)))
    if (!free.includes(false)) return base
  }
  throw new Error('no free range of ports')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** The first cameras whose sub stream is copied, not transcoded. */
export function copiedSubs(count: number): CameraIdentity[] {
  return benchCameras(camerasFor(count)).filter(isCopied)
}

/** How large a fleet must be for so many copied sub streams: some cameras speak H.265 or MJPEG only. */
export function camerasFor(copied: number): number {
  let cameras = 0
  for (let found = 0; found < copied; ) if (isCopied(cameraIdentity(seed, ++cameras))) found++
  return cameras
}

function isCopied({ codec }: CameraIdentity): boolean {
  return codec.sub === 'h264'
}
