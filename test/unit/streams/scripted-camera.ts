// Owns a small RTSP camera for tests of the media plane: login, one H.264 (or any given RTP) track over interleaved
// TCP, and misbehaviour on demand. The simulated fleet is the real thing; this one can break every rule.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'

export interface CameraScript {
  /** What DESCRIBE and the rest ask for. */
  login?: 'none' | 'digest-md5' | 'digest-sha256' | 'basic' | 'both'
  username?: string
  password?: string
  /** Access units (each a list of NAL units without start codes) and how they are paced. */
  loop?: { units: readonly (readonly Buffer[])[]; fps: number }
  /** Replaces the SDP's video section control and the base. */
  control?: string
  contentBase?: string
  sdpExtra?: string
  /** a=rtpmap line's encoding; H264 by default. */
  encoding?: string
  redirectTo?: string
  /** Bytes written instead of an answer to DESCRIBE. */
  describeRaw?: Buffer
  /** Requests that get no answer. */
  mute?: ReadonlySet<string>
  /** Status lines that requests get instead of what they ask for. */
  refuse?: ReadonlyMap<string, string>
  /** PLAY is answered, then nothing comes. */
  silent?: boolean
  /** Written together with the answer to PLAY, the rest of it shortly after. */
  withPlay?: { first: Buffer; rest: Buffer }
  /** The access units of another loop follow after so many units (parameter sets change). */
  switchTo?: { afterUnits: number; loop: { units: readonly (readonly Buffer[])[]; fps: number } }
  /** Written behind every access unit, between interleaved frames. */
  between?: Buffer
  /** A nonce is good for so many requests, then 401 stale. */
  nonceUses?: number
  /** First unit to send; not a key frame = mid-GOP join. */
  startUnit?: number
  omitParameterSets?: boolean
}

export interface SeenRequest {
  method: string
  url: string
  headers: Map<string, string>
}

interface Client {
  socket: Socket
  timer?: NodeJS.Timeout
  nonce: string
  nonceUses: number
}

const SSRC = 0x1234abcd

export class ScriptedCamera {
  script: CameraScript
  readonly requests: SeenRequest[] = []
  connections = 0
  #server: Server | undefined
  #port = 0
  #coming: CameraScript['loop']
  readonly #clients = new Set<Client>()

  constructor(script: CameraScript = {}) {
    this.script = script
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.#port}/live`
  }

  async start(port = this.#port): Promise<this> {
    this.#server = createServer((socket) => this.#accept(socket))
    await new Promise<void>((resolve) => this.#server?.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address && typeof address === 'object') this.#port = address.port
    return this
  }

  /** Gone: the port closes, connections break. `start()` brings it back on the same port. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.socket.destroy()
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
  }

  /** Sends nothing more on the running sessions, connections stay. */
  freeze(): void {
    for (const client of this.#clients) clearInterval(client.timer)
  }

  /** From the loop's next beginning on, the running and later sessions get its pictures (parameter sets change). */
  switchNow(loop: NonNullable<CameraScript['loop']>): void {
    this.#coming = loop
  }

  /** An RTCP sender report on each running session, as cameras send it whether their encoder works or not. */
  report(): void {
    for (const client of this.#clients) client.socket.write(Buffer.concat([Buffer.from([0x24, 1, 0, 28, 0x80, 200, 0, 6]), Buffer.alloc(24)]))
  }

  #accept(socket: Socket): void {
    this.connections++
    const client: Client = { socket, nonce: randomBytes(8).toString('hex'), nonceUses: 0 }
    this.#clients.add(client)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(client.timer)
      this.#clients.delete(client)
    })
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        while (pending[0] === 0x24 && pending.length >= 4 && pending.length >= 4 + pending.readUInt16BE(2)) pending = pending.subarray(4 + pending.readUInt16BE(2))
        const end = pending.indexOf('\r\n\r\n')
        if (pending[0] === 0x24 || end < 0) return
        const [start = '', ...lines] = pending.toString('latin1', 0, end).split('\r\n')
        pending = pending.subarray(end + 4)
        const [method = '', url = ''] = start.split(' ')
        const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
        const request = { method, url, headers }
        this.requests.push(request)
        if (!this.script.mute?.has(method)) this.#answer(client, request)
      }
    })
  }

  #answer(client: Client, request: SeenRequest): void {
    const { script } = this
    const cseq = request.headers.get('cseq') ?? '0'
    const reply = (status: string, headers: string[] = [], body = '') => {
      const length = body ? [`Content-Length: ${Buffer.byteLength(body)}`] : []
      client.socket.write(`${[`RTSP/1.0 ${status}`, `CSeq: ${cseq}`, ...headers, ...length].join('\r\n')}\r\n\r\n${body}`)
    }
    const refused = script.refuse?.get(request.method)
    if (refused !== undefined) return reply(refused)
    if (request.method === 'OPTIONS') return reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER'])
    const refusal = this.#refusal(client, request)
    if (refusal) return reply('401 Unauthorized', refusal)
    if (request.method === 'DESCRIBE') {
      if (script.redirectTo) return reply('302 Moved', [`Location: ${script.redirectTo}`])
      if (script.describeRaw) {
        client.socket.write(script.describeRaw)
        return
      }
      return reply('200 OK', ['Content-Type: application/sdp', `Content-Base: ${script.contentBase ?? `${request.url}/`}`], this.#sdp())
    }
    if (request.method === 'SETUP') return reply('200 OK', ['Session: 7654321;timeout=60', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1'])
    if (request.method === 'PLAY') {
      const { withPlay } = script
      client.socket.cork()
      reply('200 OK', ['Session: 7654321', 'RTP-Info: url=/live;seq=1'])
      if (withPlay) client.socket.write(withPlay.first)
      client.socket.uncork()
      if (withPlay) setTimeout(() => client.socket.write(withPlay.rest), 20)
      if (!script.silent) this.#play(client)
      return
    }
    reply('200 OK')
  }

  #refusal(client: Client, request: SeenRequest): string[] | null {
    const { login = 'none', username = 'admin', password = '' } = this.script
    if (login === 'none') return null
    if (login === 'basic') return ['WWW-Authenticate: Basic realm="cam"']
    const algorithm = login === 'digest-sha256' ? 'SHA-256' : 'MD5'
    const offer = (stale: boolean) => [
      ...(login === 'both' ? ['WWW-Authenticate: Basic realm="cam"'] : []),
      `WWW-Authenticate: Digest realm="cam", nonce="${client.nonce}", algorithm=${algorithm}${algorithm === 'SHA-256' ? ', qop="auth"' : ''}${stale ? ', stale=true' : ''}`,
    ]
    const authorization = request.headers.get('authorization')
    if (!authorization) return offer(false)
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)"?`).exec(authorization)?.[1] ?? ''
    const hash = (text: string) => createHash(algorithm === 'MD5' ? 'md5' : 'sha256').update(text).digest('hex')
    const tail = hash(`${request.method}:${field('uri')}`)
    const head = hash(`${username}:cam:${password}`)
    const expected = algorithm === 'MD5' ? hash(`${head}:${client.nonce}:${tail}`) : hash(`${head}:${client.nonce}:${field('nc')}:${field('cnonce')}:auth:${tail}`)
    if (field('nonce') === client.nonce && ++client.nonceUses > (this.script.nonceUses ?? Infinity)) {
      client.nonce = randomBytes(8).toString('hex')
      client.nonceUses = 0
      return offer(true)
    }
    return field('response') === expected ? null : offer(false)
  }

  #sdp(): string {
    const { loop, control = 'track1', encoding = 'H264', omitParameterSets, sdpExtra } = this.script
    const sets = loop?.units[0]?.filter((nal) => [7, 8].includes((nal[0] ?? 0) & 31)).map((nal) => nal.toString('base64')) ?? []
    const sets265 = [32, 33, 34].map((type) => loop?.units[0]?.find((nal) => ((nal[0] ?? 0) >> 1) === type)?.toString('base64') ?? '')
    const fmtp = encoding === 'H265' ? [`a=fmtp:96 sprop-vps=${sets265[0]};sprop-sps=${sets265[1]};sprop-pps=${sets265[2]}`] : encoding === 'H264' ? [`a=fmtp:96 packetization-mode=1${omitParameterSets ? '' : `;sprop-parameter-sets=${sets.join(',')}`}`] : []
    return ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=<img src=x onerror=alert(1)>', 't=0 0', 'a=control:*', 'm=video 0 RTP/AVP 96', `a=rtpmap:96 ${encoding}/90000`, ...fmtp, `a=control:${control}`, ...(sdpExtra ? [sdpExtra] : []), ''].join('\r\n')
  }

  #play(client: Client): void {
    const { loop, startUnit = 0 } = this.script
    if (!loop) return
    let sequence = 1
    const startedAt = performance.now()
    let sent = 0
    client.timer = setInterval(() => {
      // Paced by the clock, not by the timer's period, as a camera is.
      const due = Math.floor(((performance.now() - startedAt) / 1000) * loop.fps) + 1
      for (; sent < due; sent++) {
        if (this.#coming && (startUnit + sent) % this.#coming.units.length === 0) {
          this.script = { ...this.script, switchTo: { afterUnits: sent, loop: this.#coming } }
          this.#coming = undefined
        }
        const { switchTo } = this.script
        const units = switchTo && sent >= switchTo.afterUnits ? switchTo.loop.units : loop.units
        const unit = units[(startUnit + sent) % units.length] ?? []
        const packets = packetize(this.script.encoding === 'H265', unit, 9000 + Math.round((sent * 90_000) / loop.fps), () => sequence++ & 0xffff)
        client.socket.write(Buffer.concat(this.script.between ? [...packets, this.script.between] : packets))
      }
    }, 10)
  }
}

/** Interleaved RTP packets, heads and payloads in turn. @see RFC 6184 §5.6, §5.8 and RFC 7798 §4.4.3 */
export function packetize(h265: boolean, nals: readonly Buffer[], timestamp: number, nextSequence: () => number): Buffer[] {
  const packets: Buffer[] = []
  const emit = (payload: Buffer, marker: boolean) => {
    const head = Buffer.alloc(16)
    head[0] = 0x24
    head.writeUInt16BE(12 + payload.length, 2)
    head[4] = 0x80
    head[5] = 96 | (marker ? 0x80 : 0)
    head.writeUInt16BE(nextSequence(), 6)
    head.writeUInt32BE(timestamp >>> 0, 8)
    head.writeUInt32BE(SSRC, 12)
    packets.push(head, payload)
  }
  nals.forEach((nal, index) => {
    const last = index === nals.length - 1
    if (nal.length <= 1400) return emit(nal, last)
    const first = nal[0] ?? 0
    const header = h265 ? [(first & 0x81) | (49 << 1), nal[1] ?? 1] : [(first & 0xe0) | 28]
    const type = h265 ? (first >> 1) & 63 : first & 31
    const skip = header.length
    for (let at = skip; at < nal.length; at += 1400) {
      const end = Math.min(nal.length, at + 1400)
      const flags = (at === skip ? 0x80 : 0) | (end === nal.length ? 0x40 : 0)
      emit(Buffer.concat([Buffer.from([...header, flags | type]), nal.subarray(at, end)]), last && end === nal.length)
    }
  })
  return packets
}

/** Splits an Annex B byte stream into access units; each begins with its parameter sets, if it has any. */
export function accessUnits(annexB: Buffer, codec: 'h264' | 'h265' = 'h264'): Buffer[][] {
  const starts: number[] = []
  for (let at = annexB.indexOf('\0\0\x01', 0, 'latin1'); at >= 0; at = annexB.indexOf('\0\0\x01', at + 3, 'latin1')) starts.push(at + 3)
  const nals = starts.map((start, index) => {
    let end = starts[index + 1] === undefined ? annexB.length : (starts[index + 1] ?? 0) - 3
    while (end > start && annexB[end - 1] === 0) end--
    return annexB.subarray(start, end)
  })
  const units: Buffer[][] = []
  let waiting: Buffer[] = []
  for (const nal of nals) {
    const type = codec === 'h265' ? ((nal[0] ?? 0) >> 1) & 63 : (nal[0] ?? 0) & 31
    if (type === (codec === 'h265' ? 35 : 9)) continue
    waiting.push(nal)
    if (codec === 'h265' ? type < 32 : type === 1 || type === 5) {
      units.push(waiting)
      waiting = []
    }
  }
  return units
}
