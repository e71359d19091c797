// Owns a run: finding devices, asking each who it is as soon as it is found, keeping what they said in the inbox.
// Refuses: two runs at once, giving a login to any address but the one it is registered or asked for.
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { TypedEmitter } from '#base/emitter.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { DiscoveryState } from '#contract/discovery.ts'
import type { CredentialSetId, FindingId } from '#contract/ids.ts'
import type { Camera, CameraService, CameraStore, Credential } from '../registry/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'
import type { OnvifPort } from './device.ts'
import type { Discovery, FoundDevice } from './discovery.ts'
import { firstRecord, identified, merged, released, type FoundRecord } from './finding.ts'
import type { FindingStore } from './finding-store.ts'
import { LimitedQueue } from './limited.ts'

export interface DiscoveryRunsDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  findings: FindingStore
  cameras: CameraStore
  cameraService: CameraService
  onvif: OnvifPort
  discovery: Discovery
}

export interface DiscoveryEvents {
  progress: DiscoveryState
}

export interface RunRequest {
  multicast: boolean
  ranges: string[]
  ports: string[]
  credentialSetIds: CredentialSetId[]
}

interface Login {
  id: CredentialSetId | null
  credential: Credential | null
}
interface Identifying {
  device: FoundDevice
  /** 1 for the first try. */
  nth: number
}

const identifyConcurrency = 24
const mostTries = 2
const progressEveryMs = 300
/** The inbox is written while the run goes on, so that people see it fill. */
const keepEvery = 25

export class DiscoveryRuns {
  readonly #deps: DiscoveryRunsDeps
  readonly events: TypedEmitter<DiscoveryEvents>
  #state: DiscoveryState = { running: false, startedAt: null, finishedAt: null, asked: 0, toAsk: 0, found: 0, identified: 0 }
  #abort = new AbortController()
  #run: Promise<void> = Promise.resolve()

  constructor(deps: DiscoveryRunsDeps) {
    this.#deps = deps
    this.events = new TypedEmitter<DiscoveryEvents>((error) => deps.logger.error({ error }, 'a discovery listener failed'))
  }

  get state(): DiscoveryState {
    return this.#state
  }

  /**
   * Starts a run and answers at once. `agreed` runs between the claim and the first datagram; its throw ends the run.
   * @throws AppError conflict while one is running, invalid_request for bad ranges
   */
  async start(request: RunRequest, agreed: () => Promise<void>): Promise<DiscoveryState> {
    const { clock } = this.#deps
    if (this.#state.running) throw new AppError('conflict', 'conflict', 'A search is running.')
    this.#state = { running: true, startedAt: toInstant(clock.now()), finishedAt: null, asked: 0, toAsk: 0, found: 0, identified: 0 }
    try {
      await agreed()
      return await this.#begin(request)
    } catch (error) {
      this.#state = { ...this.#state, running: false, finishedAt: toInstant(clock.now()) }
      throw error
    }
  }

  /** Resolves when the present run has ended. */
  finished(): Promise<void> {
    return this.#run
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#run
  }

  /** The first answer of `discover` that can refuse comes before anything is sent, so a refused range reaches the caller. */
  async #begin(request: RunRequest): Promise<DiscoveryState> {
    this.#abort = new AbortController()
    const inbox = new RunInbox(this.#deps, await this.#logins(request.credentialSetIds), await this.#knownCameras(), this.#abort.signal)
    let toldMs = Number.NEGATIVE_INFINITY
    const tell = (change: Partial<DiscoveryState>) => {
      this.#state = { ...this.#state, ...change, identified: inbox.identified }
      const nowMs = this.#deps.clock.monotonicMs()
      if (nowMs - toldMs < progressEveryMs) return
      toldMs = nowMs
      this.events.emit('progress', this.#state)
    }
    const search = this.#deps.discovery.discover({
      multicast: request.multicast,
      ranges: request.ranges,
      ports: request.ports,
      signal: this.#abort.signal,
      onFound: (device) => inbox.add(device, () => tell({})),
      onProgress: ({ asked, toAsk, found }) => tell({ asked, toAsk, found }),
    })
    const refusedEarly = await Promise.race([
      search.then(() => undefined, (error: unknown) => ({ error })),
      new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    ])
    if (refusedEarly) throw refusedEarly.error
    this.#run = search
      .then(() => inbox.finished())
      .catch((error: unknown) => this.#deps.logger.error({ error }, 'a search failed'))
      .then(() => {
        this.#state = { ...this.#state, identified: inbox.identified, running: false, finishedAt: toInstant(this.#deps.clock.now()) }
        this.events.emit('progress', this.#state)
      })
    return this.#state
  }

  async #logins(ids: readonly CredentialSetId[]): Promise<Login[]> {
    const logins = []
    for (const id of ids) {
      const credential = await this.#deps.cameraService.credentialOfSet(id)
      if (credential !== null) logins.push({ id, credential })
    }
    return logins
  }

  async #knownCameras(): Promise<Map<string, Camera>> {
    const { items } = await this.#deps.cameras.list('all', {}, 'all')
    return new Map(items.map((camera) => [`${camera.address}:${camera.onvifPort}`, camera]))
  }
}

/** What one run has found so far, being identified and written. */
class RunInbox {
  readonly #deps: DiscoveryRunsDeps
  readonly #logins: readonly Login[]
  readonly #cameraAt: ReadonlyMap<string, Camera>
  readonly #signal: AbortSignal
  readonly #queue: LimitedQueue<Identifying>
  readonly #unkept: FoundRecord[] = []
  #keeping: Promise<void> = Promise.resolve()
  #onIdentified: () => void = () => {}
  identified = 0

  constructor(deps: DiscoveryRunsDeps, logins: readonly Login[], cameraAt: ReadonlyMap<string, Camera>, signal: AbortSignal) {
    this.#deps = deps
    this.#logins = logins
    this.#cameraAt = cameraAt
    this.#signal = signal
    this.#queue = new LimitedQueue({ limit: identifyConcurrency, run: (task) => this.#work(task) })
  }

  add(device: FoundDevice, onIdentified: () => void): void {
    this.#onIdentified = onIdentified
    this.#queue.add({ device, nth: 1 })
  }

  async finished(): Promise<void> {
    await this.#queue.idle()
    this.#keep()
    await this.#keeping
  }

  async #work({ device, nth }: Identifying): Promise<void> {
    if (this.#signal.aborted) return
    const { record, again } = await this.#identify(device)
    // A device that was too slow is asked once more behind all others; by then the machine has less to do.
    if (again && nth < mostTries && !this.#signal.aborted) return this.#queue.add({ device, nth: nth + 1 })
    if (!again && record.fault === null) this.identified++
    this.#unkept.push(record)
    if (this.#unkept.length >= keepEvery) this.#keep()
    this.#onIdentified()
  }

  async #identify(device: FoundDevice): Promise<{ record: FoundRecord; again: boolean }> {
    const { clock, random, onvif, cameraService } = this.#deps
    const { host, port } = device.target
    const camera = this.#cameraAt.get(`${host}:${port}`)
    const own = camera ? await cameraService.credentialOf(camera) : null
    const logins = [...(own ? [{ id: null, credential: own }] : []), ...this.#logins]
    const nowMs = clock.now()
    let record = firstRecord(newId<FindingId>(nowMs, random), device, nowMs)
    for (const login of logins.length > 0 ? logins : [{ id: null, credential: null }]) {
      const answer = await onvif.identify(device.target, login.credential, { signal: this.#signal })
      if (answer.kind === 'identified') {
        return { record: { ...identified(record, answer.device), credentialSetId: login.id }, again: false }
      }
      record = { ...record, fault: answer.fault.code, clockOffsetMs: answer.clockOffsetMs }
      if (answer.fault.retry === 'soon') return { record, again: true }
    }
    return { record, again: false }
  }

  #keep(): void {
    const records = this.#unkept.splice(0)
    if (records.length === 0) return
    this.#keeping = this.#keeping.then(() => this.#write(records)).catch((error: unknown) => this.#deps.logger.error({ error }, 'findings could not be kept'))
  }

  /**
   * A device that already is a camera is marked, one that is in the inbox under another address is moved; neither is
   * doubled. Rows are read here, so that what people decided while the run went on is kept.
   */
  async #write(records: readonly FoundRecord[]): Promise<void> {
    const { storage, findings, cameras } = this.#deps
    await storage.transaction(async (tx) => {
      for (const seen of records) {
        const here = await findings.byAddress(tx, seen.address, seen.onvifPort)
        const same = await findings.byDevice(tx, seen)
        const row = same ?? here
        if (here !== null && row !== null && here.id !== row.id) await findings.remove(tx, here.id)
        const kept = row === null ? seen : merged(row, seen)
        const camera = await cameras.byDevice(kept, tx)
        const isKnown = camera !== null || (kept.serial === '' && kept.mac === '')
        if (camera !== null) await findings.save(tx, { ...kept, knownCameraId: camera.id, unitId: camera.unitId, state: 'adopted', name: camera.archive.name })
        else await findings.save(tx, kept.state === 'adopted' && !isKnown ? released(kept) : kept)
      }
    })
  }
}
