// Owns `npm run bench`: every measure against its reference in the same run, as markdown tables on stdout.
// Refuses: comparing with numbers of another machine or another day.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { findFfmpeg } from '../fleet/index.ts'
import { priceOfLists, priceOfSegments } from './access.ts'
import { auditVerify } from './audit.ts'
import { FleetProcess } from './fleet-process.ts'
import { delays } from './delay.ts'
import { kills } from './kills.ts'
import { discovery, sweep } from './network.ts'
import { firstPicture } from './pictures.ts'
import { register } from './registry.ts'
import { fleetCost, runningCost } from './running-cost.ts'
import { signIns } from './sign-in.ts'
import { walls } from './wall.ts'

const names = ['audit', 'sign-in', 'access', 'discovery', 'sweep', 'register', 'pictures', 'cost', 'kills', 'delay', 'wall', 'fleet'] as const
/** Those that share one fleet of all cameras. */
const shared = ['discovery', 'sweep', 'register', 'pictures', 'fleet'] as const
const HELP = `npm run bench -- [--only ${names.join(',')}] [--cameras N,N…] [--tiles N,N…] [--minutes N] [--reference-minutes N] [--quick]
  --cameras  how many streams the cost bench pulls, one table each (20,60,185; 5 with --quick)
  --tiles    walls that the wall bench opens (1,16,36; 1,4 with --quick); the largest plays on for --minutes (30; ½ with --quick)
  --reference-minutes  how long the reference of that wall plays; as long as ours when left out, and each row says how long it was
  --quick    fewer cameras and shorter runs; good for seeing that it works, not for numbers\n`

const { values } = parseArgs({ options: { only: { type: 'string' }, cameras: { type: 'string' }, tiles: { type: 'string' }, minutes: { type: 'string' }, 'reference-minutes': { type: 'string' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
const wanted = values.only?.split(',') ?? [...names]
const unknown = wanted.filter((name) => !names.some((known) => known === name))
const pulled = (values.cameras ?? (values.quick ? '5' : '20,60,185')).split(',').map(Number)
const tiles = (values.tiles ?? (values.quick ? '1,4' : '1,16,36')).split(',').map(Number)
const minutes = Number(values.minutes ?? (values.quick ? '0.5' : '30'))
const referenceMinutes = Number(values['reference-minutes'] ?? minutes)
const ffmpegPath = findFfmpeg(process.env)
const badCount = [...pulled, ...tiles].some((count) => !Number.isInteger(count) || count < 1) || !(minutes > 0) || !(referenceMinutes > 0)
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
// With fleets of their own, as large as it takes.
const apart: Partial<Record<(typeof names)[number], () => Promise<string>>> = {
  'sign-in': () => signIns({ tries: quick ? 40 : 300, atOnce: 30, tiles: 16, restMs: quick ? 3_000 : 10_000 }),
  access: async () => `${await priceOfSegments(quick ? 300 : 3_000)}\n${await priceOfLists({ cameras: quick ? 2_000 : 10_000, times: quick ? 30 : 200 })}`,
  cost: () => runningCost({ cameras: pulled, ms: quick ? 8_000 : 20_000, ffmpegPath }),
  kills: () => kills({ times: quick ? 4 : 30 }),
  delay: () => delays({ tiles: 9, ms: quick ? 10_000 : 60_000, ffmpegPath }),
  wall: () => walls({ tiles, rounds: quick ? 2 : 10, ms: minutes * 60_000, referenceMs: referenceMinutes * 60_000, ffmpegPath }),
}
for (const [name, bench] of Object.entries(apart)) if (wanted.includes(name)) await print(name, bench)
if (!shared.some((name) => wanted.includes(name))) process.exit()
const fleet = await FleetProcess.start(cameras)
process.once('SIGINT', () => void fleet.close().then(() => process.exit(130)))
try {
  const benches: Record<(typeof shared)[number], () => Promise<string>> = {
    discovery: () => discovery(fleet),
    sweep: () => sweep(fleet),
    register: () => register(quick ? 1_000 : 10_000),
    pictures: () => firstPicture(fleet, { cameras: quick ? 3 : 10, ffmpegPath }),
    fleet: () => fleetCost(fleet, { pulled: quick ? 10 : 40, ms: quick ? 8_000 : 20_000, ffmpegPath }),
  }
  for (const name of shared) if (wanted.includes(name)) await print(name, benches[name])
  console.log(`load after ${loads()}`)
} finally {
  await fleet.close()
}
process.exit()

/** One bench's failure is told and ends no other. */
async function print(name: string, bench: () => Promise<string>): Promise<void> {
  try {
    console.log(await bench())
  } catch (error) {
    console.log(`\n### ${name}\n\nfailed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
