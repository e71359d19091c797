// Owns who holds which head and which head took no stop, as far as this console was told: one list for all, then every
// change of it. Refuses: the wire. A change that came while the list was on its way is newer than the list.
import { shallowReactive } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { PtzHolder, PtzLease } from '#contract/ptz.ts'

type LeaseChange = Omit<PtzLease, 'unitId'>

export class PtzLeases {
  readonly #leases = shallowReactive(new Map<CameraId, LeaseChange>())
  /** Heard since the newest list was asked for. */
  #since: LeaseChange[] | undefined

  holderOf(cameraId: CameraId): PtzHolder | null {
    return this.#leases.get(cameraId)?.holder ?? null
  }

  /** It took no stop and may be turning without a hand. */
  isUnstopped(cameraId: CameraId): boolean {
    return (this.#leases.get(cameraId)?.unstopped ?? null) !== null
  }

  /** A command was refused because of who holds the head. */
  heardHolder(cameraId: CameraId, holder: PtzHolder): void {
    this.heard({ cameraId, holder, unstopped: this.#leases.get(cameraId)?.unstopped ?? null })
  }

  heard(lease: LeaseChange): void {
    this.#since?.push(lease)
    this.#keep(lease)
  }

  /** What the list does not name is free. Nothing changes when the list cannot be had, or was asked for again meanwhile. */
  async load(list: () => Promise<readonly LeaseChange[]>): Promise<void> {
    const since: LeaseChange[] = []
    this.#since = since
    try {
      const leases = await list()
      if (this.#since !== since) return
      this.#leases.clear()
      for (const lease of [...leases, ...since]) this.#keep(lease)
    } finally {
      if (this.#since === since) this.#since = undefined
    }
  }

  clear(): void {
    this.#since = undefined
    this.#leases.clear()
  }

  #keep(lease: LeaseChange): void {
    if (lease.holder === null && lease.unstopped === null) this.#leases.delete(lease.cameraId)
    else this.#leases.set(lease.cameraId, lease)
  }
}
