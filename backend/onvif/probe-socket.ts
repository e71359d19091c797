// Owns one UDP socket that sends WS-Discovery probes and hands over what comes back.
// Refuses: interpreting addresses; throwing for a network that cannot be sent to (an interface may go at any time).
import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { discoveryPort, multicastAddress, probeMessage, readProbeMatches, type ProbeMatch } from './ws-discovery.ts'

export class ProbeSocket {
  readonly #socket: Socket
  readonly #port: number

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
  }

  /**
   * @param options `address` is the interface to send from, `0.0.0.0` for unicast only; `port` is where devices listen
   * (3702 unless told). Rejects when the address cannot be bound.
   */
  static async open(options: { address: string; port?: number; onMatch: (match: ProbeMatch, from: string) => void }): Promise<ProbeSocket> {
    const socket = createSocket('udp4')
    socket.bind(0, options.address)
    await once(socket, 'listening')
    socket.on('error', () => {})
    socket.on('message', (datagram, from) => {
      for (const match of readProbeMatches(datagram)) options.onMatch(match, from.address)
    })
    try {
      if (options.address !== '0.0.0.0') socket.setMulticastInterface(options.address)
      socket.setMulticastTTL(1)
      // Hundreds of devices answer within half a second; the default buffer holds fewer answers than that.
      socket.setRecvBufferSize(4 * 1024 * 1024)
    } catch {
      // Not every interface knows multicast; unicast answers still arrive.
    }
    return new ProbeSocket(socket, options.port ?? discoveryPort)
  }

  /** Sends one probe with a fresh message id; resolves when it has left or could not. */
  probe(to: string = multicastAddress): Promise<void> {
    return new Promise((resolve) => this.#socket.send(probeMessage(randomUUID()), this.#port, to, () => resolve()))
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }
}
