// Owns RTSP login by Digest (RFC 2617, RFC 7616): reads the challenges, makes the answer.
// Refuses: Basic, which would hand the password to whoever asks.
import { createHash } from 'node:crypto'
import type { Secret } from '#base/secret.ts'

export interface DigestChallenge {
  realm: string
  nonce: string
  opaque: string | null
  algorithm: 'MD5' | 'SHA-256'
  qopAuth: boolean
  stale: boolean
}

export type ChallengeChoice = { kind: 'digest'; challenge: DigestChallenge } | { kind: 'basic-only' } | { kind: 'unknown' }

/** Picks the strongest Digest that a 401 offers. @param offers values of the WWW-Authenticate headers */
export function chooseChallenge(offers: readonly string[]): ChallengeChoice {
  const digests = offers.map(parseDigest).filter((challenge) => challenge !== null)
  const best = digests.find((challenge) => challenge.algorithm === 'SHA-256') ?? digests[0]
  if (best) return { kind: 'digest', challenge: best }
  return offers.some((offer) => /^basic\b/i.test(offer)) ? { kind: 'basic-only' } : { kind: 'unknown' }
}

/** No camera's challenge is longer. */
const MOST_OFFER_CHARACTERS = 4_096

function parseDigest(offer: string): DigestChallenge | null {
  if (!/^digest\s/i.test(offer)) return null
  const fields = new Map<string, string>()
  for (const match of offer.slice(7, MOST_OFFER_CHARACTERS).matchAll(/\b([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/gi)) {
    fields.set((match[1] ?? '').toLowerCase(), match[2] ?? match[3] ?? '')
  }
  const realm = fields.get('realm')
  const nonce = fields.get('nonce')
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  if (realm === undefined || !nonce || (algorithm !== 'MD5' && algorithm !== 'SHA-256')) return null
  return {
    realm,
    nonce,
    opaque: fields.get('opaque') ?? null,
    algorithm,
    qopAuth: (fields.get('qop') ?? '').split(',').some((qop) => qop.trim().toLowerCase() === 'auth'),
    stale: fields.get('stale')?.toLowerCase() === 'true',
  }
}

export interface DigestInput {
  challenge: DigestChallenge
  username: string
  password: Secret
  method: string
  uri: string
  /** Counts the uses of this nonce, from 1. */
  nonceCount: number
  /** Fresh hexadecimal randomness. */
  cnonce: string
}

/** The value of the Authorization header. @see RFC 7616 §3.4 */
export function digestAuthorization(input: DigestInput): string {
  const { challenge, username, method, uri, cnonce } = input
  const hash = (text: string) => createHash(challenge.algorithm === 'MD5' ? 'md5' : 'sha256').update(text, 'utf8').digest('hex')
  const secretHash = hash(`${username}:${challenge.realm}:${input.password.reveal()}`)
  const requestHash = hash(`${method}:${uri}`)
  const count = input.nonceCount.toString(16).padStart(8, '0')
  const response = challenge.qopAuth
    ? hash(`${secretHash}:${challenge.nonce}:${count}:${cnonce}:auth:${requestHash}`)
    : hash(`${secretHash}:${challenge.nonce}:${requestHash}`)
  const parts = [
    `username="${quoted(username)}"`,
    `realm="${quoted(challenge.realm)}"`,
    `nonce="${quoted(challenge.nonce)}"`,
    `uri="${quoted(uri)}"`,
    `response="${response}"`,
  ]
  // Old firmware knows only RFC 2069 and stumbles over an algorithm it did not name, so MD5 stays unsaid.
  if (challenge.algorithm !== 'MD5') parts.push(`algorithm=${challenge.algorithm}`)
  if (challenge.opaque !== null) parts.push(`opaque="${quoted(challenge.opaque)}"`)
  if (challenge.qopAuth) parts.push('qop=auth', `nc=${count}`, `cnonce="${cnonce}"`)
  return `Digest ${parts.join(', ')}`
}

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}
