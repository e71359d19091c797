// Owns a line between browser and server like some in the field: a proxy that speaks HTTP/1.1 only and lets no WebSocket
// through. It counts what is under way. Refuses: changing or keeping anything of what it passes on.
import { Agent, createServer, request as ask, type IncomingMessage } from 'node:http'

export interface NarrowLine {
  origin: string
  /** Requests that have no whole answer yet, by path. */
  underWay(): string[]
  /** Share of the time, since the line was opened, in which more than `count` requests for media were under way. */
  shareBeyond(count: number): number
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
  /** Ms that went by with so many requests for media under way, by their number. */
  const mediaMs = new Map<number, number>()
  let [media, changedMs] = [0, performance.now()]
  const mediaBy = (change: number, incoming: IncomingMessage) => {
    if (!pathOf(incoming).startsWith('/media/')) return
    const nowMs = performance.now()
    mediaMs.set(media, (mediaMs.get(media) ?? 0) + nowMs - changedMs)
    changedMs = nowMs
    media += change
  }
  let refused = 0
  const server = createServer((incoming, outgoing) => {
    underWay.add(incoming)
    asked.set(pathOf(incoming), (asked.get(pathOf(incoming)) ?? 0) + 1)
    mediaBy(1, incoming)
    const onward = ask({ hostname, port, agent, method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: incoming.headers })
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => {
      underWay.delete(incoming)
      mediaBy(-1, incoming)
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
    shareBeyond(count) {
      const sum = (entries: [number, number][]) => entries.reduce((total, [, ms]) => total + ms, 0)
      return sum([...mediaMs].filter(([number]) => number > count)) / Math.max(1, sum([...mediaMs]))
    },
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
