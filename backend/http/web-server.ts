// Owns the listening side of the server: plain HTTP/1.1, or TLS with HTTP/2 and HTTP/1.1 on one port, and ending all of it.
// Refuses: what is answered. WebSockets come by HTTP/1.1 in either case; browsers open a connection of their own for them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, Http2ServerRequest, Http2ServerResponse, type Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import express, { type Express } from 'express'

export interface TlsIdentity {
  /** PEM, the server's certificate first, then those that it needs. */
  certificate: Buffer
  /** PEM. */
  key: Buffer
}

export type WebServer = (Server | Http2SecureServer) & { closeAllConnections(): void }

/** What answers upgrades needs of a server of either kind. */
export interface UpgradeSource {
  on(event: 'upgrade', listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown
}

const http1Limits = { keepAliveTimeout: 65_000, headersTimeout: 15_000, requestTimeout: 30_000 }
/** A wall of 36 asks for a playlist and a part of each; one console needs no more. */
const streamsPerConnection = 200
/** An HTTP/2 connection without a request, or a request without a byte, is ended after this. */
const silentConnectionMs = 65_000
const silentStreamMs = 75_000

/** @param makeApp called once for each protocol */
export function createWebServer(makeApp: () => Express, tls: TlsIdentity | null): WebServer {
  if (tls === null) return createServer(http1Limits, makeApp())
  const [http1, http2] = [makeApp(), onHttp2(makeApp())]
  const server = createSecureServer({ cert: tls.certificate, key: tls.key, allowHTTP1: true, settings: { maxConcurrentStreams: streamsPerConnection } })
  // node reads these of the server for the connections that speak HTTP/1.1.
  Object.assign(server, http1Limits)
  const connections = new Set<Socket>()
  server.on('secureConnection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  server.on('session', (session) => session.setTimeout(silentConnectionMs, () => session.close()))
  server.on('stream', (stream) => void stream.setTimeout(silentStreamMs, () => stream.close()))
  server.on('request', (request: IncomingMessage, response: ServerResponse) => (request.httpVersionMajor >= 2 ? http2 : http1)(request, response))
  return Object.assign(server, {
    closeAllConnections: () => {
      for (const socket of connections) socket.destroy()
    },
  })
}

/**
 * express gives every request and answer its own prototypes, and those stand on HTTP/1.1's of node. The same methods are put
 * on HTTP/2's: node's compatibility layer has the rest of what express asks for.
 */
function onHttp2(app: Express): Express {
  Object.setPrototypeOf(app.request, Object.create(Http2ServerRequest.prototype, Object.getOwnPropertyDescriptors(express.request)))
  Object.setPrototypeOf(app.response, Object.create(Http2ServerResponse.prototype, Object.getOwnPropertyDescriptors(express.response)))
  return app
}
