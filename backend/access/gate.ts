// Owns the answer to the http room's questions: who is behind a cookie or ticket, the one policy, and when it ends.
import type { Clock } from '#base/clock.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Gate, Principal, UnderWay } from '../http/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'
import { may } from './access-policy.ts'
import type { CutReason, LiveRights } from './live-rights.ts'
import type { SessionReader } from './session-reader.ts'
import type { StreamTickets } from './stream-ticket.ts'

export interface GateDeps {
  storage: Storage
  clock: Clock
  trail: AuditTrail
  reader: SessionReader
  tickets: StreamTickets
  rights: LiveRights
  onListenerError: (error: unknown) => void
}

export function createGate(deps: GateDeps): Gate {
  const { storage, clock, trail, reader, tickets, rights, onListenerError } = deps
  const record = (principal: Principal, { path, ip, bytes }: UnderWay, reason: CutReason, endedAtMs: number) => {
    const detail = { path, reason, bytes: bytes(), rightEndedAt: toInstant(endedAtMs), cutAt: toInstant(clock.now()) }
    return storage.transaction((tx) => trail.record(tx, { ...principal, ip }, { action: 'session.cut', targetKind: 'session', targetId: principal.sessionId, targetName: principal.displayName, detail }))
  }
  return {
    bySessionToken: (token, use = 'request') => reader.byToken(token, use),
    async byStreamTicket(value) {
      const ticket = tickets.read(value)
      if (ticket === null) return null
      const principal = await reader.byId(ticket.sessionId, 'live-request')
      return principal === null ? null : { ...principal, ticket: { cameraId: ticket.cameraId, stream: ticket.stream } }
    },
    may: (principal, permission) => may(principal, permission),
    untilEnd: (principal, what, cut) =>
      rights.hold({
        principal,
        live: what.live,
        cut: (reason, endedAtMs) => {
          const recorded = what.live ? null : record(principal, what, reason, endedAtMs)
          cut(reason === 'unavailable' ? 'unavailable' : 'ended')
          recorded?.catch(onListenerError)
        },
      }),
  }
}
