// Owns how far back a press of −10 s or −30 s reaches. Pure.

/**
 * Seconds before now, whole: from what is on screen, no further than the server's memory.
 * @param behindMs how old the shown replay is; 0 while live
 */
export function replayReach(seconds: number, behindMs: number, most: number): number {
  return Math.min(most, Math.max(1, Math.round(seconds + behindMs / 1000)))
}
