// Owns one simulated camera: its condition, its two ports, its two streams.
// Refuses: discovery and control, which are the fleet's.
import { createServer } from 'node:net'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { CameraState } from './camera-state.ts'
import type { FleetCounters } from './counters.ts'
import { DigestGate } from './digest.ts'
import type { CameraIdentity, StreamName } from './identity.ts'
import type { Loop } from './loops/loop-file.ts'
import { KnockLog } from './knock-log.ts'
import type { LoopLibrary } from './loops/library.ts'
import type { PtzHead } from './onvif/ptz-head.ts'
import { OnvifDevice } from './onvif/server.ts'
import type { Pacer } from './pacer.ts'
import { SwitchablePort } from './port.ts'
import type { PrebuiltLoop } from './rtp/prebuilt.ts'
import { RtspConnection } from './rtsp/connection.ts'
import { CameraStream } from './rtsp/stream.ts'

export interface CameraDeps {
  identity: CameraIdentity
  host: string
  onvifPort: number
  rtspPort: number
  clock: Clock
  logger: Logger
  library: LoopLibrary
  pacer: Pacer
  prebuilt: (loop: Loop) => PrebuiltLoop
  tone: { bytes: Buffer; packetOffsets: number[] }[]
  counters: FleetCounters
}

export class SimulatedCamera {
  readonly state: CameraState
  readonly streams: Record<StreamName, CameraStream>
  readonly knocks = new KnockLog()
  readonly #onvif: SwitchablePort
  readonly #rtsp: SwitchablePort
  readonly #connections = new Set<RtspConnection>()
  readonly #logger: Logger
  /** Null when the camera cannot turn. */
  readonly head: PtzHead | null

  constructor(deps: CameraDeps) {
    const { identity, clock, library, pacer, prebuilt, counters, host, tone } = deps
    this.#logger = deps.logger
    const state = new CameraState({ identity, clock, library })
    this.state = state
    const streams = {
      main: new CameraStream({ state, name: 'main', pacer, prebuilt }),
      sub: new CameraStream({ state, name: 'sub', pacer, prebuilt }),
    }
    this.streams = streams
    const gate = new DigestGate({ realm: identity.model, qop: false, clock })
    const rtspServer = createServer((socket) => {
      counters.rtspConnections++
      const connection = new RtspConnection({ socket, state, gate, streams, tone, clock, counters, knocks: this.knocks })
      this.#connections.add(connection)
      socket.on('close', () => this.#connections.delete(connection))
    })
    const device = new OnvifDevice({ state, clock, counters, knocks: this.knocks, rtspPort: () => this.#rtsp.port })
    this.head = device.head
    this.#onvif = new SwitchablePort(device.server, { host, port: deps.onvifPort })
    this.#rtsp = new SwitchablePort(rtspServer, { host, port: deps.rtspPort })
    state.onChange((change) => this.#changed(change))
  }

  get onvifPort(): number {
    return this.#onvif.port
  }

  get rtspPort(): number {
    return this.#rtsp.port
  }

  /** RTSP clients that are being sent media. */
  get viewers(): number {
    return [...this.#connections].filter((connection) => connection.playing).length
  }

  /** @throws when one of its ports is taken */
  async start(): Promise<void> {
    await Promise.all([this.#onvif.switch(this.state.powered), this.#rtsp.switch(this.state.powered)])
  }

  /** Resolves when its ports are as its faults have them. */
  async settled(): Promise<void> {
    await Promise.all([this.#onvif.settled, this.#rtsp.settled])
  }

  async close(): Promise<void> {
    this.state.close()
    this.state.onChange(() => undefined)
    await Promise.all([this.#onvif.switch(false), this.#rtsp.switch(false)])
  }

  #changed(change: { endSessions: boolean; powered: boolean }): void {
    if (change.endSessions) for (const connection of this.#connections) connection.end(this.state.has('reset'))
    for (const port of [this.#onvif, this.#rtsp]) {
      port.switch(change.powered).catch((error: unknown) => this.#logger.warn({ error, camera: this.state.identity.index }, 'a camera port could not be switched'))
    }
  }
}
