// Owns a camera's present condition: its faults, its clock, the login and the loops that follow from them.
// Refuses: sockets; the servers ask here at every request and every frame.
import type { Clock, Timer } from '#base/clock.ts'
import type { CameraFault, FaultName } from './fault.ts'
import { FAULTS } from './fault.ts'
import type { Login } from './digest.ts'
import type { CameraIdentity, StreamName, VideoCodec } from './identity.ts'
import type { Loop } from './loops/loop-file.ts'
import type { LoopLibrary } from './loops/library.ts'

/** Faults whose coming or going ends the RTSP sessions of the moment. */
const ENDS_SESSIONS: ReadonlySet<FaultName> = new Set(['off', 'flapping', 'wrong-password', 'codec-change', 'reset'])

/** Where a device sends clients that it redirects: documentation addresses (RFC 5737) that belong to nobody. */
export const ELSEWHERE = '192.0.2.10'

export class CameraState {
  readonly identity: CameraIdentity
  readonly #clock: Clock
  readonly #library: LoopLibrary
  readonly #faults = new Map<FaultName, CameraFault>()
  #flapTimer: Timer | null = null
  #flappedOff = false
  #onChange: (change: { endSessions: boolean; powered: boolean }) => void = () => undefined

  constructor(deps: { identity: CameraIdentity; clock: Clock; library: LoopLibrary }) {
    this.identity = deps.identity
    this.#clock = deps.clock
    this.#library = deps.library
  }

  /** The one listener: the camera that owns the sockets. */
  onChange(listener: (change: { endSessions: boolean; powered: boolean }) => void): void {
    this.#onChange = listener
  }

  get faults(): CameraFault[] {
    return [...this.#faults.values()]
  }

  has(name: FaultName): boolean {
    return this.#faults.has(name)
  }

  value(name: FaultName): number {
    const fault = this.#faults.get(name)
    return fault?.value ?? FAULTS[name].value?.default ?? 0
  }

  set(fault: CameraFault): void {
    this.#faults.set(fault.name, fault)
    this.#changed(fault.name)
  }

  /** Clears one fault, or all of them. */
  clear(name?: FaultName): void {
    const names = name === undefined ? [...this.#faults.keys()] : [name]
    for (const each of names) if (this.#faults.delete(each)) this.#changed(each)
  }

  get powered(): boolean {
    return !this.has('off') && !this.#flappedOff
  }

  /** The device's own idea of the wall time, UTC ms. */
  deviceNow(): number {
    return this.#clock.now() + (this.has('clock-off') ? this.value('clock-off') * 1000 : 0)
  }

  get login(): Login {
    const { username, password } = this.identity
    return { username, password: this.has('wrong-password') ? `${password}-changed` : password }
  }

  codec(stream: StreamName): VideoCodec {
    const codec = this.identity.codec[stream]
    return codec === 'h264' && this.has('codec-change') ? 'h265' : codec
  }

  /** What the stream shows now. `session` is the codec that a running session was described with. */
  loop(stream: StreamName, session?: VideoCodec): Loop {
    const codec = session ?? this.codec(stream)
    const size = this.has('sps-change') ? (stream === 'main' ? 'sub' : 'main') : stream
    const variant = this.has('black-picture') ? 'black' : this.has('gop-10s') ? 'gop-10s' : 'normal'
    return this.#library.loop(this.identity.scene, codec, size, variant)
  }

  stills(): Loop {
    return this.#library.stills(this.identity.scene, this.codec('sub'), this.has('black-picture') ? 'black' : 'normal')
  }

  close(): void {
    this.#flapTimer?.cancel()
    this.#flapTimer = null
  }

  #changed(name: FaultName): void {
    if (name === 'flapping') this.#flap()
    this.#onChange({ endSessions: ENDS_SESSIONS.has(name), powered: this.powered })
  }

  #flap(): void {
    this.#flapTimer?.cancel()
    this.#flapTimer = null
    this.#flappedOff = this.has('flapping')
    if (!this.#flappedOff) return
    this.#flapTimer = this.#clock.every((this.value('flapping') * 1000) / 2, () => {
      this.#flappedOff = !this.#flappedOff
      this.#onChange({ endSessions: true, powered: this.powered })
    })
  }
}
