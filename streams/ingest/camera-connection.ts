// Owns one TCP (or TLS) connection to a camera: requests in order with Digest, interleaved media passed on.
// Refuses: redirects, Basic, names instead of the pinned address, answers that never come.
import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock, Timer } from '#base/clock.ts'
import { StreamFault } from '../stream-fault.ts'
import type { StreamSource } from '../media-plane.ts'
import type { RtspTarget } from './rtsp-address.ts'
import { chooseChallenge, digestAuthorization, type DigestChallenge } from './rtsp-digest.ts'
import { RtspSplitter, type RtspMessage } from './rtsp-splitter.ts'

export interface RtspResponse {
  status: number
  reason: string
  headers: ReadonlyMap<string, readonly string[]>
  body: Buffer
}

export interface CameraConnectionDeps {
  clock: Clock
  /** Fresh hexadecimal randomness for the Digest's client nonce. */
  newNonce: () => string
  connectTimeoutMs: number
  answerTimeoutMs: number
}

interface Waiting {
  resolve(response: RtspResponse): void
  reject(error: StreamFault): void
  timer: Timer
}

const READ_BYTES = 32 * 1024

export class CameraConnection {
  readonly #deps: CameraConnectionDeps
  readonly #target: RtspTarget
  readonly #credential: StreamSource['credential']
  readonly #waiting = new Map<number, Waiting>()
  readonly #splitter: RtspSplitter
  #socket: Socket | undefined
  #challenge: DigestChallenge | null = null
  #nonceCount = 0
  #sequence = 0
  #ended: StreamFault | undefined
  /** Media as it came. True = the memory is still needed after the call; otherwise it is read into again. */
  onMedia: (run: Buffer) => boolean = () => false
  /** So many bytes came that were neither media nor an answer. */
  onLost: (bytes: number) => void = () => {}
  /** So many bytes came of messages, whether they answer anything or not. */
  onTalk: (bytes: number) => void = () => {}
  /** Memory for reading: taking new one for every read costs more than all that is done with it. */
  #reading: Buffer | null = null
  /** An answer was found in the byte stream: what `onMedia` hands on from now came after it. */
  onAnswer: () => void = () => {}
  onEnd: (fault: StreamFault) => void = () => {}

  constructor(deps: CameraConnectionDeps, target: RtspTarget, credential: StreamSource['credential']) {
    this.#deps = deps
    this.#target = target
    this.#credential = credential
    this.#splitter = new RtspSplitter({
      onMessage: (message) => this.#receive(message),
      onMedia: (run) => {
        if (this.onMedia(run)) this.#reading = null
      },
      onLost: (bytes) => this.onLost(bytes),
      onTalk: (bytes) => this.onTalk(bytes),
      onMalformed: (reason) => this.#finish(new StreamFault('rtsp_malformed', reason)),
    })
  }

  /** @throws StreamFault unreachable */
  connect(): Promise<void> {
    const { address, port, tls } = this.#target
    return new Promise((resolve, reject) => {
      // Cameras' certificates are self-signed; TLS here keeps listeners out, the pinned address names the camera.
      const socket = tls ? connectTls({ host: address, port, rejectUnauthorized: false }) : connectTcp({ host: address, port, onread: this.#readInto() })
      this.#socket = socket
      socket.setNoDelay(true)
      let connected = false
      const timer = this.#deps.clock.after(this.#deps.connectTimeoutMs, () => socket.destroy(new Error('connect timeout')))
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        connected = true
        timer.cancel()
        resolve()
      })
      socket.on('error', () => {}) // 'close' follows and tells the story
      socket.once('close', () => {
        timer.cancel()
        const fault = connected
          ? new StreamFault('stream_reset', 'the camera closed the RTSP connection')
          : new StreamFault('unreachable', 'no connection to the RTSP port')
        reject(fault)
        this.#finish(fault)
      })
      if (tls) socket.on('data', (chunk: Buffer) => this.#splitter.push(chunk))
    })
  }

  /**
   * Sends a request, logging in if the camera asks, and gives its final answer (2xx, 4xx or 5xx).
   * @throws StreamFault rtsp_silent, rtsp_refused, auth_downgrade, rtsp_redirected, rtsp_malformed, stream_reset
   */
  async request(method: string, url: string, headers: Record<string, string>): Promise<RtspResponse> {
    const usedNonce = this.#challenge?.nonce ?? null
    const first = await this.#exchange(method, url, headers)
    if (first.status !== 401) return this.#judge(first)
    const choice = chooseChallenge(first.headers.get('www-authenticate') ?? [])
    if (choice.kind === 'basic-only') throw new StreamFault('auth_downgrade', 'the camera asks for the password in clear text')
    if (choice.kind === 'unknown') throw new StreamFault('rtsp_refused', 'the camera asks for a login that we do not know')
    if (!this.#credential) throw new StreamFault('rtsp_refused', 'the camera wants a login and there is none')
    // The same nonce again means that the password is wrong; a new one means that the old one ran out.
    if (usedNonce !== null && !choice.challenge.stale && choice.challenge.nonce === usedNonce) throw wrongPassword()
    this.#challenge = choice.challenge
    this.#nonceCount = 0
    const second = await this.#exchange(method, url, headers)
    if (second.status === 401) throw wrongPassword()
    return this.#judge(second)
  }

  #readInto(): OnReadOpts {
    return {
      buffer: () => (this.#reading ??= Buffer.allocUnsafeSlow(READ_BYTES)),
      callback: (count, buffer) => {
        this.#splitter.push(Buffer.from(buffer.buffer, buffer.byteOffset, count))
        return true
      },
    }
  }

  /** Bytes that the client sends to the camera beside requests (RTCP reports). */
  writeMedia(run: Buffer): void {
    this.#socket?.write(run)
  }

  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  /** Ends the connection. With `farewell` (URL and session) a TEARDOWN goes out first, so that the camera frees its place at once. */
  close(farewell?: { url: string; session: string }): void {
    const socket = this.#socket
    if (!socket || socket.destroyed) return
    this.#ended ??= new StreamFault('stream_reset', 'closed by us')
    if (farewell && socket.writable) {
      socket.end(this.#format('TEARDOWN', farewell.url, { Session: farewell.session }, ++this.#sequence))
      this.#deps.clock.after(300, () => socket.destroy())
    } else {
      socket.destroy()
    }
    this.#rejectWaiting(this.#ended)
  }

  #judge(response: RtspResponse): RtspResponse {
    if (response.status >= 300 && response.status < 400) throw new StreamFault('rtsp_redirected', 'the camera sent us elsewhere')
    return response
  }

  #exchange(method: string, url: string, headers: Record<string, string>): Promise<RtspResponse> {
    if (this.#ended) return Promise.reject(this.#ended)
    const sequence = ++this.#sequence
    if (headers['Transport'] !== undefined) this.#splitter.expectChannels(headers['Transport'])
    return new Promise((resolve, reject) => {
      const timer = this.#deps.clock.after(this.#deps.answerTimeoutMs, () => {
        this.#waiting.delete(sequence)
        reject(new StreamFault('rtsp_silent', `no answer to ${method}`))
      })
      this.#waiting.set(sequence, { resolve, reject, timer })
      this.#socket?.write(this.#format(method, url, headers, sequence))
    })
  }

  #format(method: string, url: string, headers: Record<string, string>, sequence: number): string {
    const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${sequence}`, 'User-Agent: tianwang']
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
    if (this.#challenge && this.#credential) {
      this.#nonceCount++
      const authorization = digestAuthorization({
        challenge: this.#challenge,
        username: this.#credential.username,
        password: this.#credential.password,
        method,
        uri: url,
        nonceCount: this.#nonceCount,
        cnonce: this.#deps.newNonce(),
      })
      lines.push(`Authorization: ${authorization}`)
    }
    return `${lines.join('\r\n')}\r\n\r\n`
  }

  #receive(message: RtspMessage): void {
    const start = /^RTSP\/1\.\d\s+(\d{3})\s*(.*)$/.exec(message.startLine)
    if (!start) {
      // A camera may send requests of its own (OPTIONS, ANNOUNCE); they need no answer from us.
      if (/^[A-Z_]+ \S+ RTSP\/1\.\d$/.test(message.startLine)) return
      return this.#finish(new StreamFault('rtsp_malformed', 'an answer that is not RTSP'))
    }
    const sequence = Number(message.headers.get('cseq')?.[0] ?? NaN)
    // Some firmware forgets CSeq; with one request outstanding there is no doubt whose answer it is.
    const key = this.#waiting.has(sequence) ? sequence : this.#waiting.size === 1 && Number.isNaN(sequence) ? [...this.#waiting.keys()][0] : undefined
    if (key === undefined) return
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    waiting?.timer.cancel()
    this.onAnswer()
    waiting?.resolve({ status: Number(start[1]), reason: start[2] ?? '', headers: message.headers, body: message.body })
  }

  #finish(fault: StreamFault): void {
    if (this.#ended) return
    this.#ended = fault
    this.#socket?.destroy()
    this.#rejectWaiting(fault)
    this.onEnd(fault)
  }

  #rejectWaiting(fault: StreamFault): void {
    for (const waiting of this.#waiting.values()) {
      waiting.timer.cancel()
      waiting.reject(fault)
    }
    this.#waiting.clear()
  }
}

function wrongPassword(): StreamFault {
  return new StreamFault('rtsp_refused', 'the camera refused the login')
}
