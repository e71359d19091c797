// Owns a process that holds nothing but the media plane pulling sub streams, so that its cost can be told from others'.
// Arguments: base port of the fleet, how many cameras. Says "running" when all run; answers each line on stdin with one
// of JSON about its memory; ends when stdin does.
import { createInterface } from 'node:readline'
import { AddressPolicy } from '#base/address-policy.ts'
import { silentLogger } from '#base/logger.ts'
import { createMediaPlane } from '#streams'
import { copiedSubs, streamSource } from './fleet-process.ts'

const [basePort = 0, count = 0] = process.argv.slice(2).map(Number)
const plane = await createMediaPlane({ logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8']), env: process.env, limits: { idleStopMs: 3_600_000 } })
const running = new Set<string>()
plane.on('state', ({ cameraId, state }) => {
  if (state === 'running' && running.size < count && running.add(cameraId).size === count) process.stdout.write('running\n')
})
for (const camera of copiedSubs(count)) await plane.open(streamSource(basePort, camera, 'sub'))
const lines = createInterface({ input: process.stdin })
lines.on('line', () => {
  void plane.reports().then((reports) => {
    const ringBytes = reports.reduce((sum, report) => sum + report.ringBytes, 0)
    const live = reports.filter(({ state }) => state === 'running').length
    process.stdout.write(`${JSON.stringify({ ringBytes, live, ...process.memoryUsage() })}\n`)
  })
})
lines.once('close', () => void plane.close().then(() => process.exit(0)))
