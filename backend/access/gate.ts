// Owns the answer to the http room's questions: who is behind a cookie or ticket, the one policy, and when it ends.
import type { Gate } from '../http/index.ts'
import { may } from './access-policy.ts'
import type { LiveRights } from './live-rights.ts'
import type { SessionReader } from './session-reader.ts'
import type { StreamTickets } from './stream-ticket.ts'

export function createGate(deps: { reader: SessionReader; tickets: StreamTickets; rights: LiveRights }): Gate {
  const { reader, tickets, rights } = deps
  return {
    bySessionToken: (token, use = 'request') => reader.byToken(token, use),
    async byStreamTicket(value) {
      const ticket = tickets.read(value)
      if (ticket === null) return null
      const principal = await reader.byId(ticket.sessionId, 'live-request')
      return principal === null ? null : { ...principal, ticket: { cameraId: ticket.cameraId, stream: ticket.stream } }
    },
    may: (principal, permission) => may(principal, permission),
    untilEnd: (principal, live, cut) => rights.hold({ principal, live, cut: (reason) => cut(reason === 'unavailable' ? 'unavailable' : 'ended') }),
  }
}
