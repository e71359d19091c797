// Owns the management listener: /metrics, /healthz and /readyz for the people who run the server, on an address of its own.
// Refuses: anything about cameras or persons; it has no sign-in and must be bound to a management network.
import { createServer, type Server } from 'node:http'

export interface ManagementDeps {
  ready: () => Promise<{ ready: boolean; reason: string }>
  metrics: () => Promise<string>
}

export function createManagementServer(deps: ManagementDeps): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<{ status: number; type: string; text: string }> => {
      if (request.method !== 'GET') return { status: 405, type: 'text/plain', text: 'GET only' }
      if (request.url === '/healthz') return { status: 200, type: 'text/plain', text: 'alive' }
      if (request.url === '/metrics') return { status: 200, type: 'text/plain; version=0.0.4', text: await deps.metrics() }
      if (request.url !== '/readyz') return { status: 404, type: 'text/plain', text: 'not here' }
      const { ready, reason } = await deps.ready()
      return { status: ready ? 200 : 503, type: 'text/plain', text: reason }
    }
    answer().then(
      ({ status, type, text }) => response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text),
      () => response.writeHead(503, { 'Content-Type': 'text/plain' }).end('not ready'),
    )
  })
}
