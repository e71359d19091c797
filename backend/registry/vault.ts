// Owns camera passwords at rest: AES-256-GCM under a key file outside the database.
// Refuses: giving a password to anything but a Secret, and decrypting a value that was moved to another record.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RandomBytes } from '#base/ids.ts'
import { Secret } from '#base/secret.ts'

export class Vault {
  readonly #key: Buffer
  readonly #random: RandomBytes

  /** @param key 32 bytes */
  constructor(deps: { key: Buffer; random: RandomBytes }) {
    if (deps.key.length !== 32) throw new Error('the vault key is not 32 bytes')
    this.#key = deps.key
    this.#random = deps.random
  }

  /** @param owner id of the record that the secret belongs to; needed again to open it */
  seal(secret: Secret, owner: string): string {
    const nonce = this.#random(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    cipher.setAAD(Buffer.from(owner))
    const sealed = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
  }

  /** @throws when the value was altered, or sealed for another record or under another key */
  open(sealed: string, owner: string): Secret {
    const bytes = Buffer.from(sealed, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(owner))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return new Secret(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'))
  }
}
