// Owns cleaning of any text that a device wrote: NFC, no control, surrogate or bidirectional characters, bounded.
// Refuses: trusting length or alphabet of a device's answer; every string that leaves this room came through here.

const unwanted = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

/** One line of at most `max` UTF-16 units (128 unless told); white space is folded, unwanted characters dropped. */
export function deviceText(raw: string, max = 128): string {
  // The first cut bounds the work on a hostile megabyte; composition never makes text longer than this allows for.
  const clean = raw.slice(0, max * 8).replace(/\s+/g, ' ').normalize('NFC').replace(unwanted, '').trim()
  if (clean.length <= max) return clean
  const cut = clean.slice(0, max)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** `XX-XX-XX-XX-XX-XX` from any usual spelling; empty for nonsense, all-zero, broadcast and group addresses. */
export function deviceMac(raw: string): string {
  const hex = raw.trim().toUpperCase().replace(/[:.-]/g, '')
  if (!/^[0-9A-F]{12}$/.test(hex) || /^(0{12}|F{12})$/.test(hex)) return ''
  if (Number.parseInt(hex.slice(0, 2), 16) % 2 === 1) return ''
  return (hex.match(/../g) ?? []).join('-')
}

/** A whole number in `[0, max]`, or 0 when the text is anything else. */
export function deviceNumber(raw: string, max: number): number {
  const text = raw.trim()
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) return 0
  const value = Number(text)
  return value <= max ? value : 0
}
