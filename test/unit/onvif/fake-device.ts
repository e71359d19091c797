// Owns a small ONVIF device for tests: answers well by default, and any operation's answer can be replaced by a bad one.
// Refuses: being complete; the simulated fleet is the independent device.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  operation: string
  authorization: string | undefined
  body: string
}
export type Reply = (request: SeenRequest, response: ServerResponse, incoming: IncomingMessage) => void

export interface FakeDeviceOptions {
  username?: string
  password?: string
  /** Milliseconds by which the device's clock is ahead. */
  clockOffsetMs?: number
  login?: 'token' | 'digest' | 'basic'
  digestAlgorithm?: 'MD5' | 'SHA-256'
  replies?: Record<string, Reply>
}

export function envelope(body: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>${body}</s:Body></s:Envelope>`
}

export function soapFault(subcode: string): string {
  return envelope(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>`,
  )
}

export class FakeDevice {
  readonly seen: SeenRequest[] = []
  readonly options: FakeDeviceOptions
  readonly #server = http.createServer((request, response) => this.#take(request, response))

  private constructor(options: FakeDeviceOptions) {
    this.options = options
  }

  static async start(options: FakeDeviceOptions = {}): Promise<FakeDevice> {
    const device = new FakeDevice(options)
    device.#server.listen(0, '127.0.0.1')
    await once(device.#server, 'listening')
    return device
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body><q:(\w+)/.exec(body)?.[1] ?? ''
    const seen = { operation, authorization: request.headers.authorization, body }
    this.seen.push(seen)
    const reply = this.options.replies?.[operation]
    if (reply) return reply(seen, response, request)
    if (operation === 'GetSystemDateAndTime') return void response.end(envelope(this.clockAnswer()))
    const refusal = this.#refusal(seen)
    if (refusal) {
      if (refusal.challenge) response.setHeader('WWW-Authenticate', refusal.challenge)
      response.statusCode = refusal.status
      return void response.end(refusal.challenge ? '' : soapFault('NotAuthorized'))
    }
    const answer = this.answers()[operation]
    if (answer) response.end(envelope(answer))
    else {
      response.statusCode = 500
      response.end(soapFault('ActionNotSupported'))
    }
  }

  clockAnswer(): string {
    const now = new Date(Date.now() + (this.options.clockOffsetMs ?? 0))
    return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
  }

  answers(): Record<string, string> {
    const here = `http://127.0.0.1:${this.port}`
    const video = (encoding: string, width: number, height: number) =>
      `<tt:VideoEncoderConfiguration><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration>`
    return {
      GetDeviceInformation:
        '<tds:GetDeviceInformationResponse><tds:Manufacturer>Maker</tds:Manufacturer><tds:Model>M&#49;</tds:Model><tds:FirmwareVersion>2.0</tds:FirmwareVersion><tds:SerialNumber>S-1</tds:SerialNumber></tds:GetDeviceInformationResponse>',
      GetNetworkInterfaces:
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces><tt:Info><tt:HwAddress>02:aa:bb:cc:dd:ee</tt:HwAddress></tt:Info></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>',
      GetServices: `<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace><tds:XAddr>${here}/onvif/media</tds:XAddr></tds:Service></tds:GetServicesResponse>`,
      GetProfiles: `<trt:GetProfilesResponse><trt:Profiles token="p0"><tt:Name>one</tt:Name>${video('H264', 1920, 1080)}</trt:Profiles><trt:Profiles token="p1"><tt:Name>two</tt:Name>${video('H264', 640, 360)}</trt:Profiles></trt:GetProfilesResponse>`,
      GetStreamUri: `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://127.0.0.1:8554/live?channel=1&amp;q=2</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`,
    }
  }

  #refusal(seen: SeenRequest): { status: number; challenge?: string[] } | undefined {
    const { username = 'admin', password, login = 'token', digestAlgorithm = 'MD5' } = this.options
    if (password === undefined) return undefined
    if (login === 'basic') return { status: 401, challenge: ['Basic realm="camera"'] }
    if (login === 'token') return this.#tokenFits(seen.body, username, password) ? undefined : { status: 400 }
    const fields = new Map([...(seen.authorization ?? '').matchAll(/(\w+)="?([^",]*)"?/g)].map((pair) => [pair[1], pair[2]]))
    const hash = (text: string) => createHash(digestAlgorithm === 'MD5' ? 'md5' : 'sha256').update(text).digest('hex')
    const place = hash(`POST:${fields.get('uri')}`)
    const expected = hash(`${hash(`${username}:cam:${password}`)}:n1:${fields.get('nc')}:${fields.get('cnonce')}:auth:${place}`)
    if (fields.get('response') === expected) return undefined
    return { status: 401, challenge: ['Basic realm="cam"', `Digest realm="cam", qop="auth", nonce="n1", algorithm=${digestAlgorithm}`] }
  }

  #tokenFits(body: string, username: string, password: string): boolean {
    const pick = (name: string) =>
      (new RegExp(`<wss?[eu]:${name}(?: [^>]*)?>([^<]*)<`).exec(body)?.[1] ?? '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    const created = pick('Created')
    const lateMs = Math.abs(Date.parse(created) - Date.now() - (this.options.clockOffsetMs ?? 0))
    const digest = createHash('sha1').update(Buffer.from(pick('Nonce'), 'base64')).update(created).update(password).digest('base64')
    return pick('Username') === username && pick('Password') === digest && lateMs < 5_000
  }
}
