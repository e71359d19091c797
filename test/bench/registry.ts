// Owns the benches of a register of ten thousand cameras, on SQLite and on what TEST_DATABASE_URL names: a page of the list,
// what a sweep asks of it, an import, and how long any of them keeps the event loop.
import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { newId } from '#base/ids.ts'
import type { CameraId } from '#contract/ids.ts'
import { ArchiveService } from '../../backend/registry/archive-service.ts'
import { presentSummary } from '../../backend/registry/index.ts'
import { openRegistryRoom, unitIds } from '../integration/registry-room.ts'
import { databasesHere, type TestDatabase } from '../support/databases.ts'
import { sampleArchive, sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { table, type Row } from './table.ts'

const PAGES = 200

/** A table for each database of this machine. @param cameras how many are registered */
export async function register(cameras: number): Promise<string> {
  const tables: string[] = []
  for (const database of databasesHere()) tables.push(await registerOn(database, cameras))
  return tables.join('\n')
}

async function registerOn(database: TestDatabase, cameras: number): Promise<string> {
  try {
    const room = await openRegistryRoom(database)
    const everywhere = Object.values(unitIds)
    const caller = samplePrincipal(everywhere)
    for (let from = 0; from < cameras; from += 500) {
      const some = Array.from({ length: Math.min(500, cameras - from) }, (_, at) => {
        const number = from + at
        return sampleCamera(everywhere[number % everywhere.length] ?? unitIds.first, number, { id: newId<CameraId>(1_000 + number, randomBytes), archive: sampleArchive(number, { name: `${String((number * 7_919) % cameras)}号杆` }) })
      })
      await room.put(...some)
    }
    const tree = await room.units.tree()
    const page = async (number: number) => {
      const { items } = await room.cameras.list(caller.scope.unitIds, {}, { page: number, pageSize: 50, sort: 'name' })
      return items.map((camera) => presentSummary(caller, camera, tree)).length
    }
    const took: number[] = []
    for (let at = 0; at < PAGES; at++) {
      const startedMs = performance.now()
      await page(1 + ((at * 31) % Math.max(1, Math.floor(cameras / 50))))
      took.push(performance.now() - startedMs)
    }
    const p95 = took.sort((a, b) => a - b)[Math.floor(PAGES * 0.95)] ?? Number.NaN

    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const timed = async (run: () => Promise<unknown>): Promise<{ ms: number; stallMs: number }> => {
      delay.reset()
      const startedMs = performance.now()
      await run()
      return { ms: performance.now() - startedMs, stallMs: delay.max / 1e6 }
    }
    const known = new Map((await room.cameraService.watchList()).map((camera) => [camera.id, camera.version]))
    const whole = await timed(() => room.cameraService.watchList())
    const asked = await timed(() => room.cameraService.watchChanges((id) => known.get(id)))
    const archives = new ArchiveService(room)
    const file = Buffer.from(await archives.export(caller, {}, { ip: '' })).toString('utf8').replaceAll('号杆', '号灯杆')
    const memory = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 20)
    let peakBytes = process.memoryUsage.rss()
    const beforeBytes = peakBytes
    const brought = await timed(() => archives.import(caller, file, { dryRun: false }, { ip: '' }))
    clearInterval(memory)
    delay.disable()
    const rows: Row[] = [
      { measure: 'a page of 50 by name, p95', value: p95, unit: 'ms', target: 50 },
      { measure: 'what a sweep asks of the register', value: asked.ms, unit: 'ms', reference: { name: 'reading every camera', value: whole.ms } },
      { measure: 'longest hold of the event loop by that', value: asked.stallMs, unit: 'ms', reference: { name: 'reading every camera', value: whole.stallMs }, target: 100 },
      { measure: `an import that changes all ${cameras}`, value: brought.ms / 1000, unit: 's', target: 5 },
      { measure: 'longest hold of the event loop by that', value: brought.stallMs, unit: 'ms' },
      { measure: 'most memory meanwhile', value: peakBytes / 2 ** 20, unit: 'MiB', reference: { name: 'before', value: beforeBytes / 2 ** 20 }, target: 1_024 },
    ]
    return table(`A register of ${cameras} cameras (${database.name})`, rows)
  } finally {
    await database.drop()
  }
}
