// Owns who holds which head, as far as this console was told: one list for all, then every change of it.
// Refuses: the wire. A change that came while the list was on its way is newer than the list.
import { shallowReactive } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import type { PtzHolder, PtzLease } from '#contract/ptz.ts'

type LeaseChange = Pick<PtzLease, 'cameraId' | 'holder'>

export class PtzLeases {
  readonly #holders = shallowReactive(new Map<CameraId, PtzHolder>())
  /** Heard since the newest list was asked for. */
  #since: LeaseChange[] | undefined

  holderOf(cameraId: CameraId): PtzHolder | null {
    return this.#holders.get(cameraId) ?? null
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
      this.#holders.clear()
      for (const lease of [...leases, ...since]) this.#keep(lease)
    } finally {
      if (this.#since === since) this.#since = undefined
    }
  }

  clear(): void {
    this.#since = undefined
    this.#holders.clear()
  }

  #keep({ cameraId, holder }: LeaseChange): void {
    if (holder === null) this.#holders.delete(cameraId)
    else this.#holders.set(cameraId, holder)
  }
}
