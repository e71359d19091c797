// Owns codes that people read off a screen or a paper and type: groups of four capitals and digits, none of which looks
// like another. Refuses: telling them apart by case, dashes or spaces. Pure.
import type { RandomBytes } from '#base/ids.ts'
import { base32 } from './one-time-code.ts'

/** 80 bits. */
const BYTES = 10

/** e.g. `K7QF-2MXA-…`, sixteen signs. */
export function handCode(random: RandomBytes): string {
  return (base32(random(BYTES)).match(/.{4}/g) ?? []).join('-')
}

/** What counts of a code that somebody typed. */
export function plainCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '')
}
