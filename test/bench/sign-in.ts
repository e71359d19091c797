// Owns the measures of sign-in: whether known and unknown names can be told apart by time, and what many sign-ins at once
// do to the event loop. Refuses: a fleet; it measures a whole server on SQLite in a process of its own.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { call, startServer, testPassword } from '../support/server.ts'
import { median, table } from './table.ts'

const p95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN

/** @param tries of each kind, in turn; @param atOnce sign-ins started in one tick */
export async function signIns({ tries, atOnce }: { tries: number; atOnce: number }): Promise<string> {
  const server = await startServer({ config: { access: { lockAfterFailures: 1_000_000, failuresPerMinute: 1_000_000 } } })
  try {
    const enter = async (username: string, password: string) => {
      const startedMs = performance.now()
      const { status, text } = await call(server.origin, 'POST', '/api/session', { username, password }, {})
      return { tookMs: performance.now() - startedMs, status, text: text.replace(/"requestId":"[^"]*",?/, '') }
    }
    await enter('operatorA', 'warm')
    const known: number[] = []
    const unknown: number[] = []
    const answers = new Set<string>()
    for (let at = 0; at < tries; at++) {
      // In turn, so that a slow second falls on both.
      for (const [username, kept] of at % 2 === 0 ? ([['operatorA', known], ['nobodyA', unknown]] as const) : ([['nobodyA', unknown], ['operatorA', known]] as const)) {
        const { tookMs, status, text } = await enter(username, 'not the password')
        kept.push(tookMs)
        answers.add(`${status} ${text}`)
      }
    }
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const startedMs = performance.now()
    const burst = await Promise.all(Array.from({ length: atOnce }, () => enter('operatorB', testPassword)))
    const tookMs = performance.now() - startedMs
    delay.disable()
    const incomplete = burst.some(({ status }) => status !== 200) ? { incomplete: 'not everybody got in' } : {}
    return table(
      `sign-in: ${tries} tries of each kind, ${atOnce} at once`,
      [
        { measure: 'unknown name, median', value: median(unknown), unit: 'ms', reference: { name: 'known name', value: median(known) } },
        { measure: 'difference of the medians', value: Math.abs(median(known) - median(unknown)), unit: 'ms', target: 5 },
        { measure: 'different answers beyond the first', value: answers.size - 1, unit: '', target: 1 },
        { measure: `${atOnce} sign-ins at once, p95`, value: p95(burst.map((one) => one.tookMs)), unit: 'ms', target: 1_500, ...incomplete },
        { measure: 'event-loop delay meanwhile, p99', value: delay.percentile(99) / 1e6, unit: 'ms', target: 50, ...incomplete },
      ],
      [`The ${atOnce} took ${tookMs.toFixed(0)} ms together. Server and callers share one process here.`],
    )
  } finally {
    await server.close()
  }
}
