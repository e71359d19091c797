// Owns `npm run bench`: every measure against its reference in the same run, as markdown tables on stdout.
// Refuses: comparing with numbers of another machine or another day.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { findFfmpeg } from '../fleet/index.ts'
import { auditVerify } from './audit.ts'
import { FleetProcess } from './fleet-process.ts'
import { discovery, sweep } from './network.ts'
import { firstPicture } from './pictures.ts'
import { register } from './registry.ts'
import { fleetCost, runningCost } from './running-cost.ts'
import { signIns } from './sign-in.ts'

const names = ['audit', 'sign-in', 'discovery', 'sweep', 'register', 'pictures', 'cost', 'fleet'] as const
const HELP = `npm run bench -- [--only ${names.join(',')}] [--cameras N,N…] [--quick]
  --cameras  how many streams the cost bench pulls, one table each (20,60,185; 5 with --quick)\n  --quick  fewer cameras and shorter runs; good for seeing that it works, not for numbers\n`

const { values } = parseArgs({ options: { only: { type: 'string' }, cameras: { type: 'string' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
const wanted = values.only?.split(',') ?? [...names]
const unknown = wanted.filter((name) => !names.some((known) => known === name))
const pulled = (values.cameras ?? (values.quick ? '5' : '20,60,185')).split(',').map(Number)
const ffmpegPath = findFfmpeg(process.env)
const badCount = pulled.some((count) => !Number.isInteger(count) || count < 1)
if (values.help || unknown.length > 0 || badCount || ffmpegPath === null) {
  console.log(ffmpegPath === null ? 'the benches need ffmpeg' : unknown.length > 0 ? `there is no bench ${unknown.join(', ')}\n${HELP}` : HELP)
  process.exit(values.help ? 0 : 2)
}
const { quick } = values
const cameras = quick ? 40 : 185
const loads = () => loadavg().map((load) => load.toFixed(1)).join(' ')

console.log(`# Bench\n\n${cameras} simulated cameras, ${cpus().length} cores (${cpus()[0]?.model ?? '?'}), Node ${process.version}, load before ${loads()}${quick ? ', --quick' : ''}`)
// Before the cameras run: it measures the processor.
if (wanted.includes('audit')) console.log(await auditVerify(quick ? 100_000 : 1_000_000))
if (wanted.includes('sign-in')) console.log(await signIns({ tries: quick ? 40 : 300, atOnce: 30 }))
// With a fleet of its own, as large as it takes for so many streams that are copied.
if (wanted.includes('cost')) {
  try {
    console.log(await runningCost({ cameras: pulled, ms: quick ? 8_000 : 20_000, ffmpegPath }))
  } catch (error) {
    console.log(`\n### cost\n\nfailed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
if (wanted.every((name) => name === 'audit' || name === 'sign-in' || name === 'cost')) process.exit()
const fleet = await FleetProcess.start(cameras)
process.once('SIGINT', () => void fleet.close().then(() => process.exit(130)))
try {
  const benches: Record<Exclude<(typeof names)[number], 'audit' | 'sign-in' | 'cost'>, () => Promise<string>> = {
    discovery: () => discovery(fleet),
    sweep: () => sweep(fleet),
    register: () => register(quick ? 1_000 : 10_000),
    pictures: () => firstPicture(fleet, { cameras: quick ? 3 : 10, ffmpegPath }),
    fleet: () => fleetCost(fleet, { pulled: quick ? 10 : 40, ms: quick ? 8_000 : 20_000, ffmpegPath }),
  }
  for (const name of names) {
    if (name === 'audit' || name === 'sign-in' || name === 'cost' || !wanted.includes(name)) continue
    try {
      console.log(await benches[name]())
    } catch (error) {
      console.log(`\n### ${name}\n\nfailed: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
  console.log(`load after ${loads()}`)
} finally {
  await fleet.close()
}
process.exit()
