// Owns what is told of the machine beside a test that failed: whether it was short of time. Refuses: changing a verdict.
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import type { Context } from 'mocha'
import { Lateness } from './lateness.ts'

const lateness = new Lateness()
let begun = { atMs: 0, waitedMs: 0 }

/** Milliseconds since the machine started in which something waited for a processor; null where the system does not tell. */
function waitedMs(): number | null {
  try {
    const [, total] = /^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8')) ?? []
    return total === undefined ? null : Number(total) / 1_000
  } catch {
    return null
  }
}

export const mochaHooks = {
  beforeEach(): void {
    lateness.startOver()
    begun = { atMs: performance.now(), waitedMs: waitedMs() ?? 0 }
  },
  afterEach(this: Context): void {
    if (this.currentTest?.state !== 'failed') return
    const tookMs = performance.now() - begun.atMs
    const now = waitedMs()
    const short = now === null ? 'unknown' : `${Math.round((100 * (now - begun.waitedMs)) / tookMs)} %`
    console.log(`      the machine meanwhile: load ${loadavg().map((load) => load.toFixed(1)).join(' ')}; short of a processor ${short} of ${Math.round(tookMs)} ms; this process held up for ${Math.round(lateness.longestMs())} ms at most`)
  },
}
