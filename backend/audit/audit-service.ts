// Owns writing audit entries in the transaction of what they record. If the entry cannot be written, the action fails.
// Refuses: entries outside a transaction, and logging (audit is not logging).
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Clock } from '#base/clock.ts'
import type { AuditId, UserId } from '#contract/ids.ts'
import type { Tx } from '../storage/index.ts'
import type { AuditStore } from './audit-store.ts'

/** Who acts, as the entry shows it. `Principal` fits; `system` acts without a person. */
export interface Actor {
  userId: UserId | null
  displayName: string
  unitName: string
  ip: string
}
export const systemActor: Actor = { userId: null, displayName: 'system', unitName: '', ip: '' }

export interface Act {
  /** Name of the action, `noun.verb`, e.g. `camera.update`. */
  action: string
  targetKind: string
  targetId: string
  targetName?: string
  outcome?: 'done' | 'refused'
  /** 事由; standing duty when empty. */
  purpose?: string
  /** Plain facts without secrets. */
  detail?: Record<string, unknown>
}

export class AuditTrail {
  readonly #deps: { store: AuditStore; clock: Clock; random: RandomBytes }

  constructor(deps: { store: AuditStore; clock: Clock; random: RandomBytes }) {
    this.#deps = deps
  }

  async record(tx: Tx, actor: Actor, act: Act): Promise<AuditId> {
    const atMs = this.#deps.clock.now()
    const id = newId<AuditId>(atMs, this.#deps.random)
    await this.#deps.store.add(tx, {
      id,
      atMs,
      actorId: actor.userId,
      actorName: actor.displayName,
      unitName: actor.unitName,
      ip: actor.ip,
      action: act.action,
      targetKind: act.targetKind,
      targetId: act.targetId.slice(0, 64),
      targetName: (act.targetName ?? '').slice(0, 100),
      outcome: act.outcome ?? 'done',
      purpose: act.purpose ?? '',
      detail: act.detail ?? {},
    })
    return id
  }
}
