// Owns the bench of running: processor time, memory and disk per camera of our plane between two runs of the reference,
// one ffmpeg per camera; and what the simulated fleet itself takes while it is pulled.
// Refuses: a number of a load that was not whole; a stream that did not run fails the bench.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock } from '#base/clock.ts'
import { camerasFor, copiedSubs, FleetProcess } from './fleet-process.ts'
import { PlaneProcess, type PlaneMemory } from './plane-load.ts'
import { between, costsOf, type Cost, type Costs } from './process-cost.ts'
import { table, type Row } from './table.ts'

interface Load {
  costs: Costs
  fleetCores: number
  /** What the cameras sent, all of them. */
  sentBytes: number
  seconds: number
}

/** What issue and targets mean by a sub stream, kbit/s, and the Mbit/s below which a load was not that. */
const SUB_KBPS = 1_000
const LEAST_MBITS = 0.95
const REFERENCE = 'ffmpeg -c copy -f hls'
const MIB = 2 ** 20
/** Memory of our own for one camera, besides its ring and ffmpeg. */
const OWN_MEMORY_MIB = 5
/** A file system's own book-keeping may be put down to whoever runs; a stream of a camera is far more. */
const DISK_NOISE_BYTES = 64 * 1024
/** ffmpeg looks at its input for a few seconds more than it runs at rest. */
const SETTLE_MS = 8_000
const START_MS = 120_000

/** What `pids` and their descendants cost over `ms`, and the fleet beside them. */
async function measure(fleet: FleetProcess, pids: readonly number[], ms: number): Promise<Load> {
  const fleetBefore = costsOf([fleet.pid]).own
  const before = costsOf(pids)
  const sentBefore = (await fleet.stats()).bytesSent
  const startedMs = performance.now()
  await sleep(systemClock, ms)
  const seconds = (performance.now() - startedMs) / 1000
  const sentBytes = (await fleet.stats()).bytesSent - sentBefore
  const after = costsOf(pids)
  const fleetAfter = costsOf([fleet.pid]).own
  const part = (name: keyof Costs): Cost => between(before[name], after[name])
  return { costs: { own: part('own'), ffmpeg: part('ffmpeg'), rest: part('rest'), all: part('all') }, fleetCores: between(fleetBefore, fleetAfter).cpuSeconds / seconds, sentBytes, seconds }
}

async function ours(fleet: FleetProcess, cameras: number, ms: number): Promise<Load & { memory: PlaneMemory }> {
  const plane = await PlaneProcess.start(fleet.basePort, cameras, START_MS)
  try {
    await sleep(systemClock, SETTLE_MS)
    const load = await measure(fleet, [plane.pid], ms)
    const memory = await plane.memory()
    if (memory.live !== cameras) throw new Error(`only ${memory.live} of ${cameras} streams were running at the end`)
    return { ...load, memory }
  } finally {
    await plane.close()
  }
}

/** One ffmpeg per camera, segments of 2 s on disk. */
async function theirs(fleet: FleetProcess, cameras: number, ms: number, ffmpegPath: string): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'tianwang-bench-'))
  const children = copiedSubs(cameras).map((camera) => pull(ffmpegPath, fleet.openUrl(camera, 'sub'), ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '10', '-hls_flags', 'delete_segments', join(folder, `${camera.index}.m3u8`)]))
  const playlists = () => readdirSync(folder).filter((name) => name.endsWith('.m3u8')).length
  try {
    const deadlineMs = performance.now() + START_MS
    while (playlists() < cameras && performance.now() < deadlineMs) await sleep(systemClock, 500)
    if (playlists() < cameras) throw new Error(`only ${playlists()} of ${cameras} streams of the reference came`)
    await sleep(systemClock, SETTLE_MS)
    return await measure(fleet, pidsOf(children), ms)
  } finally {
    await end(children)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One table for each number of cameras; the reference runs before and after ours. */
export async function runningCost(options: { cameras: readonly number[]; ms: number; ffmpegPath: string }): Promise<string> {
  const { ms, ffmpegPath } = options
  const fleet = await FleetProcess.start(camerasFor(Math.max(...options.cameras)), SUB_KBPS)
  const tables: string[] = []
  try {
    for (const cameras of options.cameras) {
      const first = await theirs(fleet, cameras, ms, ffmpegPath)
      const own = await ours(fleet, cameras, ms)
      const second = await theirs(fleet, cameras, ms, ffmpegPath)
      tables.push(costTable(cameras, ms, own, [first, second]))
    }
  } finally {
    await fleet.close()
  }
  return tables.join('\n')
}

function costTable(cameras: number, ms: number, own: Load & { memory: PlaneMemory }, references: readonly Load[]): string {
  /** Of a core and camera, percent. */
  const share = (load: Load, part: keyof Costs) => (100 * load.costs[part].cpuSeconds) / load.seconds / cameras
  const mean = (of: (load: Load) => number) => references.reduce((sum, load) => sum + of(load), 0) / references.length
  const { costs, memory } = own
  const reference = { name: REFERENCE, value: mean((load) => share(load, 'all')) }
  const memoryReference = { name: REFERENCE, value: mean(({ costs: { all } }) => all.pssBytes / MIB / cameras) }
  const nodeBesidesRing = (costs.own.pssBytes - memory.ringBytes) / MIB / cameras
  const mib = (bytes: number) => bytes / MIB / cameras
  const rate = (load: Load) => (8 * load.sentBytes) / load.seconds / cameras / 1e6
  const least = Math.min(rate(own), ...references.map(rate))
  /** A lighter load than was meant meets nothing. */
  const thin = least >= LEAST_MBITS ? {} : { incomplete: `incomplete: ${least.toFixed(2)} Mbit/s only` }
  const rows: Row[] = [
    { measure: `sent by each camera${least >= LEAST_MBITS ? '' : `, incomplete below ${LEAST_MBITS}`}`, value: rate(own), unit: 'Mbit/s', reference: { name: REFERENCE, value: mean(rate) } },
    { measure: 'processor per camera', value: share(own, 'all'), unit: '% of a core', reference, target: reference.value, ...thin },
    { measure: '… our node process', value: share(own, 'own'), unit: '% of a core' },
    { measure: '… its ffmpeg children', value: share(own, 'ffmpeg'), unit: '% of a core' },
    { measure: 'memory per camera (PSS)', value: mib(costs.all.pssBytes), unit: 'MiB', reference: memoryReference },
    { measure: '… the ring, by our own count', value: mib(memory.ringBytes), unit: 'MiB' },
    { measure: '… our node process besides the ring', value: nodeBesidesRing, unit: 'MiB', target: OWN_MEMORY_MIB, ...thin },
    { measure: '… its ffmpeg children', value: mib(costs.ffmpeg.pssBytes), unit: 'MiB' },
    { measure: 'written to disk, all cameras', value: costs.all.writtenBytes / MIB, unit: 'MiB', reference: { name: REFERENCE, value: mean((load) => load.costs.all.writtenBytes / MIB) }, target: DISK_NOISE_BYTES / MIB, ...thin },
  ]
  const drift = references.map((load) => share(load, 'all').toFixed(3)).join(' % and ')
  return table(`${cameras} sub streams pulled for ${ms / 1000} s`, rows, [
    `Ours (${costs.ffmpeg.processes} ffmpeg children) ran between two runs of the reference, which took ${drift} % of a core a camera; its mean is compared. The fleet took ${own.fleetCores.toFixed(2)} cores. Heap ${(memory.heapUsed / MIB).toFixed(0)} MiB, buffers ${(memory.arrayBuffers / MIB).toFixed(0)} MiB, of which the ring ${(memory.ringBytes / MIB).toFixed(0)} MiB.`,
  ])
}

/** The fleet's own appetite with `pulled` subs, scaled to all its cameras. */
export async function fleetCost(fleet: FleetProcess, options: { pulled: number; ms: number; ffmpegPath: string }): Promise<string> {
  const { pulled, ms, ffmpegPath } = options
  const restBefore = costsOf([fleet.pid]).own
  await sleep(systemClock, 5_000)
  const rest = between(restBefore, costsOf([fleet.pid]).own).cpuSeconds / 5
  const children = copiedSubs(pulled).map((camera) => pull(ffmpegPath, fleet.openUrl(camera, 'sub'), ['-f', 'null', '-']))
  try {
    const deadlineMs = performance.now() + 60_000
    while ((await fleet.stats()).viewers !== pulled && performance.now() < deadlineMs) await sleep(systemClock, 500)
    const { fleetCores } = await measure(fleet, pidsOf(children), ms)
    const all = fleet.cameras.length
    const scaled = rest + ((fleetCores - rest) * all) / pulled
    const rows = [
      { measure: `at rest`, value: rest, unit: 'core' },
      { measure: `${pulled} subs pulled`, value: fleetCores, unit: 'core' },
      { measure: `${all} subs pulled, scaled`, value: scaled, unit: 'core', target: 0.25 },
    ]
    return table('Processor of the simulated fleet', rows, [`Pulled by ${pulled} \`ffmpeg -c copy -f null\` without our relay; the part above rest is scaled by ${all}/${pulled}. Viewers: ${(await fleet.stats()).viewers}.`])
  } finally {
    await end(children)
  }
}

function pull(ffmpegPath: string, url: string, output: readonly string[]): ChildProcess {
  return spawn(ffmpegPath, ['-nostdin', '-loglevel', 'quiet', '-rtsp_transport', 'tcp', '-i', url, '-map', '0:v:0', '-c', 'copy', ...output], { stdio: 'ignore' })
}

const pidsOf = (children: readonly ChildProcess[]) => children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))

async function end(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }),
  )
}
