// Owns how strong the viewer's watermark is: one value for the whole system, each change on record and told at once.
import type { Clock } from '#base/clock.ts'
import type { TypedEmitter } from '#base/emitter.ts'
import { watermarkPercent, type Watermark } from '#contract/watermark.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'
import type { WatermarkStore } from './watermark-store.ts'

export interface WatermarkEvents {
  /** For everybody who watches. */
  watermark: { opacityPercent: number }
}

export interface WatermarkServiceDeps {
  storage: Storage
  clock: Clock
  trail: AuditTrail
  watermarks: WatermarkStore
  events: Pick<TypedEmitter<WatermarkEvents>, 'emit'>
}

export class WatermarkService {
  readonly #deps: WatermarkServiceDeps

  constructor(deps: WatermarkServiceDeps) {
    this.#deps = deps
  }

  async get(): Promise<Watermark> {
    const stored = await this.#deps.watermarks.get()
    if (stored === null) return { opacityPercent: watermarkPercent.usual, changedAt: null, changedBy: null }
    return { opacityPercent: stored.opacityPercent, changedAt: toInstant(stored.changedAtMs), changedBy: stored.changedBy }
  }

  /** @param opacityPercent within `watermarkPercent` */
  async put(principal: Principal, opacityPercent: number, from: { ip: string }): Promise<Watermark> {
    const { storage, clock, trail, watermarks, events } = this.#deps
    await storage.transaction(async (tx) => {
      const before = (await watermarks.get(tx))?.opacityPercent ?? watermarkPercent.usual
      await watermarks.put(tx, { opacityPercent, changedAtMs: clock.now(), changedBy: principal.displayName })
      await trail.record(tx, { ...principal, ip: from.ip }, { action: 'watermark.set', targetKind: 'system', targetId: 'watermark', detail: { before, opacityPercent } })
    })
    events.emit('watermark', { opacityPercent })
    return this.get()
  }
}
