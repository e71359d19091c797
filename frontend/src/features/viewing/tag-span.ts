// Owns which seconds a tag from the wall means. Pure.

/** How far back one key press reaches. */
export const TAG_REACH_MS = 10_000

/**
 * The 10 s that end with the picture on screen, as ISO instants by the server's clock. What the operator saw is older
 * than now by the measured delay; without one, now counts.
 */
export function tagSpan(serverNowMs: number, delayMs: number | null): { from: string; to: string } {
  const toMs = Math.round(serverNowMs - (delayMs ?? 0))
  return { from: new Date(toMs - TAG_REACH_MS).toISOString(), to: new Date(toMs).toISOString() }
}
