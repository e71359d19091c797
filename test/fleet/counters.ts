// Owns the fleet's running totals. Refuses: histories; who wants a rate asks twice.

export interface FleetCounters {
  framesSent: number
  bytesSent: number
  framesDropped: number
  soapRequests: number
  rtspConnections: number
}

export function newCounters(): FleetCounters {
  return { framesSent: 0, bytesSent: 0, framesDropped: 0, soapRequests: 0, rtspConnections: 0 }
}
