// Owns the bench of running: processor time and memory per camera of our plane against one ffmpeg per camera, and what
// the simulated fleet itself takes while it is pulled.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sleep, systemClock } from '#base/clock.ts'
import { copiedSubs, type FleetProcess } from './fleet-process.ts'
import { costOf } from './process-cost.ts'
import { table } from './table.ts'

interface Load {
  /** Without descendants. */
  aloneCpuPerCamera: number
  aloneRssPerCamera: number
  cpuPerCamera: number
  rssPerCamera: number
  fleetCores: number
}

/** What `pids` and their descendants cost per camera over `ms`, and the fleet beside them. */
async function measure(fleet: FleetProcess, pids: readonly number[], cameras: number, ms: number): Promise<Load> {
  const fleetBefore = costOf([fleet.pid], { descendants: false })
  const aloneBefore = costOf(pids, { descendants: false, reaped: false })
  const before = costOf(pids, { descendants: true })
  const startedMs = performance.now()
  await sleep(systemClock, ms)
  const seconds = (performance.now() - startedMs) / 1000
  const after = costOf(pids, { descendants: true })
  const fleetAfter = costOf([fleet.pid], { descendants: false })
  const alone = costOf(pids, { descendants: false, reaped: false })
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  const aloneCpuPerCamera = (alone.cpuSeconds - aloneBefore.cpuSeconds) / cameras
  return { aloneCpuPerCamera, aloneRssPerCamera: alone.rssBytes / cameras, cpuPerCamera: cpuSeconds / cameras, rssPerCamera: after.rssBytes / cameras, fleetCores: (fleetAfter.cpuSeconds - fleetBefore.cpuSeconds) / seconds }
}

export async function runningCost(fleet: FleetProcess, options: { cameras: number; ms: number; ffmpegPath: string }): Promise<string> {
  const { cameras, ms, ffmpegPath } = options
  const plane = spawn(process.execPath, ['--import', 'tsx', 'test/bench/plane-process.ts', String(fleet.basePort), String(cameras)], { stdio: ['pipe', 'pipe', 'inherit'] })
  let ours
  try {
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: plane.stdout }).on('line', () => resolve())
      plane.once('exit', (code) => reject(new Error(`the plane ended with ${code}`)))
    })
    // Starting is another bench's; ffmpeg looks at its input for a few seconds more than it runs at rest.
    await sleep(systemClock, 5_000)
    ours = await measure(fleet, [plane.pid ?? 0], cameras, ms)
  } finally {
    const ended = once(plane, 'exit')
    plane.stdin.end()
    await ended
  }
  const folder = mkdtempSync(join(tmpdir(), 'tianwang-bench-'))
  const children = copiedSubs(cameras).map((camera) => pull(ffmpegPath, fleet.openUrl(camera, 'sub'), ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '10', '-hls_flags', 'delete_segments', join(folder, `${camera.index}.m3u8`)]))
  let theirs
  try {
    const deadlineMs = performance.now() + 60_000
    while (readdirSync(folder).filter((name) => name.endsWith('.m3u8')).length < cameras && performance.now() < deadlineMs) await sleep(systemClock, 500)
    await sleep(systemClock, 5_000)
    theirs = await measure(fleet, pidsOf(children), cameras, ms)
  } finally {
    await end(children)
    rmSync(folder, { recursive: true, force: true })
  }
  const seconds = ms / 1000
  const reference = 'ffmpeg -c copy -f hls'
  return table(
    `${cameras} sub streams pulled for ${seconds} s`,
    [
      { measure: 'processor time per camera', value: ours.cpuPerCamera, unit: 'CPU-s', reference: { name: reference, value: theirs.cpuPerCamera }, target: theirs.cpuPerCamera },
      { measure: '… of which our node process', value: ours.aloneCpuPerCamera, unit: 'CPU-s' },
      { measure: 'the same as a share of a core', value: (ours.cpuPerCamera / seconds) * 100, unit: '%', reference: { name: reference, value: (theirs.cpuPerCamera / seconds) * 100 } },
      { measure: 'memory per camera (PSS)', value: ours.rssPerCamera / 2 ** 20, unit: 'MiB', reference: { name: reference, value: theirs.rssPerCamera / 2 ** 20 }, target: theirs.rssPerCamera / 2 ** 20 },
      { measure: '… of which our node process', value: ours.aloneRssPerCamera / 2 ** 20, unit: 'MiB' },
    ],
    ['Ours: the node process, its relay, packager and 40 s of memory per stream, and its ffmpeg children; theirs: one ffmpeg per camera, 2 s segments on disk. Target: no worse.'],
  )
}

/** The fleet's own appetite with `pulled` subs, scaled to all its cameras. */
export async function fleetCost(fleet: FleetProcess, options: { pulled: number; ms: number; ffmpegPath: string }): Promise<string> {
  const { pulled, ms, ffmpegPath } = options
  const restBefore = costOf([fleet.pid], { descendants: false })
  await sleep(systemClock, 5_000)
  const rest = (costOf([fleet.pid], { descendants: false }).cpuSeconds - restBefore.cpuSeconds) / 5
  const children = copiedSubs(pulled).map((camera) => pull(ffmpegPath, fleet.openUrl(camera, 'sub'), ['-f', 'null', '-']))
  try {
    const deadlineMs = performance.now() + 60_000
    while (!(await fleet.stats()).includes(`"viewers":${pulled}`) && performance.now() < deadlineMs) await sleep(systemClock, 500)
    const { fleetCores } = await measure(fleet, pidsOf(children), pulled, ms)
    const all = fleet.cameras.length
    const scaled = rest + ((fleetCores - rest) * all) / pulled
    const rows = [
      { measure: `at rest`, value: rest, unit: 'core' },
      { measure: `${pulled} subs pulled`, value: fleetCores, unit: 'core' },
      { measure: `${all} subs pulled, scaled`, value: scaled, unit: 'core', target: 0.25 },
    ]
    return table('Processor of the simulated fleet', rows, [`Pulled by ${pulled} \`ffmpeg -c copy -f null\` without our relay; the part above rest is scaled by ${all}/${pulled}. Viewers: ${(/"viewers":\d+/.exec(await fleet.stats()) ?? ['?'])[0]}.`])
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
