// Owns what a replay of the last seconds shows: which stream, from when on, under which name. Pure.
// Refuses: rights, and what is older than the media plane's memory.
import type { CameraId } from '#contract/ids.ts'
import type { Decodes, StreamForm, StreamKind } from '#contract/live.ts'
import type { HeldMedia } from '#streams'

export interface ReplayWish {
  cameraId: CameraId
  stream: StreamKind
  secondsBack: number
  /** What the viewer's player can do. */
  decodes: Decodes
}

/**
 * The asked stream if it reaches so far, otherwise the one that reaches further. Of a camera that has just been lost, the
 * last seconds that there were. @returns `fromMs` UTC ms, a whole number; null when nothing is in memory
 */
export function heldFor(wish: Pick<ReplayWish, 'stream' | 'secondsBack'>, held: readonly HeldMedia[], nowMs: number): { stream: StreamKind; form: StreamForm; fromMs: number } | null {
  const found = held.map(({ stream, form, fromMs, toMs }) => {
    const wantedMs = Math.min(nowMs, toMs) - wish.secondsBack * 1000
    return { stream, form, lacksMs: Math.max(0, fromMs - wantedMs), fromMs: Math.ceil(Math.max(fromMs, wantedMs)) }
  })
  const [best] = found.toSorted((a, b) => a.lacksMs - b.lacksMs || Number(b.stream === wish.stream) - Number(a.stream === wish.stream))
  return best ? { stream: best.stream, form: best.form, fromMs: best.fromMs } : null
}

export const pastFileName = (fromMs: number): string => `${fromMs}-past.m3u8`

/** The moment from which on a file of the media plane shows; null for every file but a replay's playlist. */
export function pastFileFrom(file: string): number | null {
  const past = /^(\d+)-past\.m3u8$/.exec(file)
  return past ? Number(past[1]) : null
}
