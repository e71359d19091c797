// Owns writing audit entries in the transaction of what they record. If the entry cannot be written, the action fails.
// Refuses: entries outside a transaction, and logging (audit is not logging).
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Clock } from '#base/clock.ts'
import { canonicalJson, wellFormed } from '#base/canonical-json.ts'
import type { AuditId, SessionId, UnitId, UserId } from '#contract/ids.ts'
import type { Tx } from '../storage/index.ts'
import { sha256, type AuditEntry } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'

/** Who acts, as the entry shows it. `Principal` fits; `system` acts without a person. */
export interface Actor {
  userId: UserId | null
  displayName: string
  unitName: string
  ip: string
  unitId?: UnitId
  sessionId?: SessionId
}
export const systemActor: Actor = { userId: null, displayName: 'system', unitName: '', ip: '' }

export interface Act {
  /** Name of the action, `noun.verb`, e.g. `camera.update`. */
  action: string
  targetKind: string
  targetId: string
  targetName?: string
  outcome?: 'done' | 'refused'
  /** The camera that it is about; the target, or `detail.cameraId`, when left out. */
  cameraId?: string
  /** 案件编号 or 警情编号; the target case's, or `detail.caseNumber`, when left out. */
  caseNumber?: string
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
    const id = newId<AuditId>(this.#deps.clock.now(), this.#deps.random)
    await this.#deps.store.add(tx, entryOf(id, this.#deps.clock.now(), actor, act))
    return id
  }
}

/** Longest detail in characters; the column takes 64 KiB of UTF-8. */
const longestDetail = 16_000

/** What is too long for its column is cut, what a database would not keep as it is is replaced: the hash is over what is kept. */
export function entryOf(id: AuditId, atMs: number, actor: Actor, act: Act): AuditEntry {
  const { detail = {} } = act
  const target = (act.targetName ?? '').slice(0, 100)
  const textOf = (key: string): string => {
    const value = detail[key]
    return typeof value === 'string' ? value : ''
  }
  return {
    id,
    atMs,
    actorId: actor.userId,
    actorName: wellFormed(actor.displayName.slice(0, 64)),
    unitId: actor.unitId ?? null,
    unitName: wellFormed(actor.unitName.slice(0, 64)),
    sessionId: actor.sessionId ?? null,
    ip: actor.ip.slice(0, 45),
    action: act.action,
    targetKind: act.targetKind,
    targetId: wellFormed(act.targetId.slice(0, 64)),
    targetName: wellFormed(target),
    cameraId: wellFormed((act.cameraId ?? (act.targetKind === 'camera' ? act.targetId : textOf('cameraId'))).slice(0, 64)),
    caseNumber: wellFormed((act.caseNumber ?? (act.targetKind === 'case' ? target : textOf('caseNumber'))).slice(0, 64)),
    outcome: act.outcome ?? 'done',
    purpose: wellFormed((act.purpose ?? '').slice(0, 200)),
    detail: detailText(detail),
  }
}

function detailText(detail: Record<string, unknown>): string {
  const plain: unknown = JSON.parse(JSON.stringify(detail, (_key, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value)))
  const text = canonicalJson(plain)
  return text.length <= longestDetail ? text : canonicalJson({ tooLong: text.length, sha256: sha256(text) })
}
