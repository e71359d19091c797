// Owns a clock that moves only when told, for the fleet's unit tests.
import type { Clock } from '#base/clock.ts'

export interface HandClock extends Clock {
  advance(ms: number): void
}

export function handClock(startMs: number = Date.UTC(2027, 1, 3, 4, 5, 6)): HandClock {
  let passed = 0
  let timers: { atMs: number; run: () => void; periodMs: number | null }[] = []
  const add = (delayMs: number, run: () => void, periodMs: number | null) => {
    const timer = { atMs: passed + delayMs, run, periodMs }
    timers.push(timer)
    return { cancel: () => (timers = timers.filter((each) => each !== timer)) }
  }
  return {
    now: () => startMs + passed,
    monotonicMs: () => passed,
    after: (delayMs, run) => add(delayMs, run, null),
    every: (periodMs, run) => add(periodMs, run, periodMs),
    advance(ms) {
      const untilMs = passed + ms
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        passed = Math.max(passed, next.atMs)
        if (next.periodMs === null) timers = timers.filter((each) => each !== next)
        else next.atMs += next.periodMs
        next.run()
      }
      passed = untilMs
    },
  }
}
