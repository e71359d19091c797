// Owns one HTTP POST to a device: pinned address, size cap, idle limit, shared deadline, no redirect, no proxy.
// Refuses: names, compressed answers, bodies over 1 MiB, following anything that the device sends us to.
import http from 'node:http'
import https from 'node:https'
import type { Clock, Timer } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { Deadline } from './deadline.ts'
import type { OnvifTarget } from './device.ts'
import { onvifFault, transportFault } from './onvif-fault.ts'

const MAX_BODY_BYTES = 1024 * 1024
const IDLE_MS = 3_000

export interface HttpAnswer {
  kind: 'answer'
  status: number
  /** All WWW-Authenticate lines. */
  challenges: string[]
  body: string
}
export type HttpOutcome = HttpAnswer | { kind: 'fault'; fault: Fault }

/** A line to one device that keeps its connection between calls. `close()` when the operation ends. */
export class DeviceLine {
  readonly #clock: Clock
  #deadline: Deadline
  readonly #host: string
  readonly #agents = new Map<string, http.Agent>()

  /** @param deps `host` is an address that the AddressPolicy has allowed. */
  constructor(deps: { clock: Clock; deadline: Deadline; host: string }) {
    this.#clock = deps.clock
    this.#deadline = deps.deadline
    this.#host = deps.host
  }

  /** For a line that outlives one operation: what is posted from now on has this deadline. One operation at a time. */
  within(deadline: Deadline): void {
    this.#deadline = deadline
  }

  async post(target: Omit<OnvifTarget, 'host'>, path: string, headers: Record<string, string>, body: string): Promise<HttpOutcome> {
    const first = await this.#once(target, path, headers, body)
    // A device may close a kept connection at the moment we reuse it; that says nothing about the device.
    return first === 'stale-connection' ? this.#settled(await this.#once(target, path, headers, body)) : first
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  #settled(outcome: HttpOutcome | 'stale-connection'): HttpOutcome {
    if (outcome !== 'stale-connection') return outcome
    return { kind: 'fault', fault: onvifFault('onvif_silent', 'hung up twice without an answer') }
  }

  #agent(target: Omit<OnvifTarget, 'host'>): http.Agent {
    const key = `${target.tls}:${target.port}`
    const known = this.#agents.get(key)
    if (known) return known
    // Cameras sign their own certificates for an address that changes, so the certificate proves nothing we could
    // check; what is sent over it is a digest either way.
    const agent = target.tls
      ? new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
      : new http.Agent({ keepAlive: true, maxSockets: 1 })
    this.#agents.set(key, agent)
    return agent
  }

  #once(
    target: Omit<OnvifTarget, 'host'>,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<HttpOutcome | 'stale-connection'> {
    return new Promise((resolve) => {
      const deadline = this.#deadline
      const progress = { connected: false, answered: false }
      let idle: Timer | undefined
      let settled = false
      const settle = (outcome: HttpOutcome | 'stale-connection') => {
        if (settled) return
        settled = true
        idle?.cancel()
        deadline.signal.removeEventListener('abort', onDeadline)
        resolve(outcome)
        if (outcome === 'stale-connection' || outcome.kind === 'fault') request.destroy()
      }
      const fail = (fault: Fault) => settle({ kind: 'fault', fault })
      const onDeadline = () => {
        if (!deadline.expired) fail(onvifFault('probe_failed', 'given up by us'))
        else fail(progress.connected ? onvifFault('onvif_silent', 'no whole answer in time') : onvifFault('unreachable', 'no connection in time'))
      }
      const stir = () => {
        idle?.cancel()
        idle = this.#clock.after(IDLE_MS, () =>
          fail(progress.connected ? onvifFault('onvif_silent', 'silent for 3 s') : onvifFault('unreachable', 'no connection within 3 s')),
        )
      }
      const request = (target.tls ? https : http).request({
        agent: this.#agent(target),
        host: this.#host,
        port: target.port,
        path,
        method: 'POST',
        headers: { ...headers, 'Accept-Encoding': 'identity', 'Content-Length': Buffer.byteLength(body) },
        maxHeaderSize: 16 * 1024,
      })
      request.on('error', (error) => {
        if (request.reusedSocket && !progress.answered && !deadline.signal.aborted) settle('stale-connection')
        else fail(transportFault(error, progress))
      })
      request.on('close', () => {
        if (!progress.answered) fail(transportFault(undefined, progress))
      })
      request.on('socket', (socket) => {
        if (!socket.connecting) progress.connected = true
        else
          socket.once('connect', () => {
            progress.connected = true
            stir()
          })
      })
      request.on('response', (response) => {
        progress.answered = true
        stir()
        const status = response.statusCode ?? 0
        if (status >= 300 && status < 400) return fail(onvifFault('onvif_malformed', `HTTP ${status}: redirects are not followed`))
        if (!['', 'identity'].includes(response.headers['content-encoding'] ?? '')) {
          return fail(onvifFault('onvif_malformed', 'the answer is compressed though we asked that it is not'))
        }
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          stir()
          bytes += chunk.length
          if (bytes > MAX_BODY_BYTES) return fail(onvifFault('onvif_malformed', 'the answer is longer than 1 MiB'))
          chunks.push(chunk)
        })
        response.on('end', () =>
          settle({
            kind: 'answer',
            status,
            challenges: response.headersDistinct['www-authenticate'] ?? [],
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        response.on('error', (error) => fail(transportFault(error, progress)))
        response.on('close', () => fail(onvifFault('onvif_malformed', 'the answer broke off')))
      })
      deadline.signal.addEventListener('abort', onDeadline)
      if (deadline.signal.aborted) return onDeadline()
      stir()
      request.end(body)
    })
  }
}
