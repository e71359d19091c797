// Owns a line between browser and server like some in the field: a proxy that speaks HTTP/1.1 only and lets no WebSocket
// through. It counts what is under way. Refuses: changing or keeping anything of what it passes on.
import { Agent, createServer, request as ask, type IncomingMessage } from 'node:http'

export interface NarrowLine {
  origin: string
  /** Requests that have no whole answer yet, by path. */
  underWay(): string[]
  /** Most requests for media that were under way at once. */
  mostMedia(): number
  /** How often each path, without its query, was asked for. */
  asked: ReadonlyMap<string, number>
  /** Upgrades that were refused. */
  refused(): number
  close(): Promise<void>
}

export async function openNarrowLine(serverOrigin: string): Promise<NarrowLine> {
  const { hostname, port } = new URL(serverOrigin)
  const agent = new Agent({ keepAlive: true })
  const underWay = new Set<IncomingMessage>()
  const asked = new Map<string, number>()
  let mostMedia = 0
  let refused = 0
  const server = createServer((incoming, outgoing) => {
    underWay.add(incoming)
    asked.set(pathOf(incoming), (asked.get(pathOf(incoming)) ?? 0) + 1)
    mostMedia = Math.max(mostMedia, [...underWay].filter((one) => pathOf(one).startsWith('/media/')).length)
    const onward = ask({ hostname, port, agent, method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: incoming.headers })
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => {
      underWay.delete(incoming)
      if (!outgoing.writableFinished) onward.destroy()
    })
    incoming.pipe(onward)
  })
  server.on('upgrade', (_request, socket) => {
    refused++
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    underWay: () => [...underWay].map(pathOf),
    mostMedia: () => mostMedia,
    asked,
    refused: () => refused,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      agent.destroy()
    },
  }
}

const pathOf = ({ url }: IncomingMessage): string => (url ?? '').split('?', 1)[0] ?? ''
