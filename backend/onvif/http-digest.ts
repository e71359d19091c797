// Owns HTTP Digest (RFC 7616): reading challenges, answering with SHA-256 or MD5, qop auth or none.
// Refuses: Basic. It is recognised only so that the refusal can be named.
import { createHash } from 'node:crypto'
import type { RandomBytes } from '#base/ids.ts'
import type { OnvifCredential } from './device.ts'

export interface DigestChallenge {
  realm: string
  nonce: string
  opaque: string | undefined
  algorithm: 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess'
  qop: 'auth' | undefined
  stale: boolean
}

export type Demand =
  | { kind: 'digest'; challenge: DigestChallenge }
  | { kind: 'clear-text' } // Basic, and nothing better
  | { kind: 'unknown' } // no challenge, or none that can be answered

/** The best challenge among all WWW-Authenticate header lines: SHA-256 before MD5, Basic never. */
export function readDemand(headerLines: readonly string[]): Demand {
  const offered = headerLines.flatMap((line) => parseChallenges(line.slice(0, 4096)))
  const digests = offered.flatMap((one) => digestChallenge(one) ?? [])
  const best = digests.find((one) => one.algorithm.startsWith('SHA-256')) ?? digests[0]
  if (best) return { kind: 'digest', challenge: best }
  return offered.some((one) => one.scheme === 'basic') ? { kind: 'clear-text' } : { kind: 'unknown' }
}

/** The Authorization header for one request. `count` starts at 1 for each server nonce. */
export function digestAuthorization(
  challenge: DigestChallenge,
  credential: OnvifCredential,
  request: { method: string; path: string; count: number },
  random: RandomBytes,
): string {
  const hash = (text: string) =>
    createHash(challenge.algorithm.startsWith('SHA-256') ? 'sha256' : 'md5').update(text, 'utf8').digest('hex')
  const cnonce = random(18).toString('base64')
  const count = request.count.toString(16).padStart(8, '0')
  let secret = hash(`${credential.username}:${challenge.realm}:${credential.password.reveal()}`)
  if (challenge.algorithm.endsWith('-sess')) secret = hash(`${secret}:${challenge.nonce}:${cnonce}`)
  const place = hash(`${request.method}:${request.path}`)
  const response = challenge.qop
    ? hash(`${secret}:${challenge.nonce}:${count}:${cnonce}:${challenge.qop}:${place}`)
    : hash(`${secret}:${challenge.nonce}:${place}`)
  const fields = [
    /^[\x20-\x7e]*$/.test(credential.username)
      ? `username="${quoted(credential.username)}"`
      : `username*=UTF-8''${encodeURIComponent(credential.username)}`,
    `realm="${quoted(challenge.realm)}"`,
    `nonce="${quoted(challenge.nonce)}"`,
    `uri="${request.path}"`,
    `response="${response}"`,
    `algorithm=${challenge.algorithm}`,
  ]
  if (challenge.opaque !== undefined) fields.push(`opaque="${quoted(challenge.opaque)}"`)
  if (challenge.qop) fields.push(`qop=${challenge.qop}`, `nc=${count}`)
  if (challenge.qop || challenge.algorithm.endsWith('-sess')) fields.push(`cnonce="${cnonce}"`)
  return `Digest ${fields.join(', ')}`
}

interface OfferedChallenge {
  scheme: string
  fields: Map<string, string>
}

function parseChallenges(line: string): OfferedChallenge[] {
  const found: OfferedChallenge[] = []
  const field = /[\s,]*([\w!#$%&'*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*)/y
  const scheme = /[\s,]*([^\s,="]+)/y
  let at = 0
  while (at < line.length) {
    field.lastIndex = at
    const pair = field.exec(line)
    if (pair) {
      found.at(-1)?.fields.set((pair[1] ?? '').toLowerCase(), unquoted(pair[2] ?? ''))
      at = field.lastIndex
      continue
    }
    scheme.lastIndex = at
    const name = scheme.exec(line)
    if (name) found.push({ scheme: (name[1] ?? '').toLowerCase(), fields: new Map() })
    at = name ? scheme.lastIndex : at + 1
  }
  return found
}

const algorithms = new Map<string, DigestChallenge['algorithm']>([
  ['md5', 'MD5'],
  ['md5-sess', 'MD5-sess'],
  ['sha-256', 'SHA-256'],
  ['sha-256-sess', 'SHA-256-sess'],
])

function digestChallenge({ scheme, fields }: OfferedChallenge): DigestChallenge | undefined {
  const nonce = fields.get('nonce')
  const algorithm = algorithms.get((fields.get('algorithm') ?? 'MD5').toLowerCase())
  if (scheme !== 'digest' || !nonce || !algorithm) return undefined
  const qops = fields.get('qop')?.toLowerCase().split(/[\s,]+/).filter(Boolean)
  if (qops && qops.length > 0 && !qops.includes('auth')) return undefined
  return {
    realm: fields.get('realm') ?? '',
    nonce,
    opaque: fields.get('opaque'),
    algorithm,
    qop: qops?.includes('auth') ? 'auth' : undefined,
    stale: fields.get('stale')?.toLowerCase() === 'true',
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}
