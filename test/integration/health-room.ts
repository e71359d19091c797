// Owns a health room over a registry room, with a scripted ONVIF and media plane and a clock that the test moves.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { silentLogger } from '#base/logger.ts'
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { CameraId } from '#contract/ids.ts'
import type { PictureProof, StreamReport } from '#streams'
import { createHealthRoom, healthMigrations, type HealthEvents, type HealthRoom, type OnvifPing, type WatchLimits } from '../../backend/health/index.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { migrate } from '../../backend/storage/index.ts'
import type { TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { sampleArchive, sampleCamera } from '../unit/registry/sample-camera.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

export const startMs = Date.UTC(2026, 0, 5, 8)
export const limits: WatchLimits = {
  sweepPeriodMs: 30_000,
  sweepConcurrency: 32,
  sweepDeadlineMs: 3_000,
  failuresToChange: 2,
  patrolPeriodMs: 600_000,
  patrolConcurrency: 6,
  posturePeriodMs: 604_800_000,
  postureConcurrency: 2,
  startupPatrolMs: 60_000,
}

/** How a scripted camera behaves; healthy when it says nothing. */
export interface Script {
  onvif?: FaultCode
  rtsp?: FaultCode
  picture?: FaultCode | 'black' | 'frozen'
  clockOffsetMs?: number
  /** Its ONVIF answers only then, and with what was scripted when it was asked. */
  until?: Promise<void>
}

export class HealthScene {
  readonly clock = new FakeClock(startMs)
  readonly scripts = new Map<string, Script>()
  readonly said: HealthEvents['status'][] = []
  /** The address of every ONVIF question, in their order. */
  readonly asked: string[] = []
  proofs = 0
  onState: (report: StreamReport) => void = () => {}
  running: string[] = []
  readonly registry: RegistryRoom
  health: HealthRoom

  private constructor(registry: RegistryRoom) {
    this.registry = registry
    this.health = this.#room()
  }

  static async open(database: TestDatabase, cameras: readonly Camera[]): Promise<HealthScene> {
    const registry = await openRegistryRoom(database)
    await migrate(registry.storage, healthMigrations)
    await registry.put(...cameras)
    return new HealthScene(registry)
  }

  /** A stop, some time in which nobody watches, and a start as by a new process. */
  async restart(awayMs: number): Promise<void> {
    await this.health.stop()
    this.clock.advance(awayMs)
    this.health = this.#room()
    await this.start()
  }

  async start(): Promise<void> {
    await this.health.start()
    await this.until(() => this.health.lastSweep().atMs !== null)
  }

  /** One sweep, 30 s after the last. */
  async sweep(): Promise<void> {
    const before = this.health.lastSweep().atMs
    this.clock.advance(limits.sweepPeriodMs)
    await this.until(() => this.health.lastSweep().atMs !== before)
  }

  async status(id: CameraId): Promise<`${CameraStatus} ${FaultCode | '-'}`> {
    const camera = await this.registry.cameraService.find(id)
    assert.ok(camera)
    return `${camera.health.status} ${camera.health.cause ?? '-'}`
  }

  /** Waits until the camera is told to be so, letting the gathering of changes pass. */
  async becomes(id: CameraId, expected: string): Promise<void> {
    await this.until(async () => (await this.status(id)) === expected, async () => `${id} is ${await this.status(id)}, not ${expected}`)
  }

  async until(holds: () => boolean | Promise<boolean>, otherwise: () => Promise<string> | string = () => 'it did not come about'): Promise<void> {
    const deadline = performance.now() + 5_000
    while (!(await holds())) {
      if (performance.now() > deadline) assert.fail(await otherwise())
      this.clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  script(camera: Camera, script: Script | null): void {
    if (script === null) this.scripts.delete(camera.address)
    else this.scripts.set(camera.address, script)
  }

  #room(): HealthRoom {
    const fault = (code: FaultCode) => ({ kind: 'fault', fault: { code, retry: 'soon', detail: `scripted ${code}` } }) as const
    const scriptOf = (host: string) => this.scripts.get(host) ?? {}
    const ping: OnvifPing['ping'] = async ({ host }) => {
      const { onvif, clockOffsetMs = 0, until } = scriptOf(host)
      this.asked.push(host)
      await until
      return onvif === undefined ? { kind: 'answered', clockOffsetMs, tookMs: 1 } : { ...fault(onvif), clockOffsetMs: null, tookMs: 1 }
    }
    const { registry } = this
    const room = createHealthRoom({
      storage: registry.storage,
      clock: this.clock,
      random: randomBytes,
      logger: silentLogger,
      trail: registry.trail,
      units: registry.units,
      cameras: registry.cameras,
      cameraService: registry.cameraService,
      // Without a login of ours the scripted RTSP answers: such a camera is told as open (`camera.posture`).
      onvif: { ping, askAsStranger: async () => fault('onvif_refused') },
      mediaPlane: {
        probe: async ({ host }) => {
          const { rtsp } = scriptOf(host)
          return rtsp === undefined ? { kind: 'answered', codec: 'h264', hasAudio: false, tookMs: 1 } : { ...fault(rtsp), tookMs: 1 }
        },
        prove: async ({ host }): Promise<PictureProof> => {
          this.proofs++
          const { picture, rtsp } = scriptOf(host)
          const broken = rtsp ?? picture
          if (broken !== undefined && broken !== 'black' && broken !== 'frozen') return fault(broken)
          return { kind: 'picture', provenMs: this.clock.now(), changing: broken === undefined, black: broken === 'black', width: 640, height: 360, codec: 'h264', shared: false }
        },
        reports: async () =>
          this.running.map((cameraId) => ({ cameraId, stream: 'sub', form: 'original', state: 'running', fault: null, sinceMs: 0, transcoded: false, queue: null, edition: 1, viewersSeenMs: 0, bytesReceived: 0, ringBytes: 0, newestFrameMs: null })),
        on: (_, listener) => {
          this.onState = listener
          return () => {}
        },
      },
      settings: limits,
      figures: { openCases: () => 3, tagsToday: async () => 2, accessesToday: () => 4, watchingNow: () => 1 },
      onListenerError: (error) => {
        throw error
      },
    })
    room.events.on('status', (status) => this.said.push(status))
    return room
  }
}

/** Camera `number` of a unit, known to nobody yet. */
export function unchecked(unitId: keyof typeof unitIds, number: number, changes: Partial<Camera> = {}): Camera {
  return sampleCamera(unitIds[unitId], number, {
    archive: sampleArchive(number),
    address: `10.12.0.${number}`,
    health: { status: 'unknown', cause: 'not_checked', sinceMs: startMs, pictureProvenMs: null },
    streamPaths: [{ stream: 'sub', tls: false, port: 554, path: '/sub' }],
    createdAtMs: startMs,
    ...changes,
  })
}
