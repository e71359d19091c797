// Owns the names of files in a live window: `index.m3u8` (segments only, for any player), `{edition}-live.m3u8` (with parts),
// `master.m3u8`, `{from}-past.m3u8` (segments of the ring since a moment), `{epoch}-init.mp4`, `{epoch}-{msn}.m4s`, `{epoch}-{msn}.{part}.m4s`.
// Refuses: everything else, leading zeros included, so that one file has one name.

export type PlaylistName = { kind: 'plain' } | { kind: 'master' } | { kind: 'live'; edition: number } | { kind: 'past'; fromMs: number }
export type MediaName = { kind: 'init'; epoch: number } | { kind: 'segment'; epoch: number; msn: number } | { kind: 'part'; epoch: number; msn: number; part: number }
export type FileName = PlaylistName | MediaName

const NUMBER = '(0|[1-9]\\d{0,14})'
const SMALL = '(0|[1-9]\\d{0,3})'
const LIVE = new RegExp(`^${NUMBER}-live\\.m3u8$`)
const PAST = new RegExp(`^${NUMBER}-past\\.m3u8$`)
const INIT = new RegExp(`^${NUMBER}-init\\.mp4$`)
const MEDIA = new RegExp(`^${NUMBER}-${NUMBER}(?:\\.${SMALL})?\\.m4s$`)

export function parseFileName(name: string): FileName | null {
  if (name === 'index.m3u8') return { kind: 'plain' }
  if (name === 'master.m3u8') return { kind: 'master' }
  const live = LIVE.exec(name)
  if (live) return { kind: 'live', edition: Number(live[1]) }
  const past = PAST.exec(name)
  if (past) return { kind: 'past', fromMs: Number(past[1]) }
  const init = INIT.exec(name)
  if (init) return { kind: 'init', epoch: Number(init[1]) }
  const media = MEDIA.exec(name)
  if (!media) return null
  const place = { epoch: Number(media[1]), msn: Number(media[2]) }
  return media[3] === undefined ? { kind: 'segment', ...place } : { kind: 'part', ...place, part: Number(media[3]) }
}

export function liveName(edition: number): string {
  return `${edition}-live.m3u8`
}

export function initName(epoch: number): string {
  return `${epoch}-init.mp4`
}

export function segmentName(epoch: number, msn: number): string {
  return `${epoch}-${msn}.m4s`
}

export function partName(epoch: number, msn: number, part: number): string {
  return `${epoch}-${msn}.${part}.m4s`
}
