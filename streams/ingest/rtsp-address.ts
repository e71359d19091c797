// Owns RTSP addresses: building a camera's URL from fields, and judging the URLs that a device hands back.
// Refuses: user info, control characters, other schemes, other hosts than the camera's own.
import type { AddressPolicy } from '#base/address-policy.ts'
import { StreamFault } from '../stream-fault.ts'
import type { StreamSource } from '../media-plane.ts'

export interface RtspTarget {
  /** IP literal that the policy allowed; the only thing that is ever connected to. */
  address: string
  port: number
  tls: boolean
  /** `rtsp://host:port/path?query`, without credentials. */
  url: string
}

/** Rebuilds the target from the source's fields. @throws StreamFault address_refused, rtsp_malformed */
export function rtspTarget(source: StreamSource, policy: AddressPolicy): RtspTarget {
  const verdict = policy.check(source.host)
  if (!verdict.allowed) throw new StreamFault('address_refused', `the camera's address is ${verdict.reason}`)
  const { port, path } = source
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new StreamFault('rtsp_malformed', 'a port that is no port')
  if (!path.startsWith('/') || path.length > 1024 || !/^[\x21-\x7e]+$/.test(path)) {
    throw new StreamFault('rtsp_malformed', 'a stream path that no camera may have')
  }
  const host = verdict.address.includes(':') ? `[${verdict.address}]` : verdict.address
  return { address: verdict.address, port, tls: source.tls, url: `${source.tls ? 'rtsps' : 'rtsp'}://${host}:${port}${path}` }
}

/**
 * Resolves a URL of the device's answer (Content-Base, a=control) against the base. Null if it names another host,
 * another scheme or carries user info.
 */
export function resolveOnTarget(target: RtspTarget, base: string, reference: string): string | null {
  if (reference === '*' || reference === '') return base
  if (!/^[\x21-\x7e]{1,1024}$/.test(reference)) return null
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(reference)) {
    // RFC 2326 C.1.1 says "relative URL"; cameras and clients alike append to the base, query or not.
    return reference.startsWith('/') ? originOf(target) + reference : `${base.endsWith('/') ? base : `${base}/`}${reference}`
  }
  const match = /^(rtsps?):\/\/([^/?#]*)([/?][^#]*)?$/i.exec(reference)
  if (!match) return null
  const authority = match[2] ?? ''
  if (authority.includes('@')) return null
  const host = authority.startsWith('[') ? authority.slice(1, authority.indexOf(']')) : authority.replace(/:\d+$/, '')
  return host === target.address ? originOf(target) + (match[3] ?? '/') : null
}

function originOf(target: RtspTarget): string {
  const end = target.url.indexOf('/', target.url.indexOf('://') + 3)
  return target.url.slice(0, end)
}
