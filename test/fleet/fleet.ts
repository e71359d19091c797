// Owns the fleet as its users see it: which cameras, their faults, totals, and the way to end it.
// Refuses: starting (index.ts does that).
import type { SimulatedCamera } from './camera.ts'
import type { FleetCounters } from './counters.ts'
import type { CameraFault, FaultName } from './fault.ts'
import { checkedFault, faultNames } from './fault.ts'
import type { CameraIdentity, StreamName } from './identity.ts'
import type { Knock } from './knock-log.ts'
import type { PtzCommand, PtzPosition } from './onvif/ptz-head.ts'
import type { Pacer } from './pacer.ts'

/** Who a camera is and where; the password is for demo and tests that must log in. */
export interface FleetCamera extends CameraIdentity {
  onvifUrl: string
  onvifPort: number
  rtspPort: number
  /** Without user info. */
  rtspUrl: Record<StreamName, string>
}

export interface FleetStats extends FleetCounters {
  cameras: number
  viewers: number
  streams: number
}

export interface FleetParts {
  host: string
  cameras: SimulatedCamera[]
  pacer: Pacer
  counters: FleetCounters
  /** Closers of what else was started, called in order before the cameras are closed. */
  closers: (() => Promise<void>)[]
}

export class Fleet {
  readonly cameras: FleetCamera[]
  /** Port of the control server; null when there is none. */
  controlPort: number | null = null
  /** UDP port of WS-Discovery; null when it is not answered. */
  discoveryPort: number | null = null
  readonly #parts: FleetParts
  #closing: Promise<void> | null = null

  constructor(parts: FleetParts) {
    this.#parts = parts
    const host = parts.host === '0.0.0.0' ? '127.0.0.1' : parts.host
    this.cameras = parts.cameras.map(({ state: { identity }, onvifPort, rtspPort }) => ({
      ...identity,
      onvifUrl: `http://${host}:${onvifPort}/onvif/device_service`,
      onvifPort,
      rtspPort,
      rtspUrl: { main: `rtsp://${host}:${rtspPort}${identity.rtspPaths.main}`, sub: `rtsp://${host}:${rtspPort}${identity.rtspPaths.sub}` },
    }))
  }

  /** Sets a fault beside those that the camera already has. @param index 1-based @throws RangeError */
  setFault(index: number, fault: CameraFault): void {
    this.#camera(index).state.set(checkedFault(fault.name, fault.value))
  }

  /** Clears one fault of a camera, or all. @throws RangeError when there is no such camera */
  clearFault(index: number, name?: FaultName): void {
    this.#camera(index).state.clear(name)
  }

  faults(index: number): CameraFault[] {
    return this.#camera(index).state.faults
  }

  /** Resolves when all ports are as the faults have them: whoever asks a camera then finds it so. */
  async settled(): Promise<void> {
    await Promise.all(this.#parts.cameras.map((camera) => camera.settled()))
  }

  /** One fault each on `count` different cameras; the same seed gives the same faults. */
  randomFaults(seed: number, count: number): { index: number; fault: CameraFault }[] {
    let state = Math.imul(seed, 2654435761) | 1
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      return (state >>> 8) % below
    }
    const left = this.cameras.map(({ index }) => index)
    const chosen: { index: number; fault: CameraFault }[] = []
    while (chosen.length < count && left.length > 0) {
      const [index = 1] = left.splice(random(left.length), 1)
      const fault = checkedFault(faultNames[random(faultNames.length)] ?? 'off')
      this.setFault(index, fault)
      chosen.push({ index, fault })
    }
    return chosen
  }

  /** When (UTC ms) the frame with this mark was sent, nearest to `nearMs`; null = not within the last minute. */
  markTime(cameraIndex: number, stream: StreamName, frameIndex: number, nearMs: number): number | null {
    return this.#camera(cameraIndex).streams[stream].markTime(frameIndex, nearMs)
  }

  /** Frames of a camera's stream that were sent to anybody, ever. */
  framesSent(index: number, stream: StreamName): number {
    return this.#camera(index).streams[stream].framesSent
  }

  /** Where the head of a camera stands and what it was told, newest last. @throws RangeError when it cannot turn */
  ptz(index: number): { position: PtzPosition; moving: boolean; commands: readonly PtzCommand[] } {
    const { head } = this.#camera(index)
    if (head === null) throw new RangeError(`camera ${index} cannot turn`)
    const { panTilt, zoom } = head.moving
    return { position: head.position, moving: panTilt || zoom, commands: head.commands }
  }

  /** What a camera was asked lately, oldest first, and whether a login came with it; media and snapshots are not listed. */
  knocks(index: number): readonly Knock[] {
    return this.#camera(index).knocks.all
  }

  /** RTSP clients that a camera sends media to at present. */
  viewers(index: number): number {
    return this.#camera(index).viewers
  }

  stats(): FleetStats {
    const { cameras, counters, pacer } = this.#parts
    return { ...counters, cameras: cameras.length, viewers: cameras.reduce((sum, camera) => sum + camera.viewers, 0), streams: pacer.streams }
  }

  /** Ends everything; a second call gives the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const close of this.#parts.closers) await close()
    await Promise.all(this.#parts.cameras.map((camera) => camera.close()))
    this.#parts.pacer.close()
  }

  #camera(index: number): SimulatedCamera {
    const camera = this.#parts.cameras[index - 1]
    if (!camera) throw new RangeError(`there is no camera ${index}`)
    return camera
  }
}
