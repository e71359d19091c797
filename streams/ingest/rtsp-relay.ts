// Owns the loopback RTSP relay: one listener on 127.0.0.1, one unguessable one-time token per pull. ffmpeg connects
// here and so never learns a camera's address or password.
// Refuses: tokens that were used or never given, any other interface than loopback.
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamSource } from '../media-plane.ts'
import { toFault } from '../stream-fault.ts'
import type { Awake } from '../awake.ts'
import type { CameraDialer } from './camera-dialer.ts'
import type { IntakeLimits } from './intake.ts'
import { RelaySession } from './relay-session.ts'
import type { RtspTarget } from './rtsp-address.ts'
import type { SdpFacts } from './sdp.ts'

export interface RelayDeps {
  clock: Clock
  /** Silence of a camera is measured in it. */
  awake: Pick<Awake, 'ms' | 'patience'>
  random: RandomBytes
  dialer: CameraDialer
  limits: IntakeLimits
}

export interface RelayEvents {
  /** Asked: how long a picture may be away, ms, as far as is known. */
  frameGapMs(): number
  onDescribed(facts: SdpFacts): void
  onMediaBytes(bytes: number): void
  /** Bytes of the camera that are neither media nor an answer; they are not passed on. */
  onLostBytes(bytes: number): void
  /** Once. null = the client (ffmpeg) ended the pull and the camera had no part in it. */
  onEnd(fault: Fault | null): void
}

/** A place in the relay, good for one connection. */
export interface RelayTicket {
  /** What ffmpeg is given. Carries neither the camera's address nor its login. */
  url: string
  release(): void
}

interface Place {
  source: StreamSource
  target: RtspTarget
  events: RelayEvents
  session: RelaySession | null
  release(): void
}

const FIRST_REQUEST_BYTES = 4096

export class RtspRelay {
  readonly #deps: RelayDeps
  readonly #places = new Map<string, Place>()
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #listening: Promise<void> | undefined

  constructor(deps: RelayDeps) {
    this.#deps = deps
  }

  /** Reserves a place for one pull of `source`. @throws StreamFault address_refused, rtsp_malformed */
  async admit(source: StreamSource, events: RelayEvents): Promise<RelayTicket> {
    const target = this.#deps.dialer.target(source)
    this.#listening ??= this.#listen()
    await this.#listening
    const token = this.#deps.random(18).toString('base64url')
    const place: Place = {
      source,
      target,
      events,
      session: null,
      release: () => {
        this.#places.delete(token)
        place.session?.abort(null)
      },
    }
    this.#places.set(token, place)
    return { url: `rtsp://127.0.0.1:${this.#port}/${token}`, release: place.release }
  }

  async close(): Promise<void> {
    for (const place of [...this.#places.values()]) place.release()
    for (const socket of this.#sockets) socket.destroy()
    await this.#listening?.catch(() => {})
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#accept(socket))
      this.#server = server
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address: AddressInfo | string | null = server.address()
        this.#port = address !== null && typeof address === 'object' ? address.port : 0
        server.unref()
        resolve()
      })
    })
  }

  #accept(client: Socket): void {
    this.#sockets.add(client)
    client.once('close', () => this.#sockets.delete(client))
    client.on('error', () => {})
    const late = this.#deps.clock.after(5_000, () => client.destroy())
    let early: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      early = Buffer.concat([early, chunk])
      const lineEnd = early.indexOf('\r\n')
      if (lineEnd < 0 && early.length < FIRST_REQUEST_BYTES) return
      client.off('data', onData)
      late.cancel()
      client.pause()
      const token = /^[A-Z]+ rtsp:\/\/127\.0\.0\.1:\d+\/([A-Za-z0-9_-]{24})[ /]/.exec(early.toString('latin1', 0, Math.max(0, lineEnd)))?.[1]
      const place = token === undefined ? undefined : this.#places.get(token)
      if (token === undefined || !place || place.session) {
        client.destroy()
        return
      }
      void this.#bridge(client, place, token, early)
    }
    client.on('data', onData)
  }

  async #bridge(client: Socket, place: Place, token: string, early: Buffer): Promise<void> {
    const { clock, awake, limits, dialer } = this.#deps
    const camera = dialer.connection(place.target, place.source.credential)
    place.session = new RelaySession({
      clock,
      awake,
      limits,
      client,
      camera,
      target: place.target,
      publicUrl: `rtsp://127.0.0.1:${this.#port}/${token}`,
      frameGapMs: place.events.frameGapMs,
      onDescribed: place.events.onDescribed,
      onMediaBytes: place.events.onMediaBytes,
      onLostBytes: place.events.onLostBytes,
      onEnd: (fault) => {
        this.#places.delete(token)
        place.events.onEnd(fault)
      },
    })
    try {
      await camera.connect()
      place.session.start(early)
      client.resume()
    } catch (error) {
      place.session.abort(toFault(error))
    }
  }
}
