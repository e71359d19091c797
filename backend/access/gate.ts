// Owns the answer to the http room's questions: who is behind a cookie or ticket, and the one policy.
import type { Gate } from '../http/index.ts'
import { may } from './access-policy.ts'
import type { SessionService } from './session-service.ts'
import type { StreamTickets } from './stream-ticket.ts'

export function createGate(deps: { sessions: SessionService; tickets: StreamTickets }): Gate {
  return {
    bySessionToken: (token) => deps.sessions.bySessionToken(token),
    async byStreamTicket(value) {
      const ticket = deps.tickets.read(value)
      if (ticket === null) return null
      const principal = await deps.sessions.bySessionId(ticket.sessionId)
      return principal === null ? null : { ...principal, ticket: { cameraId: ticket.cameraId, stream: ticket.stream } }
    },
    may: (principal, permission) => may(principal, permission),
  }
}
