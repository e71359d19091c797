// Owns reading an address that a device wrote (XAddr, stream URI): strict form, allowed network, the same host.
// Refuses: user info, names, other hosts, odd spellings; nothing is normalised into something acceptable (T02, T03).
import type { AddressPolicy } from '#base/address-policy.ts'

export type DeviceAddress =
  | { kind: 'address'; scheme: string; host: string; port: number; path: string }
  | { kind: 'refused'; reason: 'too-long' | 'malformed' | 'scheme' | 'user-info' | 'outside-networks' | 'other-host' }

const defaultPorts = new Map([
  ['http', 80],
  ['https', 443],
  ['rtsp', 554],
  ['rtsps', 322],
])

/**
 * @param rules `schemes` that are taken; `host`, when given, is the canonical registered address that it must equal.
 * The path keeps its query and is given back as written.
 */
export function readDeviceAddress(
  text: string,
  policy: AddressPolicy,
  rules: { schemes: readonly string[]; host?: string },
): DeviceAddress {
  if (text.length > 1024) return { kind: 'refused', reason: 'too-long' }
  if (!/^[\x21-\x7e]+$/.test(text) || /["'<>\\^`{|}]/.test(text)) return { kind: 'refused', reason: 'malformed' }
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)$/.exec(text)
  if (!parts) return { kind: 'refused', reason: 'malformed' }
  const [, rawScheme = '', authority = '', rest = ''] = parts
  const scheme = rawScheme.toLowerCase()
  if (!rules.schemes.includes(scheme)) return { kind: 'refused', reason: 'scheme' }
  if (authority.includes('@')) return { kind: 'refused', reason: 'user-info' }
  const place = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(authority)
  if (!place) return { kind: 'refused', reason: 'malformed' }
  const verdict = policy.check(place[1] ?? '')
  if (!verdict.allowed) return { kind: 'refused', reason: 'outside-networks' }
  if (rules.host !== undefined && verdict.address !== rules.host) return { kind: 'refused', reason: 'other-host' }
  const port = place[2] === undefined ? (defaultPorts.get(scheme) ?? 0) : Number(place[2])
  if (port < 1 || port > 65_535) return { kind: 'refused', reason: 'malformed' }
  return { kind: 'address', scheme, host: verdict.address, port, path: rest.startsWith('/') ? rest : `/${rest}` }
}
