// Owns the Ed25519 key that signs checkpoints and cuts, and judging such signatures.
// Refuses: giving out the private key. It lives in a file under DATA_DIR/keys, outside of the database.
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { partsFit, signedText, type Checkpoint, type CheckpointBody, type Cut, type CutBody, type Sealed } from './checkpoint.ts'

/** PKCS #8 around a 32-byte seed. @see RFC 8410, section 7 */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export class AuditSigner {
  readonly #key: KeyObject
  readonly keyId: string
  /** For those who verify: PEM of the public key. */
  readonly publicKeyPem: string

  /** @param seed 32 random bytes */
  constructor(seed: Uint8Array) {
    this.#key = createPrivateKey({ key: Buffer.concat([seedPrefix, seed]), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(this.#key)
    this.keyId = keyIdOf(publicKey)
    this.publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }

  checkpoint(body: Omit<CheckpointBody, 'kind' | 'v' | 'keyId'>, parts: { peaks: string[]; marks: string }): Checkpoint {
    const full: CheckpointBody = { kind: 'checkpoint', v: 1, keyId: this.keyId, ...body }
    return { ...full, ...parts, signature: this.#sign(full) }
  }

  cut(body: Omit<CutBody, 'kind' | 'v' | 'keyId'>, peaks: string[]): Cut {
    const full: CutBody = { kind: 'cut', v: 1, keyId: this.keyId, ...body }
    return { ...full, peaks, signature: this.#sign(full) }
  }

  #sign(body: CheckpointBody | CutBody): string {
    return sign(null, Buffer.from(signedText(body)), this.#key).toString('base64')
  }
}

/** The first 16 hexadecimal digits of the SHA-256 of the public key (SPKI, DER). */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex').slice(0, 16)
}

/** Whether this key signed this statement as it stands, with all of its parts. */
export function isSignedBy(sealed: Sealed, publicKey: KeyObject): boolean {
  return verify(null, Buffer.from(signedText(sealed)), publicKey, Buffer.from(sealed.signature, 'base64')) && partsFit(sealed)
}
