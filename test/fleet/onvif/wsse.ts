// Owns WS-UsernameToken with a password digest (WSS UsernameToken Profile 1.1 §3.1) on the device's side.
// Refuses: plain-text passwords, tokens seen before, creation times more than a minute off the device's own clock.
import { createHash } from 'node:crypto'
import { sameText } from '../digest.ts'
import type { Login } from '../digest.ts'
import type { XmlNode } from './soap.ts'
import { child, textOf } from './soap.ts'

export type WsseVerdict = 'ok' | 'missing' | 'refused' | 'replayed' | 'not-fresh'

export const FRESH_MS = 60_000

/** Base64(SHA-1(nonce + created + password)), the nonce being the decoded bytes. */
export function passwordDigest(nonceBase64: string, created: string, password: string): string {
  return createHash('sha1').update(Buffer.concat([Buffer.from(nonceBase64, 'base64'), Buffer.from(created + password)])).digest('base64')
}

export class WsseGate {
  /** Nonce and creation time → when they may be forgotten (device time). */
  readonly #seen = new Map<string, number>()

  /** @param deviceNowMs the device's own wall time, which may be off */
  verify(header: XmlNode | null, login: Login, deviceNowMs: number): WsseVerdict {
    const token = child(header, 'Security', 'UsernameToken')
    if (!token) return 'missing'
    const password = child(token, 'Password')
    const nonce = textOf(token, 'Nonce') ?? ''
    const created = textOf(token, 'Created') ?? ''
    if (!password?.attributes['Type']?.endsWith('#PasswordDigest')) return 'refused'
    if (textOf(token, 'Username') !== login.username || nonce === '') return 'refused'
    if (!sameText(passwordDigest(nonce, created, login.password), password.text.trim())) return 'refused'
    if (!(Math.abs(Date.parse(created) - deviceNowMs) <= FRESH_MS)) return 'not-fresh'
    for (const [known, until] of this.#seen) if (until < deviceNowMs) this.#seen.delete(known)
    // Some clients (libonvif) keep one nonce and count on the creation time: a digest over another time is no replay.
    const stamp = `${nonce} ${created}`
    if (this.#seen.has(stamp)) return 'replayed'
    this.#seen.set(stamp, deviceNowMs + 2 * FRESH_MS)
    return 'ok'
  }
}
