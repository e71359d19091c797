// Owns when a refused stream is asked for again. Pure.
// Refuses: asking sooner than the server said, or by all tiles of a wall in one moment.
import type { ApiProblem } from '../api/api-problem.ts'

type Refusal = Pick<ApiProblem, 'status' | 'retryAfterSeconds'>

/** Whoever has no right is asked for again all the same: the news that one was given may be missed. */
const BARRED_MS = 30_000
const FIRST_MS = 5_000
const LONGEST_MS = 15_000
const GROWS = 1.5
/** A server that names more than this is not believed. */
const LONGEST_WISH_MS = 600_000

/** Not for this viewer, as opposed to not now. */
export const isBarred = ({ status }: Pick<ApiProblem, 'status'>): boolean => status === 401 || status === 403 || status === 404

/** @param refusals how many in a row, this one included @param random uniform in [0, 1) @returns ms */
export function retryPauseMs(refusal: Refusal, refusals: number, random: () => number): number {
  const { retryAfterSeconds } = refusal
  if (retryAfterSeconds !== undefined) return Math.min(LONGEST_WISH_MS, retryAfterSeconds * 1000) * (1 + 0.2 * random())
  return (isBarred(refusal) ? BARRED_MS : Math.min(LONGEST_MS, FIRST_MS * GROWS ** (refusals - 1))) * (0.9 + 0.2 * random())
}
