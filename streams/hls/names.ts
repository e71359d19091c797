// Owns the names of files in a live window: `index.m3u8`, `{epoch}-init.mp4`, `{epoch}-{msn}.m4s`.
// Refuses: everything else, leading zeros included, so that one file has one name.

export type FileName = { kind: 'playlist' } | { kind: 'init'; epoch: number } | { kind: 'segment'; epoch: number; msn: number }

const NUMBER = '(0|[1-9]\\d{0,14})'
const INIT = new RegExp(`^${NUMBER}-init\\.mp4$`)
const SEGMENT = new RegExp(`^${NUMBER}-${NUMBER}\\.m4s$`)

export function parseFileName(name: string): FileName | null {
  if (name === 'index.m3u8') return { kind: 'playlist' }
  const init = INIT.exec(name)
  if (init) return { kind: 'init', epoch: Number(init[1]) }
  const segment = SEGMENT.exec(name)
  return segment ? { kind: 'segment', epoch: Number(segment[1]), msn: Number(segment[2]) } : null
}

export function initName(epoch: number): string {
  return `${epoch}-init.mp4`
}

export function segmentName(epoch: number, msn: number): string {
  return `${epoch}-${msn}.m4s`
}
