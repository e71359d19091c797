// Owns the people of the sign-in bench, in a process of their own as browsers are: a wall that plays by the media socket, and
// many who sign in at once while it plays. Says how long they took and how long each tile was without anything new.
import { z } from 'zod'
import { cameraIdSchema } from '#contract/ids.ts'
import { PushViewer } from '../support/push-viewer.ts'
import { call, signIn, testPassword } from '../support/server.ts'

export const orderSchema = z.object({ origin: z.string(), cameraIds: z.array(cameraIdSchema), atOnce: z.number().int(), restMs: z.number() })
export type Order = z.infer<typeof orderSchema>
export const reportSchema = z.discriminatedUnion('kind', [
  /** The wall plays; what follows is measured. */
  z.object({ kind: z.literal('resting') }),
  z.object({ kind: z.literal('signing-in') }),
  z.object({ kind: z.literal('failed'), why: z.string() }),
  z.object({ kind: z.literal('done'), tookMs: z.array(z.number()), notIn: z.number(), restGapsMs: z.array(z.number()), burstGapsMs: z.array(z.number()) }),
])
export type Report = z.infer<typeof reportSchema>

const openMs = 60_000
/** A tile that was held up shows it a little later too. */
const afterMs = 2_000
const tell = (report: Report) => void process.send?.(report)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function run({ origin, cameraIds, atOnce, restMs }: Order): Promise<void> {
  const client = await signIn(origin, 'operatorA')
  const viewer = new PushViewer(origin, { cookie: client.cookie }, { answers: true })
  await viewer.until('hello')
  for (const [at, cameraId] of cameraIds.entries()) viewer.send({ type: 'subscribe', id: at + 1, cameraId, stream: 'sub', mode: 'parts', priority: 'visible' })
  const startedMs = performance.now()
  while (new Set(viewer.media.map(({ id }) => id)).size < cameraIds.length) {
    if (performance.now() - startedMs > openMs) throw new Error(`only ${new Set(viewer.media.map(({ id }) => id)).size} of ${cameraIds.length} tiles play: ${JSON.stringify(viewer.notices.filter(({ type }) => type === 'refused' || type === 'ended'))}`)
    await pause(100)
  }
  await pause(restMs)
  tell({ kind: 'resting' })
  const restedMs = performance.now()
  await pause(restMs)
  tell({ kind: 'signing-in' })
  const burstMs = performance.now()
  const burst = await Promise.all(
    Array.from({ length: atOnce }, async () => {
      const askedMs = performance.now()
      const { status } = await call(origin, 'POST', '/api/session', { username: 'operatorB', password: testPassword }, {})
      return { status, tookMs: performance.now() - askedMs }
    }),
  )
  await pause(afterMs)
  const endMs = performance.now()
  const gaps = (fromMs: number, toMs: number) =>
    cameraIds.map((_, at) => {
      const times = [fromMs, ...viewer.media.filter(({ id, atMs }) => id === at + 1 && atMs > fromMs && atMs < toMs).map(({ atMs }) => atMs), toMs]
      return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)))
    })
  tell({ kind: 'done', tookMs: burst.map(({ tookMs }) => tookMs), notIn: burst.filter(({ status }) => status !== 200).length, restGapsMs: gaps(restedMs, burstMs), burstGapsMs: gaps(burstMs, endMs) })
  viewer.socket.close()
}

process.on('message', (message) => {
  run(orderSchema.parse(message)).catch((error: unknown) => tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }))
})
