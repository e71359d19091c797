// Owns one RTSP connection: log-in, the method table, the one session that it may play.
// Refuses: UDP transports (461), methods it does not know (405), unknown paths (404), sessions of other connections.
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Clock } from '#base/clock.ts'
import { ELSEWHERE } from '../camera-state.ts'
import type { CameraState } from '../camera-state.ts'
import type { DigestGate } from '../digest.ts'
import { verifyBasic } from '../digest.ts'
import type { StreamName, VideoCodec } from '../identity.ts'
import { AUDIO_TRACK, sessionDescription } from '../rtp/sdp.ts'
import type { FleetCounters } from '../counters.ts'
import type { KnockLog } from '../knock-log.ts'
import { RtspReader } from './request.ts'
import type { RtspRequest } from './request.ts'
import { Player } from './player.ts'
import type { CameraStream } from './stream.ts'
import { RtpTrack } from './track.ts'

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER'
const SESSION_SECONDS = 60

export interface ConnectionDeps {
  socket: Socket
  state: CameraState
  gate: DigestGate
  streams: Record<StreamName, CameraStream>
  tone: { bytes: Buffer; packetOffsets: number[] }[]
  clock: Clock
  counters: FleetCounters
  knocks: KnockLog
}

interface Session {
  id: string
  stream: StreamName
  video: RtpTrack | null
  audio: RtpTrack | null
}

export class RtspConnection {
  readonly #deps: ConnectionDeps
  readonly #reader = new RtspReader()
  #described: { stream: StreamName; codec: VideoCodec } | null = null
  #session: Session | null = null
  #player: Player | null = null

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
    const { socket } = deps
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#stopPlaying())
    socket.on('data', (chunk) => this.#read(chunk))
  }

  get playing(): boolean {
    return this.#player !== null
  }

  /** Ends the connection the way the camera's condition asks for. `midFrame`: half a frame first, then a reset. */
  end(midFrame: boolean): void {
    if (midFrame) this.#player?.breakOff()
    this.#stopPlaying()
    this.#deps.socket.resetAndDestroy()
  }

  #read(chunk: Buffer): void {
    if (this.#deps.state.has('rtsp-silent')) return
    try {
      for (const request of this.#reader.push(chunk)) this.#handle(request)
    } catch {
      this.#deps.socket.destroy()
    }
  }

  #handle(request: RtspRequest): void {
    this.#deps.knocks.add('rtsp', request.method, request.headers.has('authorization'))
    const cseq = request.headers.get('cseq') ?? '0'
    const reply = (status: string, headers: Record<string, string> = {}, body = '') => this.#reply(cseq, status, headers, body)
    if (request.method === 'OPTIONS') return reply('200 OK', { Public: METHODS })
    if (!METHODS.includes(request.method)) return reply('405 Method Not Allowed', { Allow: METHODS })
    if (!this.#admit(request, reply)) return
    const target = this.#target(request.url)
    switch (request.method) {
      case 'DESCRIBE':
        return target ? this.#describe(request, target, reply) : reply('404 Not Found')
      case 'SETUP':
        return target ? this.#setup(request, target, reply) : reply('404 Not Found')
      default:
        break
    }
    const session = this.#session
    const named = request.headers.get('session')?.split(';')[0]?.trim()
    if (request.method === 'GET_PARAMETER' || request.method === 'SET_PARAMETER') {
      return session && named === session.id ? reply('200 OK', { Session: session.id }) : named ? reply('454 Session Not Found') : reply('200 OK')
    }
    if (!session || named !== session.id) return reply('454 Session Not Found')
    if (request.method === 'PLAY') return this.#play(request, session, reply)
    this.#stopPlaying()
    if (request.method === 'TEARDOWN') this.#session = null
    return reply('200 OK', { Session: session.id })
  }

  #admit(request: RtspRequest, reply: Reply): boolean {
    const { state, gate } = this.#deps
    const header = request.headers.get('authorization')
    if (state.has('rtsp-open')) return true
    if (state.has('basic-auth')) {
      if (verifyBasic(header, state.login)) return true
      reply('401 Unauthorized', { 'WWW-Authenticate': `Basic realm="${state.identity.model}"` })
      return false
    }
    const verdict = gate.verify(header, request.method, state.login)
    if (verdict === 'ok') return true
    reply('401 Unauthorized', { 'WWW-Authenticate': gate.challenge(verdict === 'stale') })
    return false
  }

  /** Which stream and track a URL means; null = nothing here by that path. */
  #target(url: string): { stream: StreamName; audio: boolean } | null {
    const path = url.replace(/^rtsps?:\/\/[^/]*/i, '') || '/'
    const audio = path.includes(AUDIO_TRACK)
    const bare = path.replace(/\/?trackID=\d+$/, '').replace(/\/$/, '')
    const stream = matchPath(bare, this.#deps.state.identity.rtspPaths)
    return stream ? { stream, audio } : null
  }

  #describe(request: RtspRequest, target: { stream: StreamName }, reply: Reply): void {
    const { state, socket, clock } = this.#deps
    if (state.has('redirect')) return reply('302 Moved Temporarily', { Location: `rtsp://${ELSEWHERE}:554/` })
    const codec = state.codec(target.stream)
    this.#described = { stream: target.stream, codec }
    const { model, hasAudio } = state.identity
    const body = sessionDescription({ loop: state.loop(target.stream, codec), hasAudio, host: socket.localAddress ?? '0.0.0.0', name: model, nowMs: clock.now() })
    reply('200 OK', { 'Content-Base': `${request.url.replace(/\/$/, '')}/`, 'Content-Type': 'application/sdp' }, body)
  }

  #setup(request: RtspRequest, target: { stream: StreamName; audio: boolean }, reply: Reply): void {
    const offered = (request.headers.get('transport') ?? '').split(',').find((transport) => /RTP\/AVP\/TCP/i.test(transport))
    if (offered === undefined || (target.audio && !this.#deps.state.identity.hasAudio)) return reply('461 Unsupported Transport')
    if (this.#player) return reply('455 Method Not Valid in This State')
    const asked = /interleaved=(\d+)-\d+/.exec(offered)?.[1]
    const channel = asked === undefined ? (target.audio ? 2 : 0) : Number(asked) & 0xfe
    const track = new RtpTrack(channel)
    this.#session ??= { id: randomBytes(6).toString('hex'), stream: target.stream, video: null, audio: null }
    this.#session[target.audio ? 'audio' : 'video'] = track
    const ssrc = track.ssrc.toString(16).padStart(8, '0').toUpperCase()
    reply('200 OK', { Transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1};ssrc=${ssrc};mode="PLAY"`, Session: `${this.#session.id};timeout=${SESSION_SECONDS}` })
  }

  #play(request: RtspRequest, session: Session, reply: Reply): void {
    const { state, socket, streams, tone, clock, counters } = this.#deps
    if (this.#player) return reply('200 OK', { Session: session.id })
    const stream = streams[session.stream]
    const codec = this.#described?.stream === session.stream ? this.#described.codec : state.codec(session.stream)
    const player = new Player({ socket, state, stream, codec, video: session.video, audio: session.audio, tone, clock, counters })
    reply('200 OK', { Session: session.id, Range: 'npt=now-', ...player.rtpInfo(request.url) })
    if (socket.destroyed) return
    this.#player = player
    player.start()
  }

  #stopPlaying(): void {
    this.#player?.stop()
    this.#player = null
  }

  #reply(cseq: string, status: string, headers: Record<string, string>, body: string): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    const text = `RTSP/1.0 ${status}\r\nCSeq: ${cseq}\r\nServer: ${this.#deps.state.identity.hardwareId}\r\n${lines.join('')}${length}\r\n${body}`
    const { socket, state } = this.#deps
    if (!state.has('reset')) {
      socket.write(text)
      return
    }
    socket.write(text.slice(0, Math.ceil(text.length / 2)), () => socket.resetAndDestroy())
  }
}

type Reply = (status: string, headers?: Record<string, string>, body?: string) => void

/** `/main`, `/sub` and the vendor's own path, with or without the query that ONVIF gave. */
export function matchPath(path: string, vendor: Record<StreamName, string>): StreamName | null {
  for (const stream of ['main', 'sub'] as const) {
    const own = vendor[stream]
    if (path === own || path.split('?')[0] === `/${stream}`) return stream
    if (!own.includes('subtype=') && own.includes('?') && path.split('?')[0] === own.split('?')[0]) return stream
    const subtype = /subtype=\d/.exec(own)?.[0]
    if (subtype !== undefined && path.startsWith('/cam/realmonitor?') && path.includes(subtype)) return stream
  }
  return null
}

