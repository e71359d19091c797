// Owns when what the console cannot do without is asked for again by itself. Pure.
// Refuses: asking again for what was refused for good.
import type { ApiProblem } from './api-problem.ts'

/** Pauses before the next try; the last one repeats. */
export const AGAIN_AFTER_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const

/** @param failures in a row before this one @returns ms */
export const againAfterMs = (failures: number): number => AGAIN_AFTER_MS[Math.min(failures, AGAIN_AFTER_MS.length - 1)] ?? 30_000

/** A refusal stays one; the server that is away, busy or restarting comes back. */
export const isPassing = ({ status }: Pick<ApiProblem, 'status'>): boolean => status === 0 || status === 429 || status >= 500

/** Runs later; returns what takes it back. */
export type After = (ms: number, run: () => void) => () => void
export const afterTimeout: After = (ms, run) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
