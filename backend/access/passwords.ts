// Owns password hashes: argon2id off the event loop, the same work for unknown users.
import { hash, verify } from '@node-rs/argon2'

// algorithm 2 is Argon2id (a const enum of the package). OWASP's second recommendation for argon2id: 19 MiB, 2 passes, 1 lane.
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export class Passwords {
  #decoy: Promise<string> | undefined

  hash(password: string): Promise<string> {
    return hash(password.normalize('NFC'), options)
  }

  /** Compares in the same time whether or not there is a hash to compare with. */
  async matches(password: string, stored: string | null): Promise<boolean> {
    this.#decoy ??= this.hash('no account has this password')
    const right = await verify(stored ?? (await this.#decoy), password.normalize('NFC')).catch(() => false)
    return stored !== null && right
  }
}
