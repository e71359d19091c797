// Owns which frame on screen is a new one: later than every frame before it, over all players and streams of a tile. Pure.
// Refuses: taking for news what is only seen again: after a jump back, by a rebuilt player, out of the server's memory.

export interface ShownFrame {
  /** Place on its player's timeline, seconds. Within one player later media lies later, whatever becomes of the dates. */
  mediaTimeSeconds: number
  /** Server time, ms since the epoch; null when nothing dates it. */
  pictureMs: number | null
}

/** The same frame, reported twice, may lie so far apart. */
const SAME_SECONDS = 0.005
/** A player that ran dry may have left out its last frames, and another one dates the same frame a little otherwise. */
const LEFT_OUT_MS = 250
/** How well the console knows the server's clock. */
const CLOCK_ERROR_MS = 1_000
/** Neither a player nor the server's memory keeps more of the past than this. */
const MEMORY_MS = 60_000

export class ShownFrames {
  #newest: { pictureMs: number; atMs: number } | undefined
  /** Of the present player: the latest place that was on screen, and whether it has come to what nobody had seen. */
  #player = { untilSeconds: -Infinity, caughtUp: false }

  /** Another player shows the same stream from here on; its timeline has nothing to do with the last one's. */
  playerBegins(): void {
    this.#player = { untilSeconds: -Infinity, caughtUp: false }
  }

  /** What was seen until now, for a stream that is to take this one's place. */
  successor(): ShownFrames {
    const next = new ShownFrames()
    next.#newest = this.#newest
    return next
  }

  /**
   * Whether this frame was never shown; it counts as shown from then on.
   * @param nowMs local monotonic ms @param delayMs age of the picture by the server's clock, null when undated
   */
  isNew(frame: ShownFrame, nowMs: number, delayMs: number | null): boolean {
    const { mediaTimeSeconds, pictureMs } = frame
    if (mediaTimeSeconds <= this.#player.untilSeconds + SAME_SECONDS) return false
    this.#player.untilSeconds = mediaTimeSeconds
    // Once a player shows news, what follows is news even where the dates step back: the server's clock was corrected, or an
    // epoch was dated anew. Undated frames of a new player cannot be told from old ones, and a tile must not stay dead for it.
    if (!this.#player.caughtUp && pictureMs !== null && this.#wasSeen(pictureMs, nowMs, delayMs)) return false
    this.#player.caughtUp = true
    if (pictureMs !== null) this.#newest = { pictureMs, atMs: nowMs }
    return true
  }

  #wasSeen(pictureMs: number, nowMs: number, delayMs: number | null): boolean {
    if (this.#newest === undefined || pictureMs > this.#newest.pictureMs + LEFT_OUT_MS) return false
    // The server's clock was set back: either the frame was taken after the newest one had been shown, or so long before it
    // that nobody has kept it.
    const takenMs = nowMs - (delayMs ?? 0)
    return takenMs <= this.#newest.atMs + CLOCK_ERROR_MS && this.#newest.pictureMs - pictureMs <= MEMORY_MS
  }
}
