// Owns the measures of sign-in: whether known and unknown names can be told apart by time, and what many sign-ins at once
// do to a wall that plays meanwhile and to the event loop. The server, on SQLite, is alone in this process; cameras and
// people are in processes of their own, as they are in life.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { call, startServer } from '../support/server.ts'
import { registerFleet } from './fleet-cameras.ts'
import { camerasFor, FleetProcess } from './fleet-process.ts'
import { reportSchema, type Order, type Report } from './sign-in-load.ts'
import { median, table } from './table.ts'

const share = (values: readonly number[], part: number) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
/** Nothing new for so long empties a tile's reserve: it stands still. */
const stallMs = 1_000

async function burst(order: Order): Promise<Extract<Report, { kind: 'done' }> & { restDelayMs: number; burstDelayMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let restDelayMs = Number.NaN
  const child = fork('test/bench/sign-in-load.ts', { execArgv: ['--import', 'tsx'] })
  try {
    child.send(order)
    for (;;) {
      const [message] = await once(child, 'message')
      const report = reportSchema.parse(message)
      if (report.kind === 'failed') throw new Error(report.why)
      if (report.kind === 'done') return { ...report, restDelayMs, burstDelayMs: delay.percentile(99) / 1e6 }
      if (report.kind === 'signing-in') restDelayMs = delay.percentile(99) / 1e6
      delay.reset()
      delay.enable()
    }
  } finally {
    delay.disable()
    child.kill()
  }
}

/** @param tries of each kind, in turn; @param atOnce sign-ins started in one tick while `tiles` play */
export async function signIns({ tries, atOnce, tiles, restMs }: { tries: number; atOnce: number; tiles: number; restMs: number }): Promise<string> {
  const server = await startServer({ config: { access: { lockAfterFailures: 1_000_000, failuresPerMinute: 1_000_000 } } })
  const fleet = await FleetProcess.start(camerasFor(tiles))
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
    const cameraIds = await registerFleet(server, fleet, tiles)
    const { tookMs, notIn, restGapsMs, burstGapsMs, restDelayMs, burstDelayMs } = await burst({ origin: server.origin, cameraIds, atOnce, restMs })
    const incomplete = notIn > 0 ? { incomplete: `${notIn} did not get in` } : {}
    const rest = (value: number) => ({ name: 'the same wall before', value })
    return table(
      `sign-in: ${tries} tries of each kind; ${atOnce} at once while ${tiles} tiles play`,
      [
        { measure: 'unknown name, median', value: median(unknown), unit: 'ms', reference: { name: 'known name', value: median(known) } },
        { measure: 'difference of the medians', value: Math.abs(median(known) - median(unknown)), unit: 'ms', target: 5 },
        { measure: 'different answers beyond the first', value: answers.size - 1, unit: '', target: 1 },
        { measure: `${atOnce} sign-ins at once, p95`, value: share(tookMs, 0.95), unit: 'ms', target: 1_500, ...incomplete },
        { measure: 'event-loop delay of the server meanwhile, p99', value: burstDelayMs, unit: 'ms', reference: rest(restDelayMs), target: 50, ...incomplete },
        { measure: 'longest wait of a tile for something new', value: Math.max(...burstGapsMs), unit: 'ms', reference: rest(Math.max(...restGapsMs)) },
        { measure: '… of the middle tile', value: median(burstGapsMs), unit: 'ms', reference: rest(median(restGapsMs)) },
        { measure: `tiles that stood still (> ${stallMs} ms)`, value: burstGapsMs.filter((ms) => ms > stallMs).length, unit: '', reference: rest(restGapsMs.filter((ms) => ms > stallMs).length), target: 1, ...incomplete },
      ],
      ['The delay of the event loop counts the timer’s own 1 ms. Cameras, viewers and those who sign in are other processes on the same machine.'],
    )
  } finally {
    await server.close()
    await fleet.close()
  }
}
