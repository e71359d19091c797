// Owns a watch over simulated cameras: the real ONVIF port, the real media plane, sweeps made by hand, and what the test
// must hear of them: every proof, every status, every own fault. Refuses: time that a test moves; only hours are skipped.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { sleep, systemClock } from '#base/clock.ts'
import { silentLogger, type Logger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { createMediaPlane, type MediaPlane, type PictureProof, type StreamReport, type StreamSource } from '#streams'
import { createHealthRoom, healthMigrations, type HealthEvents, type HealthRoom } from '../../backend/health/index.ts'
import { createOnvifPort } from '../../backend/onvif/index.ts'
import { migrate } from '../../backend/storage/index.ts'
import { FleetProcess, host } from '../bench/fleet-process.ts'
import type { TestDatabase } from '../support/databases.ts'
import { samplePrincipal } from '../unit/registry/sample-camera.ts'
import { Census } from './census.ts'
import { unchecked } from './health-room.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

export interface Expected {
  status: string
  /** One of these; empty = none. */
  causes: readonly string[]
  /** Monotonic ms: only a picture that was asked for after it counts. Null = whenever. */
  provenAfterMs: number | null
}
export const healthy: Expected = { status: 'online', causes: [], provenAfterMs: null }

interface LastProof {
  askedMs: number
  proof: PictureProof
}

interface SceneParts {
  /** A process of its own: its loops and sockets are not taken for the server's. */
  fleet: FleetProcess
  registry: RegistryRoom
  plane: MediaPlane
  health: HealthRoom
  /** By number of the camera in the fleet, from 0. */
  ids: readonly CameraId[]
  /** What anything logged as an error: a fault of our own. */
  ownFaults: string[]
  census: Census
  proofs: Map<string, LastProof>
  /** Cameras whose picture is being looked at. */
  underWay: Set<string>
  waiting: Set<() => void>
  time: { skippedMs: number }
}

export class FleetScene {
  readonly #parts: SceneParts
  readonly said: HealthEvents['status'][] = []
  readonly reports: StreamReport[] = []

  private constructor(parts: SceneParts) {
    this.#parts = parts
    parts.health.events.on('status', (status) => {
      this.said.push(status)
      wake(parts.waiting)
    })
    parts.plane.on('state', (report) => {
      this.reports.push(report)
      wake(parts.waiting)
    })
  }

  get fleet(): FleetProcess {
    return this.#parts.fleet
  }

  get plane(): MediaPlane {
    return this.#parts.plane
  }

  get health(): HealthRoom {
    return this.#parts.health
  }

  get ids(): readonly CameraId[] {
    return this.#parts.ids
  }

  get census(): Census {
    return this.#parts.census
  }

  /** Tells the faults of our own that were logged since it was last asked. */
  takeOwnFaults(): string[] {
    return this.#parts.ownFaults.splice(0)
  }

  /** A fleet, each of its cameras registered with its login, and a watch that has not begun. */
  static async open(database: TestDatabase, cameras: number): Promise<FleetScene> {
    const registry = await openRegistryRoom(database)
    await migrate(registry.storage, healthMigrations)
    const fleet = await FleetProcess.start(cameras)
    const ownFaults: string[] = []
    const logger: Logger = { ...silentLogger, error: (fields, message) => ownFaults.push(`${message} ${JSON.stringify(fields)}`), child: () => logger }
    const addressPolicy = new AddressPolicy(['127.0.0.0/8'])
    const time = { skippedMs: 0 }
    const census = new Census()
    const clock = census.clock({ ...systemClock, now: () => systemClock.now() + time.skippedMs })
    const realClock = census.clock(systemClock)
    // Quicker than the defaults, so that a fault shows sooner; a healthy camera on loopback answers far below them.
    const quick = { answerTimeoutMs: 1_500, silenceMs: 2_000, proveTimeoutMs: 4_000, proveConcurrency: 12 }
    const plane = await createMediaPlane({ logger, addressPolicy, env: process.env, limits: quick, clock: realClock, spawn: census.spawn(spawn) })
    const ids: CameraId[] = []
    for (const camera of fleet.cameras) {
      const streamPaths = (['sub', 'main'] as const).map((stream) => ({ stream, tls: false, port: fleet.rtspPort(camera.index), path: camera.rtspPaths[stream] }))
      const known = unchecked('first', camera.index, { address: host, onvifPort: fleet.onvifPort(camera.index), serial: camera.serial, streamPaths })
      ids.push(known.id)
      await registry.put(known)
      const login = { username: camera.username, password: new Secret(camera.password) }
      await registry.cameraService.setCredential(samplePrincipal(Object.values(unitIds)), known.id, login, { ip: '' })
    }
    const proofs = new Map<string, LastProof>()
    const underWay = new Set<string>()
    const waiting = new Set<() => void>()
    const prove = async (source: StreamSource) => {
      const askedMs = performance.now()
      underWay.add(source.cameraId)
      try {
        const proof = await plane.prove(source)
        proofs.set(source.cameraId, { askedMs, proof })
        return proof
      } finally {
        underWay.delete(source.cameraId)
        wake(waiting)
      }
    }
    const health = createHealthRoom({
      storage: registry.storage,
      clock,
      random: randomBytes,
      logger,
      trail: registry.trail,
      units: registry.units,
      cameras: registry.cameras,
      cameraService: registry.cameraService,
      onvif: createOnvifPort({ clock: realClock, random: randomBytes, logger, addressPolicy }),
      mediaPlane: { prove, probe: (source, options) => plane.probe(source, options), reports: () => plane.reports(), on: (name, listener) => plane.on(name, listener) },
      // Sweeps are made by hand; a look at a picture belongs to each of them for the cameras that were touched.
      settings: { sweepPeriodMs: 600_000, sweepConcurrency: 64, sweepDeadlineMs: 2_000, failuresToChange: 2, patrolPeriodMs: 1_000_000_000, patrolConcurrency: 12, posturePeriodMs: 604_800_000, postureConcurrency: 2, startupPatrolMs: 60_000 },
      figures: { openCases: () => 0, tagsToday: () => 0, accessesToday: () => 0, watchingNow: () => 0 },
      onListenerError: (error) => {
        throw error
      },
    })
    return new FleetScene({ fleet, registry, plane, health, ids, ownFaults, census, proofs, underWay, waiting, time })
  }

  async close(): Promise<void> {
    await this.health.stop()
    await this.plane.close()
    await this.fleet.close()
  }

  /** Rounds are hours apart, so that no camera counts as flapping; within a round time is real. */
  skipHours(): void {
    this.#parts.time.skippedMs += 6 * 3_600_000
  }

  numberOf(id: CameraId): number {
    return this.ids.indexOf(id) + 1
  }

  async source(id: CameraId, stream: 'main' | 'sub' = 'sub'): Promise<StreamSource> {
    const camera = await this.#parts.registry.cameraService.find(id)
    const source = camera === null ? null : await this.#parts.registry.cameraService.sourceOf(camera, stream)
    assert.ok(source)
    return source
  }

  /** Two sweeps, with a look at the pictures of `touched` between them; `becomes` has failed looks confirmed. */
  async twoSweeps(touched: ReadonlyMap<CameraId, Expected>): Promise<void> {
    await this.health.sweepNow()
    for (const id of touched.keys()) this.health.proveSoon(id)
    await this.health.sweepNow()
    // A sweep that our own late loop spoilt, and that says so, is no sweep of a camera.
    for (let again = 0; again < 4 && (await this.#isSpoilt(touched.keys())); again++) await this.health.sweepNow()
  }

  async #isSpoilt(ids: Iterable<CameraId>): Promise<boolean> {
    for (const id of ids) if ((await this.rungsOf(id)).includes('probe_failed')) return true
    return false
  }

  /** Waits on the watch's own events until every camera is as expected. */
  async becomes(expected: ReadonlyMap<CameraId, Expected>, withinMs: number, told: () => string): Promise<void> {
    await this.until(async () => {
      const { items } = await this.#parts.registry.cameras.list('all', {}, 'all')
      const wrong = items.filter(({ id, health }) => {
        const wanted = expected.get(id)
        if (wanted === undefined) return false
        const rightCause = health.cause === null ? wanted.causes.length === 0 : wanted.causes.includes(health.cause)
        return health.status !== wanted.status || !rightCause || !this.#isProven(id, wanted)
      })
      if (wrong.length === 0) return null
      // As the patrol would within half a minute: another look at a picture that failed, or that nobody looks at.
      for (const { id } of wrong) if (!this.#parts.underWay.has(id) && (this.proofOf(id)?.askedMs ?? 0) < performance.now() - 500) this.health.proveSoon(id)
      return async () => {
        const stories = wrong.map(async ({ id, health }) => `camera ${this.numberOf(id)} is ${health.status} ${health.cause ?? ''}, not ${expected.get(id)?.status} ${expected.get(id)?.causes.join('|')} (${await this.rungsOf(id)})`)
        return `${told()}: ${(await Promise.all(stories)).join('; ')}`
      }
    }, withinMs)
  }

  /** Waits until `missing` gives null; asks again at every event of the watch, of a proof and of a stream. */
  async until(missing: () => Promise<null | (() => Promise<string> | string)>, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    for (;;) {
      const over = new AbortController()
      const woken = () => over.abort()
      this.#parts.waiting.add(woken)
      const story = await missing()
      const leftMs = deadlineMs - performance.now()
      if (story !== null && leftMs > 0) await sleep(systemClock, leftMs, over.signal)
      this.#parts.waiting.delete(woken)
      if (story === null) return
      if (leftMs <= 0) assert.fail(await story())
    }
  }

  /** Waits until no look at a picture is under way. */
  async quiet(): Promise<void> {
    await this.until(async () => (this.#parts.underWay.size === 0 ? null : () => `${this.#parts.underWay.size} looks at pictures do not end`), 60_000)
  }

  /** The last look at the camera's picture. */
  proofOf(id: CameraId): LastProof | undefined {
    return this.#parts.proofs.get(id)
  }

  /** The ladder's last results, for a failure's message. */
  async rungsOf(cameraId: CameraId): Promise<string> {
    const route = this.health.routes.find(({ endpoint }) => endpoint === api.cameraHealth)
    const request = { requestId: '', ip: '', secure: false, signal: new AbortController().signal, sessionToken: null }
    const context = { params: { cameraId }, query: {}, body: {}, request, reply: { sessionCookie() {}, header() {} } }
    const shown = api.cameraHealth.result.parse(await route?.handle(context, samplePrincipal(Object.values(unitIds))))
    return shown.rungs.map(({ rung, outcome, fault, tookMs }) => `${rung} ${outcome} ${fault ?? ''} ${tookMs ?? ''}`).join(', ')
  }

  #isProven(id: CameraId, { provenAfterMs }: Expected): boolean {
    const last = this.proofOf(id)
    if (provenAfterMs === null) return true
    return last !== undefined && last.askedMs >= provenAfterMs && last.proof.kind === 'picture' && last.proof.changing && !last.proof.black
  }
}

function wake(waiting: ReadonlySet<() => void>): void {
  for (const each of waiting) each()
}
