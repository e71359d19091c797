// Owns WS-Discovery for the whole fleet (WS-Discovery 2005/04 as ONVIF Core §7 uses it): one socket answers for every device.
// Refuses: Bye and Resolve; answering strangers when the cameras listen on the loopback address only.
import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import type { SimulatedCamera } from './camera.ts'
import { scopes } from './onvif/device.ts'
import { escapeXml, readEnvelope, textOf } from './onvif/soap.ts'

export const DISCOVERY_GROUP = '239.255.255.250'
export const DISCOVERY_PORT = 3702
const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery'
/** Answers are spread so that a client with a usual receive buffer loses none. */
const ANSWERS_A_STEP = 6
const STEP_MS = 12

export interface DiscoveryDeps {
  cameras: readonly SimulatedCamera[]
  host: string
  port: number
  clock: Clock
  logger: Logger
}

export class DiscoveryResponder {
  readonly #deps: DiscoveryDeps
  #socket: Socket | null = null

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps
  }

  get port(): number | null {
    return this.#socket?.address().port ?? null
  }

  /** Listens on every interface. @returns false when the port cannot be had; the fleet goes on without discovery */
  async start(): Promise<boolean> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.on('message', (message, from) => this.#answer(socket, message, from))
    try {
      const listening = once(socket, 'listening')
      socket.bind(this.#deps.port)
      await listening
    } catch (error) {
      this.#deps.logger.warn({ error, port: this.#deps.port }, 'WS-Discovery is not answered: the port cannot be had')
      socket.close()
      return false
    }
    socket.on('error', (error) => this.#deps.logger.warn({ error }, 'WS-Discovery socket'))
    for (const address of ownAddresses()) {
      try {
        socket.addMembership(DISCOVERY_GROUP, address)
      } catch {
        // an interface without multicast is not asked on
      }
    }
    this.#socket = socket
    return true
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = null
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  #answer(socket: Socket, message: Buffer, from: RemoteInfo): void {
    const { cameras, host, clock } = this.#deps
    if (isLoopback(host) && !isLoopback(from.address) && !ownAddresses().includes(from.address)) return
    const probe = readProbe(message.toString('utf8'))
    if (!probe) return
    const address = isLoopback(host) || host !== '0.0.0.0' ? host : addressTowards(from.address)
    const waiting = cameras.filter((camera) => camera.state.powered && matches(probe, camera))
    const step = () => {
      if (this.#socket !== socket) return
      for (const camera of waiting.splice(0, ANSWERS_A_STEP)) socket.send(probeMatches(camera, address, probe.messageId), from.port, from.address)
      if (waiting.length > 0) clock.after(STEP_MS, step)
    }
    step()
  }
}

export interface Probe {
  messageId: string
  /** Local names of the asked types; empty = any. */
  types: string[]
  scopes: string[]
}

/** A Probe, or null when the datagram is something else. */
export function readProbe(xml: string): Probe | null {
  const request = readEnvelope(xml)
  if (!request || request.operation.local !== 'Probe' || request.operation.namespace !== DISCOVERY) return null
  const words = (text: string | null) => (text ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    messageId: textOf(request.header, 'MessageID') ?? '',
    types: words(textOf(request.operation, 'Types')).map((type) => type.replace(/^.*:/, '')),
    scopes: words(textOf(request.operation, 'Scopes')),
  }
}

function matches(probe: Probe, camera: SimulatedCamera): boolean {
  const own = scopes(camera.state)
  const typed = probe.types.every((type) => type === 'NetworkVideoTransmitter' || type === 'Device')
  return typed && probe.scopes.every((asked) => own.some((scope) => scope === asked || scope.startsWith(`${asked.replace(/\/$/, '')}/`)))
}

function probeMatches(camera: SimulatedCamera, address: string, relatesTo: string): string {
  const { mac } = camera.state.identity
  const uuid = deviceUuid(mac)
  return (
    `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="${DISCOVERY}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">` +
    `<e:Header><w:MessageID>urn:uuid:${crypto.randomUUID()}</w:MessageID><w:RelatesTo>${escapeXml(relatesTo)}</w:RelatesTo><w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To><w:Action>${DISCOVERY}/ProbeMatches</w:Action></e:Header>` +
    `<e:Body><d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>urn:uuid:${uuid}</w:Address></w:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>${scopes(camera.state).map(escapeXml).join(' ')}</d:Scopes><d:XAddrs>http://${address}:${camera.onvifPort}/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>`
  )
}

/** Stable per device: the MAC at the end of a fixed prefix, as many cameras do it. */
export function deviceUuid(mac: string): string {
  return `00010010-0001-1020-8000-${mac.replaceAll(':', '')}`
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.')
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address))
}

/** Our address in the asker's network, or the first outward one. */
function addressTowards(remote: string): string {
  if (isLoopback(remote)) return '127.0.0.1'
  const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal))
  const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const near = own.find(({ address, netmask }) => (number(address) & number(netmask)) === (number(remote) & number(netmask)))
  return near?.address ?? own[0]?.address ?? '127.0.0.1'
}
