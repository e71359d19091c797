// Owns one verification from source to verdict: which signatures count, then the rows.
// Refuses: trusting a key that nobody named when another was named.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { isSignedBy, keyIdOf } from './audit-signer.ts'
import type { ChainSource } from './chain-source.ts'
import type { Verdict } from './chain-verdict.ts'
import { ChainVerifier, type PresentedRow } from './chain-verifier.ts'
import type { Cut, Sealed } from './checkpoint.ts'
import type { VouchedCheckpoint } from './checkpoint-match.ts'

export interface VerifyOptions {
  /** Checkpoints and cuts from elsewhere: the file outside of the database, a syslog. */
  sealed?: readonly Sealed[]
  /** Public keys in PEM that are trusted; none: the source's own. */
  keys?: readonly string[]
  /** Called for every row, before it is judged. */
  onRow?: (row: PresentedRow) => void
}

export interface Verification extends Verdict {
  /** Ids of the keys that were trusted. */
  keyIds: string[]
  /** Statements by keys that are not trusted; they count for nothing. */
  ofUnknownKeys: number
}

export async function verifyChain(source: ChainSource, options: VerifyOptions = {}): Promise<Verification> {
  const pems = options.keys !== undefined && options.keys.length > 0 ? options.keys : source.publicKey === null ? [] : [source.publicKey]
  const keys = new Map(pems.map((pem) => createPublicKey(pem)).map((key) => [keyIdOf(key), key]))
  const all = [...source.sealed, ...(options.sealed ?? [])]
  const forged = all.find((line) => keys.has(line.keyId) && !isSound(line, keys))
  const trusted = all.filter((line) => keys.has(line.keyId) && isSound(line, keys))
  const verifier = new ChainVerifier({ cuts: trusted.filter((line): line is Cut => line.kind === 'cut'), checkpoints: trusted.filter((line): line is VouchedCheckpoint & Sealed => line.kind === 'checkpoint') })
  const end = await source.read((row) => {
    options.onRow?.(row)
    verifier.take(row)
  })
  const verdict = verifier.finish(end)
  const finding = verdict.finding ?? (forged === undefined ? null : { tampering: 'forged-checkpoint' as const, seq: forged.size })
  return { ...verdict, finding, keyIds: [...keys.keys()], ofUnknownKeys: all.length - all.filter((line) => keys.has(line.keyId)).length }
}

function isSound(line: Sealed, keys: ReadonlyMap<string, KeyObject>): boolean {
  const key = keys.get(line.keyId)
  return key !== undefined && isSignedBy(line, key)
}
