// Owns identifiers: globally unique, sortable by creation time, branded by what they name.
// Refuses: meaning inside an id beyond its time; 国标编码 and case numbers are attributes, not ids.
import { randomBytes } from 'node:crypto'

export type RandomBytes = (size: number) => Buffer

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32, lower case

/**
 * A 26-character ULID-shaped id (48-bit milliseconds, 80 random bits, Crockford base 32, lower case).
 * @see https://github.com/ulid/spec
 */
export function newId<Brand extends string>(nowMs: number, random: RandomBytes = randomBytes): Brand {
  let time = ''
  let rest = Math.floor(nowMs)
  for (let i = 0; i < 10; i++) {
    time = (ALPHABET[rest % 32] ?? '0') + time
    rest = Math.floor(rest / 32)
  }
  let tail = ''
  for (const byte of random(16)) tail += ALPHABET[byte % 32] ?? '0'
  return brandId<Brand>(time + tail)
}

/** Marks a string as an id of one kind. Only for ids that came out of the database or a parsed request. */
export function brandId<Brand extends string>(value: string): Brand {
  return value as Brand
}
