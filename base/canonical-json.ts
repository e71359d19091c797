// Owns the one byte form of a JSON value (RFC 8785, JCS): what is hashed or signed is this text in UTF-8.
// Refuses: what JSON cannot hold exactly. The caller makes its text well formed first (`wellFormed`).

/**
 * Keys sorted by UTF-16 code units, no blanks, numbers and strings as ECMAScript writes them. `undefined` properties are
 * left out, as JSON.stringify does. @see RFC 8785
 * @throws TypeError for a number that is not finite, and for a value that is not JSON
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no JSON form')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no JSON form`)
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
}

/** Text without lone surrogates and NUL, which no database keeps as they are; each becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}|\0/gu, '\ufffd')
}
