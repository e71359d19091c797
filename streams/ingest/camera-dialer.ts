// Owns making connections to cameras: the address is judged first, every number comes from one place.
// Refuses: addresses outside the camera networks.
import type { AddressPolicy } from '#base/address-policy.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { StreamSource } from '../media-plane.ts'
import { CameraConnection } from './camera-connection.ts'
import { rtspTarget, type RtspTarget } from './rtsp-address.ts'

export interface CameraDialerDeps {
  clock: Clock
  random: RandomBytes
  addressPolicy: AddressPolicy
  limits: { connectTimeoutMs: number; answerTimeoutMs: number }
}

export class CameraDialer {
  readonly #deps: CameraDialerDeps

  constructor(deps: CameraDialerDeps) {
    this.#deps = deps
  }

  /** @throws StreamFault address_refused, rtsp_malformed */
  target(source: StreamSource): RtspTarget {
    return rtspTarget(source, this.#deps.addressPolicy)
  }

  /** A connection that has not been opened yet. */
  connection(target: RtspTarget, credential: StreamSource['credential']): CameraConnection {
    const { clock, random, limits } = this.#deps
    const { connectTimeoutMs, answerTimeoutMs } = limits
    return new CameraConnection({ clock, newNonce: () => random(8).toString('hex'), connectTimeoutMs, answerTimeoutMs }, target, credential)
  }
}
