// Owns a device's HTTP port: SOAP log-in and dispatch by namespace, the snapshot, and the ways in which HTTP goes wrong.
// Refuses: operations without a login (except the time; and by the fault `onvif-open`), unknown operations, bodies over 256 kB.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Clock } from '#base/clock.ts'
import { sleep } from '#base/clock.ts'
import type { CameraState } from '../camera-state.ts'
import type { FleetCounters } from '../counters.ts'
import { DigestGate, verifyBasic } from '../digest.ts'
import type { KnockLog } from '../knock-log.ts'
import type { OperationContext, Service } from './context.ts'
import { deviceService } from './device.ts'
import { eventService } from './events.ts'
import { imagingService } from './imaging.ts'
import { mediaService } from './media.ts'
import { media2Service } from './media2.ts'
import { ptzService } from './ptz.ts'
import { PtzHead } from './ptz-head.ts'
import { PullPoints } from './pull-points.ts'
import type { SoapRequest } from './soap.ts'
import { envelope, NAMESPACES, readEnvelope, SoapFault } from './soap.ts'
import { WsseGate } from './wsse.ts'

const LARGEST_BODY = 256 * 1024
const WITHOUT_LOGIN: ReadonlySet<string> = new Set(['GetSystemDateAndTime', 'GetCapabilities', 'GetServices', 'GetHostname'])

export interface OnvifDeps {
  state: CameraState
  clock: Clock
  counters: FleetCounters
  knocks: KnockLog
  /** Known once the RTSP server listens. */
  rtspPort: () => number
}

export class OnvifDevice {
  readonly server: Server
  readonly #deps: OnvifDeps
  readonly #digest: DigestGate
  readonly #wsse = new WsseGate()
  readonly #ptz: PtzHead | null
  readonly #pullPoints: PullPoints

  constructor(deps: OnvifDeps) {
    this.#deps = deps
    const { state, clock } = deps
    this.#digest = new DigestGate({ realm: state.identity.model, qop: true, clock })
    this.#ptz = state.identity.hasPtz ? new PtzHead({ clock }) : null
    this.#pullPoints = new PullPoints({ clock, deviceNow: () => state.deviceNow(), phaseMs: state.identity.index * 1370 })
    this.server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  /** The device's head, for who wants to see what it was told; null when it cannot turn. */
  get head(): PtzHead | null {
    return this.#ptz
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (request.method === 'GET' && path === '/onvif/snapshot') return this.#snapshot(request, response)
    if (request.method !== 'POST' || !path.startsWith('/onvif/')) return void response.writeHead(404).end()
    const body = await readBody(request)
    if (body === null) return void response.writeHead(413, { Connection: 'close' }).end()
    this.#deps.counters.soapRequests++
    const abort = new AbortController()
    response.on('close', () => abort.abort())
    const { state, clock } = this.#deps
    if (state.has('slow-soap')) await sleep(clock, state.value('slow-soap'), abort.signal)
    if (response.destroyed) return
    try {
      const soap = readEnvelope(body)
      if (!soap) throw new SoapFault(400, 'Sender', ['ter:WellFormed'], 'the request is not a well-formed SOAP envelope')
      this.#deps.knocks.add('onvif', soap.operation.local, request.headers.authorization !== undefined || /Security|Username|Password/i.test(body))
      this.#admit(request, soap)
      const answer = await this.#dispatch(soap, request, path, abort.signal)
      this.#send(response, 200, envelope(answer))
    } catch (error) {
      const fault = error instanceof SoapFault ? error : new SoapFault(500, 'Receiver', ['ter:Action'], 'the device failed')
      const challenge = fault.status === 401 ? { 'WWW-Authenticate': this.#digest.challenge() } : {}
      this.#send(response, fault.status, fault.toXml(), challenge)
    }
  }

  /** @throws SoapFault ter:NotAuthorized; with status 401 when HTTP Digest may be tried */
  #admit(request: IncomingMessage, soap: SoapRequest): void {
    const { state } = this.#deps
    if (WITHOUT_LOGIN.has(soap.operation.local) && soap.operation.namespace === NAMESPACES.tds) return
    if (state.has('onvif-open')) return
    const { soapLogin } = state.identity
    if (soapLogin !== 'digest-only') {
      const verdict = this.#wsse.verify(soap.header, state.login, state.deviceNow())
      if (verdict === 'ok') return
      if (verdict !== 'missing') throw new SoapFault(400, 'Sender', ['ter:NotAuthorized'], 'the sender is not authorized')
    }
    if (soapLogin === 'wsse-only') throw new SoapFault(400, 'Sender', ['ter:NotAuthorized'], 'the sender is not authorized')
    if (this.#digest.verify(request.headers.authorization, request.method ?? '', state.login) === 'ok') return
    throw new SoapFault(401, 'Sender', ['ter:NotAuthorized'], 'the sender is not authorized')
  }

  async #dispatch(soap: SoapRequest, request: IncomingMessage, path: string, signal: AbortSignal): Promise<string> {
    const { state, clock, rtspPort } = this.#deps
    const operation = this.#services()[soap.operation.namespace]?.[soap.operation.local]
    if (!operation) throw new SoapFault(400, 'Receiver', ['ter:ActionNotSupported'], 'the device does not know this operation')
    if (state.has('slow-ptz') && soap.operation.namespace === NAMESPACES.tptz) await sleep(clock, state.value('slow-ptz'), signal)
    const port = request.socket.localPort ?? 80
    const host = hostOf(request)
    const context: OperationContext = {
      state, clock, ptz: this.#ptz, pullPoints: this.#pullPoints, operation: soap.operation, path, host,
      httpBase: `http://${host}:${port}`, rtspBase: `rtsp://${host}:${rtspPort()}`, signal,
    }
    return operation(context)
  }

  #services(): Record<string, Service> {
    const { hasMedia2, hasPtz } = this.#deps.state.identity
    return {
      [NAMESPACES.tds]: deviceService,
      [NAMESPACES.trt]: mediaService,
      [NAMESPACES.timg]: imagingService,
      [NAMESPACES.tev]: eventService,
      [NAMESPACES.wsnt]: eventService,
      ...(hasMedia2 ? { [NAMESPACES.tr2]: media2Service } : {}),
      ...(hasPtz ? { [NAMESPACES.tptz]: ptzService } : {}),
    }
  }

  #send(response: ServerResponse, status: number, xml: string, headers: Record<string, string> = {}): void {
    const { state } = this.#deps
    const body = Buffer.from(state.has('malformed-soap') ? `${xml.slice(0, xml.length * 0.7)}<<</tt:&nbsp;` : xml)
    response.writeHead(status, { ...headers, 'Content-Type': 'application/soap+xml; charset=utf-8', 'Content-Length': body.length })
    if (!state.has('reset')) return void response.end(body)
    response.write(body.subarray(0, body.length / 2), () => response.socket?.resetAndDestroy())
  }

  #snapshot(request: IncomingMessage, response: ServerResponse): void {
    const { state, clock } = this.#deps
    const basic = state.has('basic-auth')
    const verdict = basic
      ? verifyBasic(request.headers.authorization, state.login) ? 'ok' : 'refused'
      : this.#digest.verify(request.headers.authorization, 'GET', state.login)
    if (verdict !== 'ok') {
      const challenge = basic ? `Basic realm="${state.identity.model}"` : this.#digest.challenge(verdict === 'stale')
      return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end()
    }
    const { frames } = state.stills()
    const second = state.has('frozen-picture') ? 0 : Math.floor(clock.now() / 1000) % frames.length
    const picture = frames[second]?.units[0] ?? Buffer.alloc(0)
    response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': picture.length })
    response.end(picture)
  }
}

/** The host by which the client asked, if it is a plain host or address; otherwise the address that it reached. */
function hostOf(request: IncomingMessage): string {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d+)?$/i.exec(request.headers.host ?? '')
  return match?.[1] ?? (request.socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '')
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > LARGEST_BODY) return null
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
