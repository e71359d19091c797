// Owns `npm run fleet`: command line in, one line out when the cameras answer, an orderly end on Ctrl-C.
// Refuses: options that it does not know.
import { parseArgs } from 'node:util'
import { createLogger } from '#base/logger.ts'
import { Shutdown } from '#base/shutdown.ts'
import { faultHelp, parseFaultOption } from './fault.ts'
import { DEFAULT_SEED, startFleet } from './index.ts'

const HELP = `npm run fleet -- [options]: simulated cameras with ONVIF, RTSP and WS-Discovery

  --cameras N          how many (default 185)
  --base-port P        camera i: ONVIF on P+2i, RTSP on P+2i+1 (default 20000)
  --host ADDRESS       address that the cameras listen on (default 127.0.0.1)
  --control-port C     control on 127.0.0.1:C (default 19999)
  --data-dir DIR       where scene loops are kept (default DATA_DIR or var)
  --seed S             identities and passwords follow from it (default ${DEFAULT_SEED})
  --sub-kbps R         H.264 sub streams of constant R kbit/s (default: as the scenes are, about 600)
  --fault F            name[=value]@cameras, may be repeated: off@3-5 clock-off=7200@10,12 reset@all
  --credentials        print each camera's RTSP addresses and login
  --help               this text

Faults:
${faultHelp()}

Control: GET /cameras, GET /stats, GET /mark?camera=&stream=&frame=&near=, POST /cameras/{i}/fault {name, value},
DELETE /cameras/{i}/fault[?name=], POST /faults/random {seed, count}, DELETE /faults
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cameras: { type: 'string', default: '185' },
      'base-port': { type: 'string', default: '20000' },
      host: { type: 'string', default: '127.0.0.1' },
      'control-port': { type: 'string', default: '19999' },
      'data-dir': { type: 'string', default: process.env['DATA_DIR'] ?? 'var' },
      seed: { type: 'string', default: DEFAULT_SEED },
      'sub-kbps': { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      credentials: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(HELP)
  const cameras = whole('--cameras', values.cameras)
  const logger = createLogger({ name: 'fleet', level: process.env['LOG_LEVEL'] ?? 'info' })
  const fleet = await startFleet({
    cameras,
    basePort: whole('--base-port', values['base-port']),
    host: values.host,
    controlPort: whole('--control-port', values['control-port']),
    dataDir: values['data-dir'],
    seed: values.seed,
    faults: values.fault.map((text) => parseFaultOption(text, cameras)),
    ...(values['sub-kbps'] !== undefined && { subKbps: whole('--sub-kbps', values['sub-kbps']) }),
    logger,
  })
  const shutdown = new Shutdown({ logger })
  shutdown.add('fleet', () => fleet.close())
  shutdown.onSignals()
  if (values.credentials) for (const camera of fleet.cameras) process.stdout.write(`${camera.index}\t${camera.onvifUrl}\t${camera.rtspUrl.main}\t${camera.rtspUrl.sub}\t${camera.username}\t${camera.password}\n`)
  process.stdout.write(`fleet ready: ${cameras} cameras, control http://127.0.0.1:${fleet.controlPort}\n`)
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text)) throw new RangeError(`${name} takes a whole number`)
  return number
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
