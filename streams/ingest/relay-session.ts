// Owns one pull through the relay: ffmpeg's RTSP requests on loopback become requests to the camera with login, the
// camera's media goes back unread except for its frame headers.
// Refuses: methods that a pull does not need, transports other than interleaved TCP, control URLs off the camera.
import type { Socket } from 'node:net'
import type { Clock } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import { StreamFault, toFault } from '../stream-fault.ts'
import type { Awake } from '../awake.ts'
import type { CameraConnection } from './camera-connection.ts'
import { Intake, type IntakeLimits } from './intake.ts'
import { resolveOnTarget, type RtspTarget } from './rtsp-address.ts'
import { expectAccepted, expectDescription, expectNotForbidden } from './rtsp-answers.ts'
import { RtspSplitter, type RtspMessage } from './rtsp-splitter.ts'
import { readSdp, rewriteSdp, type SdpFacts } from './sdp.ts'

export interface RelaySessionDeps {
  clock: Clock
  /** Silence is measured in it. */
  awake: Pick<Awake, 'ms' | 'patience'>
  limits: IntakeLimits
  client: Socket
  camera: CameraConnection
  target: RtspTarget
  /** Our own URL of this pull, `rtsp://127.0.0.1:port/token`. */
  publicUrl: string
  /** How long a picture may be away, ms, as far as is known. */
  frameGapMs(): number
  onDescribed(facts: SdpFacts): void
  onMediaBytes(bytes: number): void
  onLostBytes(bytes: number): void
  /** Called once; null = the client ended it without the camera's fault. */
  onEnd(fault: Fault | null): void
}

const WAITING_FOR_FFMPEG = 4
const METHODS = new Set(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'GET_PARAMETER', 'SET_PARAMETER', 'TEARDOWN'])
/** What ffmpeg says while it plays, only to keep the session alive. */
const KEEP_ALIVE = new Set(['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'])
const PASSED_REQUEST_HEADERS = ['transport', 'session', 'range', 'accept']
const PASSED_ANSWER_HEADERS = ['public', 'session', 'transport', 'range', 'content-type']
const HEADER_CASE: Record<string, string> = { 'content-type': 'Content-Type' }

export class RelaySession {
  readonly #deps: RelaySessionDeps
  readonly #controls = new Map<string, string>()
  #aggregateUrl: string
  #session: string | null = null
  readonly #intake: Intake
  #state: 'opening' | 'playing' | 'torn-down' | 'ended' = 'opening'
  #work: Promise<void> = Promise.resolve()
  /** Media that came behind an answer which has not been passed on yet; an answer must not land inside a frame. */
  #held: Buffer[] | null = null

  constructor(deps: RelaySessionDeps) {
    this.#deps = deps
    this.#aggregateUrl = deps.target.url
    const { clock, awake, limits, camera, client } = deps
    this.#intake = new Intake({
      clock,
      awake,
      limits,
      // While ffmpeg does not take what it was given, it is we who do not read; that may not go on for ever either.
      patience: () => (client.writableNeedDrain ? WAITING_FOR_FFMPEG : awake.patience),
      frameGapMs: () => deps.frameGapMs(),
      onSilent: (ms) => this.#end(new StreamFault('stream_silent', `no media for ${ms} ms`).fault),
      onOverBudget: () => camera.pause(),
      onWithinBudget: () => {
        if (!client.writableNeedDrain) camera.resume()
      },
    })
    deps.camera.onMedia = (run) => this.#passMedia(run)
    deps.camera.onLost = (bytes) => {
      if (this.#ended) return
      deps.onLostBytes(bytes)
      this.#intake.tookOther(bytes)
    }
    deps.camera.onTalk = (bytes) => {
      if (!this.#ended) this.#intake.tookOther(bytes)
    }
    deps.camera.onAnswer = () => {
      this.#held ??= []
    }
    deps.camera.onEnd = (fault) => this.#end(fault.fault)
    deps.client.setNoDelay(true)
    deps.client.on('drain', () => {
      if (!this.#intake.overBudget) camera.resume()
    })
    deps.client.on('error', () => {})
    deps.client.once('close', () => this.#end(null))
  }

  /** Starts answering the client; `early` is what it sent before the camera was connected. */
  start(early: Buffer): void {
    const splitter = new RtspSplitter({
      onMessage: (message) => {
        this.#work = this.#work.then(() => this.#handle(message)).then(
          () => this.#releaseHeld(),
          (error: unknown) => this.#end(toFault(error)),
        )
      },
      // RTCP reports. A run that ends inside a frame is left out: a request may be written behind it.
      onMedia: (run) => {
        if (isWholeFrames(run)) this.#deps.camera.writeMedia(run)
      },
      onLost: () => {},
      onTalk: () => {},
      onMalformed: () => this.#end(null),
    })
    this.#deps.client.on('data', (chunk: Buffer) => splitter.push(chunk))
    splitter.push(early)
  }

  /** Ends the pull; null = it is not needed any more. */
  abort(fault: Fault | null): void {
    this.#end(fault)
  }

  async #handle(message: RtspMessage): Promise<void> {
    if (this.#ended) return
    const request = /^([A-Z_]+) (\S+) RTSP\/1\.0$/.exec(message.startLine)
    const cseq = /^\d{1,9}$/.exec(message.headers.get('cseq')?.[0] ?? '')?.[0]
    const method = request?.[1] ?? ''
    const url = this.#cameraUrl(request?.[2] ?? '')
    if (!cseq || url === null || !METHODS.has(method)) return this.#end(null)
    const headers: Record<string, string> = {}
    for (const name of PASSED_REQUEST_HEADERS) {
      const value = message.headers.get(name)?.[0]
      if (value !== undefined) headers[titled(name)] = value
    }
    if (method === 'SETUP' && !/^RTP\/AVP\/TCP;.*interleaved=/i.test(headers['Transport'] ?? '')) {
      return this.#answer(cseq, 461, 'Unsupported Transport', [], '')
    }
    const keepsAlive = this.#state === 'playing' && KEEP_ALIVE.has(method)
    if (method === 'TEARDOWN') this.#state = 'torn-down'
    const response = await this.#deps.camera.request(method, url, headers).catch((error: unknown) => {
      // Media flows or it does not; whether this is answered says nothing of that. ffmpeg does not wait for the answer.
      if (keepsAlive) return null
      throw error
    })
    if (!response || this.#ended) return
    if (method === 'DESCRIBE') return this.#answerDescription(cseq, response.body.toString('utf8'), () => expectDescription(response), response.headers)
    if (method === 'SETUP' || method === 'PLAY') expectAccepted(method, response)
    else if (!keepsAlive) expectNotForbidden(method, response)
    if (method === 'SETUP') this.#session = response.headers.get('session')?.[0]?.split(';')[0] ?? null
    if (method === 'PLAY') {
      this.#state = 'playing'
      this.#intake.expectMedia()
    }
    const passed: string[] = []
    for (const name of PASSED_ANSWER_HEADERS) {
      const value = response.headers.get(name)?.[0]
      if (value !== undefined) passed.push(`${titled(name)}: ${value}`)
    }
    this.#answer(cseq, response.status, response.reason.replace(/[^\x20-\x7e]/g, ''), passed, '')
  }

  #answerDescription(cseq: string, sdp: string, expect: () => void, headers: ReadonlyMap<string, readonly string[]>): void {
    expect()
    const facts = readSdp(sdp)
    const { target, publicUrl } = this.#deps
    const stated = headers.get('content-base')?.[0] ?? headers.get('content-location')?.[0] ?? ''
    const base = resolveOnTarget(target, target.url, stated)
    if (base === null) throw new StreamFault('rtsp_redirected', 'the stream’s base is not on the camera')
    this.#aggregateUrl = base
    const body = rewriteSdp(sdp, (control, section) => {
      const resolved = resolveOnTarget(target, base, control)
      if (resolved === null) throw new StreamFault('rtsp_redirected', 'a track’s control URL is not on the camera')
      if (section === 0) {
        this.#aggregateUrl = resolved
        return '*'
      }
      this.#controls.set(`/t${section}`, resolved)
      return `${publicUrl}/t${section}`
    })
    this.#deps.onDescribed(facts)
    this.#answer(cseq, 200, 'OK', [`Content-Base: ${publicUrl}/`, 'Content-Type: application/sdp'], body)
  }

  get #ended(): boolean {
    return this.#state === 'ended'
  }

  /** Our URL → the camera's; null = not one of ours. */
  #cameraUrl(url: string): string | null {
    const { publicUrl } = this.#deps
    if (!url.startsWith(publicUrl)) return null
    const rest = url.slice(publicUrl.length)
    if (rest === '' || rest === '/') return this.#aggregateUrl
    return this.#controls.get(rest) ?? null
  }

  #answer(cseq: string, status: number, reason: string, headers: readonly string[], body: string): void {
    const bytes = Buffer.from(body, 'utf8')
    const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : []
    this.#deps.client.write(`${[`RTSP/1.0 ${status} ${reason}`, `CSeq: ${cseq}`, ...headers, ...length].join('\r\n')}\r\n\r\n`)
    if (bytes.length > 0) this.#deps.client.write(bytes)
  }

  /** True when the bytes have not left yet. */
  #passMedia(run: Buffer): boolean {
    if (this.#ended) return false
    const { camera, client } = this.#deps
    this.#deps.onMediaBytes(run.length)
    if (this.#held) this.#held.push(run)
    else if (!client.write(run)) camera.pause()
    this.#intake.took(run.length)
    return this.#held !== null || client.writableLength > 0
  }

  #releaseHeld(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const run of held) if (!this.#ended && !this.#deps.client.write(run)) this.#deps.camera.pause()
  }

  #end(fault: Fault | null): void {
    if (this.#ended) return
    const farewell = this.#session !== null && this.#state !== 'torn-down' ? { url: this.#aggregateUrl, session: this.#session } : undefined
    this.#state = 'ended'
    this.#intake.end()
    this.#deps.camera.close(farewell)
    this.#deps.client.destroy()
    this.#deps.onEnd(fault)
  }
}

function isWholeFrames(run: Buffer): boolean {
  let at = 0
  while (at + 4 <= run.length && run[at] === 0x24) at += 4 + run.readUInt16BE(at + 2)
  return at === run.length
}

function titled(name: string): string {
  return HEADER_CASE[name] ?? name.charAt(0).toUpperCase() + name.slice(1)
}
