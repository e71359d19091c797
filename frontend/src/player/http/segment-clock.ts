// Owns when the next whole segment of a stream will be listed, by the dates in its last playlist.
// Refuses: playlists that the server answers only when there is something new (CAN-BLOCK-RELOAD); those are asked for at once.

/** The server lists a segment a moment after its last frame came. */
const LISTED_AFTER_MS = 80
/** A stream that is late, or stopped, is asked for again at hls.js' own pace. */
const LONGEST_WAIT_MS = 4_000

export class SegmentClock {
  readonly #serverNowMs: () => number
  #dueServerMs = -Infinity

  constructor(serverNowMs: () => number) {
    this.#serverNowMs = serverNowMs
  }

  heard(playlist: string): void {
    this.#dueServerMs = nextSegmentMs(playlist) ?? -Infinity
  }

  /** Resolves when the next segment should be there; at once when that moment has passed, or `signal` aborts. */
  async untilDue(signal: AbortSignal): Promise<void> {
    const waitMs = Math.min(LONGEST_WAIT_MS, this.#dueServerMs + LISTED_AFTER_MS - this.#serverNowMs())
    if (!(waitMs > 0) || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, waitMs)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

/** Server time, ms, at which the segment after the newest one ends, if it is as long; null when the playlist does not tell. */
export function nextSegmentMs(playlist: string): number | null {
  if (/^#EXT-X-(SERVER-CONTROL:.*CAN-BLOCK-RELOAD=YES|ENDLIST)/m.test(playlist)) return null
  const dateMs = Date.parse(playlist.slice(playlist.lastIndexOf('#EXT-X-PROGRAM-DATE-TIME:')).split('\n', 1)[0]?.slice('#EXT-X-PROGRAM-DATE-TIME:'.length) ?? '')
  const seconds = Number(/^#EXTINF:([\d.]+),/.exec(playlist.slice(playlist.lastIndexOf('#EXTINF:')))?.[1])
  return Number.isFinite(dateMs) && seconds > 0 ? dateMs + 2_000 * seconds : null
}
