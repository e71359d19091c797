// Owns the checks that come before any route: path hygiene, origin, forbidden keys, cookies, client address.
// Refuses: knowing who the caller is.
import type { IncomingMessage } from 'node:http'
import { parseCookie } from 'cookie'
import ipaddr from 'ipaddr.js'
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'

export const plainCookieName = 'tianwang'
export const hostCookieName = '__Host-tianwang'

/** Paths that a proxy and this server could read differently are refused before routing (T51). */
export function assertCleanPath(url: string): void {
  const path = url.split('?', 1)[0] ?? ''
  if (path.length > 2048 || /[;\\\u0000-\u001f\u007f]|\/\/|%(2f|5c|2e|00|25|0a|0d|3b)/i.test(path) || /(^|\/)\.\.?(\/|$)/.test(path)) {
    throw new AppError('invalid', 'bad_path', errorCodes.bad_path)
  }
  try {
    decodeURIComponent(path)
  } catch {
    // An overlong or broken UTF-8: one program drops it, another reads a dot or a slash.
    throw new AppError('invalid', 'bad_path', errorCodes.bad_path)
  }
}

/**
 * JSON with `__proto__`, `constructor` or `prototype` as a key at any depth is refused (T09), and so is a NUL in any text:
 * one database keeps it, the other ends the statement there.
 */
export function assertHarmless(value: unknown, depth = 0): void {
  if (depth > 32) throw new AppError('invalid', 'invalid_request', 'The request is nested too deeply.')
  if (typeof value === 'string' && value.includes('\0')) throw new AppError('invalid', 'invalid_request', 'The request has a NUL in a text.')
  if (Array.isArray(value)) return value.forEach((item) => assertHarmless(item, depth + 1))
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') throw new AppError('invalid', 'forbidden_key', errorCodes.forbidden_key)
    assertHarmless(inner, depth + 1)
  }
}

/** Whether a request that changes something, or opens a socket, came from a page of ours (T24, T25). */
export function isOwnOrigin(headers: IncomingMessage['headers'], ownOrigins: readonly string[], secure: boolean): boolean {
  const { origin } = headers
  // HTTP/2 names the host as a pseudo-header.
  const host = headers.host ?? headers[':authority']
  const site = headers['sec-fetch-site']
  if (origin !== undefined) {
    const own = ownOrigins.length > 0 ? ownOrigins : [`${secure ? 'https' : 'http'}://${String(host ?? '')}`]
    return own.includes(origin)
  }
  // A browser names its page with every WebSocket that it opens; one that does not had the name taken off on the way.
  if (headers.upgrade !== undefined && headers['user-agent']?.startsWith('Mozilla/')) return false
  return site === undefined || site === 'same-origin' || site === 'none'
}

export function sessionTokenOf(cookieHeader: string | undefined): string | null {
  if (cookieHeader === undefined) return null
  const cookies = parseCookie(cookieHeader)
  return cookies[hostCookieName] ?? cookies[plainCookieName] ?? null
}

/** The client's address: the socket's, unless the socket is a trusted proxy that names another (T35). */
export class ClientAddress {
  readonly #proxies: [ipaddr.IPv4 | ipaddr.IPv6, number][]

  constructor(trustedProxies: readonly string[]) {
    this.#proxies = trustedProxies.map((block) => ipaddr.parseCIDR(block))
  }

  of(request: IncomingMessage): { ip: string; secure: boolean } {
    const socketIp = ipaddr.process(request.socket.remoteAddress ?? '0.0.0.0')
    const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true
    if (!this.#isTrusted(socketIp)) return { ip: socketIp.toString(), secure: encrypted }
    const chain = String(request.headers['x-forwarded-for'] ?? '').split(',').map((part) => part.trim()).filter(ipaddr.isValid)
    const client = chain.reverse().find((part) => !this.#isTrusted(ipaddr.process(part)))
    return { ip: client ?? socketIp.toString(), secure: encrypted || request.headers['x-forwarded-proto'] === 'https' }
  }

  #isTrusted(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    return this.#proxies.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  }
}
