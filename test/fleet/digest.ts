// Owns HTTP Digest (RFC 7616 with MD5, and the older form without qop that RTSP devices use) on the device's side.
// Refuses: nonces that it did not give out, nonces too old (stale), a counter that does not count up, other realms.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#base/clock.ts'

export type DigestVerdict = 'ok' | 'missing' | 'refused' | 'stale'

export interface Login {
  username: string
  password: string
}

export class DigestGate {
  readonly #realm: string
  readonly #qop: boolean
  readonly #clock: Clock
  readonly #nonceLifeMs: number
  readonly #nonces = new Map<string, { bornMs: number; counter: number }>()

  /** @param options.qop whether `qop="auth"` is asked for; HTTP services do, RTSP servers of cameras do not */
  constructor(options: { realm: string; qop: boolean; clock: Clock; nonceLifeMs?: number }) {
    this.#realm = options.realm
    this.#qop = options.qop
    this.#clock = options.clock
    this.#nonceLifeMs = options.nonceLifeMs ?? 300_000
  }

  /** The value of a WWW-Authenticate header with a fresh nonce. */
  challenge(stale: boolean = false): string {
    const nonce = randomBytes(16).toString('hex')
    this.#nonces.set(nonce, { bornMs: this.#clock.monotonicMs(), counter: 0 })
    for (const known of this.#nonces.keys()) {
      if (this.#nonces.size <= 256) break
      this.#nonces.delete(known)
    }
    return `Digest realm="${this.#realm}", nonce="${nonce}"${this.#qop ? ', qop="auth"' : ''}, algorithm=MD5${stale ? ', stale=TRUE' : ''}`
  }

  verify(header: string | undefined, method: string, login: Login): DigestVerdict {
    if (header === undefined) return 'missing'
    const fields = parseDigestHeader(header)
    if (!fields) return 'refused'
    const { username = '', realm = '', nonce = '', uri = '', response = '', qop, nc = '', cnonce = '' } = fields
    if (username !== login.username || realm !== this.#realm) return 'refused'
    const ha1 = md5(`${username}:${realm}:${login.password}`)
    const ha2 = md5(`${method}:${uri}`)
    const expected = qop === undefined ? md5(`${ha1}:${nonce}:${ha2}`) : md5(`${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`)
    if (!sameText(expected, response)) return 'refused'
    const known = this.#nonces.get(nonce)
    if (!known || this.#clock.monotonicMs() - known.bornMs > this.#nonceLifeMs) return 'stale'
    if (this.#qop && qop !== undefined) {
      const counter = Number.parseInt(nc, 16)
      if (!(counter > known.counter)) return 'stale'
      known.counter = counter
    }
    return 'ok'
  }
}

/** `name=value` pairs of a Digest header, quotes taken off; null when it is another scheme. */
export function parseDigestHeader(header: string): Record<string, string> | null {
  if (!/^digest\s/i.test(header)) return null
  const fields: Record<string, string> = {}
  for (const [, name = '', quoted, bare] of header.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi)) fields[name.toLowerCase()] = quoted ?? bare ?? ''
  return fields
}

/** Whether a Basic header carries this login. */
export function verifyBasic(header: string | undefined, login: Login): boolean {
  const match = /^basic\s+(\S+)$/i.exec(header ?? '')
  return match !== null && sameText(Buffer.from(match[1] ?? '', 'base64').toString(), `${login.username}:${login.password}`)
}

export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
